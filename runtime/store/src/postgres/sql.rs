//! What the server is asked. `{p}` is the prefix of the tables.
//!
//! A key that was deleted or released keeps its row, expired, for a while: a claim that is under way then always finds the row
//! and takes its version behind the row's lock, so versions and tokens of a key grow in the order of the writes.

/// Tables, made on first use, by one at a time.
pub(super) const TABLES: &str = "
SELECT pg_advisory_xact_lock(hashtext('{p}_tables'));
CREATE SEQUENCE IF NOT EXISTS {p}_versions;
CREATE TABLE IF NOT EXISTS {p}_entries (
  key bytea PRIMARY KEY, pending boolean NOT NULL, owner text, mark bigint, token bigint NOT NULL, version bigint NOT NULL,
  value bytea, written_at timestamptz NOT NULL, expires_at timestamptz);
CREATE INDEX IF NOT EXISTS {p}_entries_expire ON {p}_entries (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS {p}_limits (
  key bytea PRIMARY KEY, tokens double precision, calls bigint[], seen_us bigint NOT NULL, admitted boolean NOT NULL,
  expires_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS {p}_counters (key bytea PRIMARY KEY, count bigint NOT NULL, expires_at timestamptz NOT NULL);
";

macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        /// One statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum Sql { $($name,)* }

        impl Sql {
            /// Its text for tables with this prefix.
            pub(super) fn text(self, prefix: &str) -> String {
                match self { $(Self::$name => $text,)* }.replace("{p}", prefix)
            }
        }
    };
}

/// Of a row that has not expired.
macro_rules! live {
    () => {
        "(e.expires_at IS NULL OR e.expires_at > clock_timestamp())"
    };
}

/// The end of a lease or lifetime of `$n` milliseconds; for ever if that is null.
macro_rules! until {
    ($n:literal) => {
        concat!("clock_timestamp() + $", $n, "::bigint * interval '1 millisecond'")
    };
}

/// Tells those who wait for `$1`; keys too long for a notification are found by looking.
macro_rules! notify {
    () => {
        "pg_notify('{p}_wake', encode(substring($1::bytea from 1 for 3000), 'hex'))"
    };
}

statements! {
    Get = concat!("SELECT value, version FROM {p}_entries e WHERE key = $1::bytea AND NOT pending AND ", live!());

    Peek = concat!(
        "SELECT pending, owner, value, token, mark,
           coalesce(extract(epoch FROM e.expires_at - clock_timestamp())::float8, 0) AS remaining,
           extract(epoch FROM clock_timestamp() - written_at)::float8 AS age
         FROM {p}_entries e WHERE key = $1::bytea AND ", live!());

    Put = concat!(
        "INSERT INTO {p}_entries AS e (key, pending, token, version, value, written_at, expires_at)
         VALUES ($1::bytea, false, 0, nextval('{p}_versions'), $2::bytea, clock_timestamp(), ", until!(3), ")
         ON CONFLICT (key) DO UPDATE SET pending = false, owner = NULL, mark = NULL, token = 0,
           version = nextval('{p}_versions'), value = excluded.value, written_at = clock_timestamp(),
           expires_at = ", until!(3), "
         RETURNING version");

    PutAbsent = concat!(
        "INSERT INTO {p}_entries AS e (key, pending, token, version, value, written_at, expires_at)
         VALUES ($1::bytea, false, 0, nextval('{p}_versions'), $2::bytea, clock_timestamp(), ", until!(3), ")
         ON CONFLICT (key) DO UPDATE SET pending = false, owner = NULL, mark = NULL, token = 0,
           version = nextval('{p}_versions'), value = excluded.value, written_at = clock_timestamp(),
           expires_at = ", until!(3), "
         WHERE e.expires_at <= clock_timestamp()
         RETURNING version");

    PutVersion = concat!(
        "UPDATE {p}_entries e SET token = 0, version = nextval('{p}_versions'), value = $2::bytea,
           written_at = clock_timestamp(), expires_at = ", until!(3), "
         WHERE key = $1::bytea AND NOT pending AND version = $4::bigint AND ", live!(), "
         RETURNING version");

    Delete = concat!(
        "UPDATE {p}_entries e SET pending = true, owner = NULL, mark = NULL, value = NULL,
           token = nextval('{p}_versions'), expires_at = clock_timestamp()
         FROM (SELECT key, pending FROM {p}_entries WHERE key = $1::bytea FOR UPDATE) old
         WHERE e.key = old.key AND ", live!(), "
         RETURNING CASE WHEN old.pending THEN ", notify!(), "::text END");

    // A statement that inserts and one that updates the same row take the version behind its lock.
    Claim = concat!(
        "INSERT INTO {p}_entries AS e (key, pending, owner, mark, token, version, written_at, expires_at)
         SELECT $1::bytea, true, $2::text, $3::bigint, v, v, clock_timestamp(), ", until!(4), "
         FROM (SELECT nextval('{p}_versions') AS v) AS next
         ON CONFLICT (key) DO UPDATE SET (pending, owner, mark, token, version, value, written_at, expires_at) =
           (SELECT true, $2::text, $3::bigint, v, v, NULL::bytea, clock_timestamp(), ", until!(4), "
            FROM (SELECT nextval('{p}_versions') AS v) AS next)
         WHERE e.expires_at <= clock_timestamp()
         RETURNING token");

    Renew = concat!(
        "UPDATE {p}_entries e SET expires_at = ", until!(3), "
         WHERE key = $1::bytea AND pending AND token = $2::bigint AND ", live!(), "
         RETURNING true");

    Complete = concat!(
        "UPDATE {p}_entries e SET pending = false, owner = NULL, mark = NULL, version = nextval('{p}_versions'),
           value = $3::bytea, written_at = clock_timestamp(), expires_at = ", until!(4), "
         WHERE key = $1::bytea AND pending AND token = $2::bigint AND ", live!(), "
         RETURNING ", notify!());

    Completed = concat!(
        "SELECT true FROM {p}_entries e WHERE key = $1::bytea AND NOT pending AND token = $2::bigint AND ", live!());

    Release = concat!(
        "UPDATE {p}_entries e SET owner = NULL, mark = NULL, expires_at = clock_timestamp()
         WHERE key = $1::bytea AND pending AND token = $2::bigint AND ", live!(), "
         RETURNING ", notify!());

    // $2 calls, $3 capacity, $4 tokens a second, $5 milliseconds to keep it, $6 tokens at first. The time is read once.
    Bucket = "
        INSERT INTO {p}_limits AS r (key, tokens, seen_us, admitted, expires_at)
        SELECT $1::bytea, CASE WHEN $6::float8 >= $2::float8 THEN $6::float8 - $2::float8 ELSE $6::float8 END,
          (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $6::float8 >= $2::float8,
          clock_timestamp() + $5::bigint * interval '1 millisecond'
        ON CONFLICT (key) DO UPDATE SET (tokens, calls, seen_us, admitted, expires_at) =
          (SELECT CASE WHEN has >= $2::float8 THEN has - $2::float8 ELSE has END, NULL::bigint[], t, has >= $2::float8,
             clock_timestamp() + $5::bigint * interval '1 millisecond'
           FROM (SELECT t, least($3::float8,
                   coalesce(r.tokens, $6::float8) + (t - r.seen_us) / 1000000.0::float8 * $4::float8) AS has
                 FROM (SELECT greatest(r.seen_us, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS t
                       OFFSET 0) AS time OFFSET 0) AS bucket)
        RETURNING admitted, tokens";

    // $2 calls, $3 most, $4 microseconds of the period.
    Window = "
        INSERT INTO {p}_limits AS r (key, calls, seen_us, admitted, expires_at)
        SELECT $1::bytea, array_fill(t, ARRAY[$2::int]), t, true,
          clock_timestamp() + $4::bigint * interval '1 microsecond'
        FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS t OFFSET 0) AS time
        ON CONFLICT (key) DO UPDATE SET (tokens, calls, seen_us, admitted, expires_at) =
          (SELECT NULL::float8, CASE WHEN cardinality(c) + $2::int <= $3::int
               THEN c || array_fill(t, ARRAY[$2::int]) ELSE c END,
             t, cardinality(c) + $2::int <= $3::int, clock_timestamp() + $4::bigint * interval '1 microsecond'
           FROM (SELECT t, ARRAY(SELECT s FROM unnest(r.calls) WITH ORDINALITY AS u(s, o)
                                 WHERE s > t - $4::bigint ORDER BY o) AS c
                 FROM (SELECT greatest(r.seen_us, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS t
                       OFFSET 0) AS time OFFSET 0) AS calls)
        RETURNING admitted, cardinality(calls) AS calls,
          calls[cardinality(calls) + $2::int - $3::int] AS leaving, seen_us";

    Count = "
        INSERT INTO {p}_counters AS r (key, count, expires_at)
        VALUES ($1::bytea, greatest(0, $2::bigint), clock_timestamp() + $3::bigint * interval '1 millisecond')
        ON CONFLICT (key) DO UPDATE SET (count, expires_at) =
          (SELECT greatest(0, $2::bigint + CASE WHEN live THEN r.count ELSE 0 END),
             CASE WHEN live THEN r.expires_at ELSE clock_timestamp() + $3::bigint * interval '1 millisecond' END
           FROM (SELECT r.expires_at > clock_timestamp() AS live OFFSET 0) AS time)
        RETURNING count";

    // A minute is longer than any statement runs, and so than any claim is under way.
    PurgeEntries = "DELETE FROM {p}_entries WHERE expires_at < clock_timestamp() - interval '1 minute'";
    PurgeLimits = "DELETE FROM {p}_limits WHERE expires_at < clock_timestamp() - interval '1 minute'";
    PurgeCounters = "DELETE FROM {p}_counters WHERE expires_at < clock_timestamp() - interval '1 minute'";
}
