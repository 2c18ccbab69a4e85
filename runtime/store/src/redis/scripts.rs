//! What the server does for each operation.
//!
//! `KEYS`: the record, the counter of versions, the channel. `ARGV[1]`: the key as its users know it. A record is a hash:
//! `s` is `p` for a claim and `v` for a value, `r` its version, `t` its token, `w` when it was written, `d` the value, `o` the
//! owner and `n` the mark of the call that claimed. Redis removes it at the end of its lease or lifetime.

use redis::Script;

use super::KIND;
use crate::clock::duration;
use crate::{Bytes, Entry, Status, StoreError};

/// The server's time, and versions: one more than the last, and at least the time in microseconds, so that they grow even
/// where the server lost what it had.
const TIME: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function text(number) return string.format('%.0f', number) end
local function version()
  local next = (tonumber(redis.call('GET', KEYS[2]) or 0)) + 1
  if now > next then next = now end
  next = text(next)
  redis.call('SET', KEYS[2], next)
  return next
end
local function write(value, ttl, token)
  local next = version()
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 's', 'v', 'd', value, 'r', next, 't', token, 'w', text(now))
  if ttl ~= '' then redis.call('PEXPIRE', KEYS[1], ttl) end
  return next
end
local function wake() redis.call('PUBLISH', KEYS[3], ARGV[1]) end
";

/// Answers with what is there; goes on if there is nothing.
const LOOK: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 'o', 't', 'd', 'w', 'n')
if at[1] == 'p' then
  if ARGV[4] and at[6] == ARGV[4] then return {'claimed', at[3]} end
  return {'pending', at[2], text(math.max(0, redis.call('PTTL', KEYS[1])))}
elseif at[1] == 'v' then
  return {'complete', at[4], text(math.max(0, now - at[5]))}
end
";

const FREE: &str = "return {'free'}";

const CLAIM: &str = "
local token = version()
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 's', 'p', 'o', ARGV[2], 'r', token, 't', token, 'w', text(now), 'n', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'claimed', token}
";

const GET: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 'd', 'r')
if at[1] == 'v' then return {at[2], at[3]} end
return {}
";

const PUT: &str = "
local pending = redis.call('HGET', KEYS[1], 's') == 'p'
local next = write(ARGV[2], ARGV[3], '0')
if pending then wake() end
return {next}
";

const COMPARE_AND_SET: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 'd', 'r')
local fits
if ARGV[4] == '' then fits = not at[1] else fits = at[1] == 'v' and at[3] == ARGV[4] end
if fits then return {'swapped', write(ARGV[2], ARGV[3], '0')} end
if at[1] == 'v' then return {'conflict', at[2], at[3]} end
return {'conflict'}
";

const DELETE: &str = "
if redis.call('DEL', KEYS[1]) == 0 then return {'no'} end
wake()
return {'yes'}
";

const RENEW: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 't')
if at[1] ~= 'p' or at[2] ~= ARGV[2] then return {'no'} end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'yes'}
";

const COMPLETE: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 't')
if at[2] ~= ARGV[2] or ARGV[2] == '0' then return {'no'} end
if at[1] == 'p' then
  write(ARGV[3], ARGV[4], ARGV[2])
  wake()
end
return {'yes'}
";

const RELEASE: &str = "
local at = redis.call('HMGET', KEYS[1], 's', 't')
if at[1] ~= 'p' or at[2] ~= ARGV[2] then return {'no'} end
redis.call('DEL', KEYS[1])
wake()
return {'yes'}
";

/// ARGV: n, capacity, tokens a second, milliseconds to keep it, tokens at first.
const BUCKET: &str = "
local n, capacity, rate = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, since = tonumber(at[1] or ARGV[6]), tonumber(at[2] or now)
if now > since then
  tokens = tokens + (now - since) / 1000000 * rate
  since = now
end
if tokens > capacity then tokens = capacity end
local missing = n - tokens
if missing <= 0 then tokens = tokens - n end
if missing <= 0 or not at[1] then
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', text(since))
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
if missing > 0 then
  return {'no', text(math.min(math.ceil(missing / rate * 1000000), 9e15)), text(math.floor(tokens))}
end
return {'yes', '0', text(math.floor(tokens))}
";

/// ARGV: n, calls, microseconds, a mark of this call.
const WINDOW: &str = "
local n, most, period = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - period))
local calls = redis.call('ZCARD', KEYS[1])
if calls + n > most then
  local leaving = calls + n - most - 1
  local at = redis.call('ZRANGE', KEYS[1], leaving, leaving, 'WITHSCORES')
  return {'no', text(math.max(0, at[2] + period - now)), text(math.max(0, most - calls))}
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
local stamp = now
if last[2] and tonumber(last[2]) > now then stamp = tonumber(last[2]) end
for i = 1, n do redis.call('ZADD', KEYS[1], text(stamp), text(stamp) .. ':' .. ARGV[5] .. ':' .. i) end
if n > 0 then redis.call('PEXPIRE', KEYS[1], text(math.ceil((stamp - now + period) / 1000) + 1000)) end
return {'yes', '0', text(most - calls - n)}
";

const COUNT: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], '0', 'PX', ARGV[3]) end
if redis.call('INCRBY', KEYS[1], ARGV[2]) < 0 then redis.call('SET', KEYS[1], '0', 'KEEPTTL') end
return {redis.call('GET', KEYS[1])}
";

/// A script and the operation it is.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) script: Script,
}

#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) get: Named,
    pub(super) put: Named,
    pub(super) compare_and_set: Named,
    pub(super) delete: Named,
    pub(super) claim: Named,
    pub(super) renew: Named,
    pub(super) complete: Named,
    pub(super) release: Named,
    pub(super) peek: Named,
    pub(super) bucket: Named,
    pub(super) window: Named,
    pub(super) count: Named,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let named = |name, parts: &[&str]| Named { name, script: Script::new(&parts.concat()) };
        Self {
            get: named("get", &[GET]),
            put: named("put", &[TIME, PUT]),
            compare_and_set: named("compare_and_set", &[TIME, COMPARE_AND_SET]),
            delete: named("delete", &[TIME, DELETE]),
            claim: named("claim", &[TIME, LOOK, CLAIM]),
            renew: named("renew", &[RENEW]),
            complete: named("complete", &[TIME, COMPLETE]),
            release: named("release", &[TIME, RELEASE]),
            peek: named("peek", &[TIME, LOOK, FREE]),
            bucket: named("admit", &[TIME, BUCKET]),
            window: named("admit", &[TIME, WINDOW]),
            count: named("count", &[COUNT]),
        }
    }
}

/// What a script answered: texts.
#[derive(Debug)]
pub(super) struct Answer(pub(super) Vec<Vec<u8>>);

impl Answer {
    fn at(&self, index: usize) -> &[u8] {
        self.0.get(index).map_or(&[], Vec::as_slice)
    }

    /// Whether its first text is this.
    pub(super) fn is(&self, word: &str) -> bool {
        self.at(0) == word.as_bytes()
    }

    pub(super) fn number(&self, index: usize) -> Result<u64, StoreError> {
        std::str::from_utf8(self.at(index)).ok().and_then(|text| text.parse().ok()).ok_or_else(strange)
    }

    /// A value and its version, if they stand from here on.
    pub(super) fn entry(&self, index: usize) -> Result<Option<Entry>, StoreError> {
        let Some(value) = self.0.get(index) else { return Ok(None) };
        let version = self.number(index.saturating_add(1))?;
        Ok(Some(Entry { value: Bytes::copy_from_slice(value), version }))
    }

    pub(super) fn status(&self) -> Result<Status, StoreError> {
        let micros = |index, unit: i64| {
            self.number(index).map(|time| duration(i64::try_from(time).unwrap_or(i64::MAX).saturating_mul(unit)))
        };
        match self.at(0) {
            b"free" => Ok(Status::Free),
            b"pending" => Ok(Status::Pending {
                owner: String::from_utf8_lossy(self.at(1)).into_owned(),
                remaining: micros(2, 1000)?,
            }),
            b"complete" => Ok(Status::Complete { value: Bytes::copy_from_slice(self.at(1)), age: micros(2, 1)? }),
            _ => Err(strange()),
        }
    }
}

fn strange() -> StoreError {
    StoreError::Refused { store: KIND, why: "the answer of a script cannot be read".to_owned() }
}
