//! Records as bytes, for stores that keep bytes: one of format, one of kind, then fixed fields, little-endian, then the rest.

use bytes::Bytes;

use crate::record::{Body, Record};

/// Changes when what follows it does; other formats are refused.
const FORMAT: u8 = 1;

const FOR_EVER: i64 = i64::MIN;

/// Writes a record.
pub(crate) fn encode(record: &Record) -> Vec<u8> {
    let (kind, rest) = match &record.body {
        Body::Value(_) => (b'v', 0),
        Body::Pending { .. } => (b'p', 0),
        Body::Bucket { .. } => (b'b', 16),
        Body::Window(calls) => (b'w', calls.len().saturating_mul(8)),
        Body::Count(_) => (b'c', 8),
    };
    let mut out = Vec::with_capacity(rest.saturating_add(64));
    out.extend([FORMAT, kind]);
    out.extend(record.version.to_le_bytes());
    out.extend(record.token.to_le_bytes());
    out.extend(record.written_us.to_le_bytes());
    out.extend(record.expires_us.unwrap_or(FOR_EVER).to_le_bytes());
    match &record.body {
        Body::Value(value) => out.extend_from_slice(value),
        Body::Pending { owner } => out.extend_from_slice(owner.as_bytes()),
        Body::Bucket { tokens, at_us } => {
            out.extend(tokens.to_le_bytes());
            out.extend(at_us.to_le_bytes());
        }
        Body::Window(calls) => out.extend(calls.iter().flat_map(|at| at.to_le_bytes())),
        Body::Count(count) => out.extend(count.to_le_bytes()),
    }
    out
}

/// Reads a record; `None` for what [`encode`] did not write.
pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
    let (&[format, kind], rest) = bytes.split_first_chunk()?;
    if format != FORMAT {
        return None;
    }
    let (version, rest) = rest.split_first_chunk()?;
    let (token, rest) = rest.split_first_chunk()?;
    let (written, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let body = match kind {
        b'v' => Body::Value(Bytes::copy_from_slice(rest)),
        b'p' => Body::Pending { owner: std::str::from_utf8(rest).ok()?.to_owned() },
        b'b' => {
            let (tokens, rest) = rest.split_first_chunk()?;
            let tokens = Some(f64::from_le_bytes(*tokens)).filter(|tokens| tokens.is_finite())?;
            Body::Bucket { tokens, at_us: i64::from_le_bytes(rest.try_into().ok()?) }
        }
        b'w' => {
            let (calls, rest) = rest.as_chunks();
            if !rest.is_empty() {
                return None;
            }
            Body::Window(calls.iter().copied().map(i64::from_le_bytes).collect())
        }
        b'c' => Body::Count(i64::from_le_bytes(rest.try_into().ok()?)),
        _ => return None,
    };
    Some(Record {
        version: u64::from_le_bytes(*version),
        token: u64::from_le_bytes(*token),
        written_us: i64::from_le_bytes(*written),
        expires_us: Some(i64::from_le_bytes(*expires)).filter(|&at| at != FOR_EVER),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_no_other_bytes_are_records() {
        let bodies = [
            Body::Value(Bytes::new()),
            Body::Value(Bytes::from_static(b"null")),
            Body::Pending { owner: "\u{e9}".to_owned() },
            Body::Bucket { tokens: 0.1, at_us: -1 },
            Body::Window(vec![]),
            Body::Window(vec![1, 2, i64::MAX]),
            Body::Count(7),
        ];
        for body in bodies {
            for expires_us in [None, Some(0), Some(i64::MAX)] {
                let record = Record { version: 1, token: u64::MAX, written_us: 2, expires_us, body: body.clone() };
                let bytes = encode(&record);
                assert_eq!(decode(&bytes), Some(record));
                for length in 0..34 {
                    assert_eq!(decode(&bytes[..length]), None, "cut to {length}");
                }
            }
        }
        let count = encode(&Record { version: 1, token: 0, written_us: 0, expires_us: None, body: Body::Count(1) });
        for bad in [&count[..count.len() - 1], &[&count[..], b"x"].concat(), b"", b"\x02c", b"\x01z"] {
            assert_eq!(decode(bad), None);
        }
    }
}
