//! Zstandard streams: any number of frames one after the other, skippable ones between them, checksums held.

use std::io::{self, BufRead, Read};

/// Reads the content of all frames of `source`, which stands on the first. Windows of more than 128 MiB are refused.
pub fn unzstd<R: BufRead>(source: R) -> io::Result<impl Read> {
    zstd::stream::read::Decoder::with_buffer(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unzstd(bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    fn frame(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("memory");
        encoder.include_checksum(true).expect("a setting");
        io::Write::write_all(&mut encoder, text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn frames_follow_each_other_and_skippable_ones_say_nothing() {
        let long: Vec<u8> = (0..400_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let skippable = [&0x184d_2a53_u32.to_le_bytes()[..], &3_u32.to_le_bytes()[..], b"abc"].concat();
        let stream = [frame(b"one "), skippable.clone(), frame(b""), frame(&long), skippable].concat();
        assert_eq!(plain(&stream).expect("valid"), [&b"one "[..], &long].concat());
    }

    #[test]
    fn what_is_cut_off_or_changed_is_an_error() {
        let whole = frame(&b"a line that compresses, a line that compresses\n".repeat(9));
        assert!(plain(&whole).is_ok());
        for cut in 1..whole.len() {
            assert!(plain(&whole[..cut]).is_err(), "cut at {cut}");
        }
        let mut changed = whole.clone();
        *changed.last_mut().expect("not empty") ^= 1;
        assert!(plain(&changed).expect_err("wrong").to_string().contains("checksum"));
        assert!(plain(&[&whole[..], b"more"].concat()).is_err());
        let skippable = [&0x184d_2a50_u32.to_le_bytes()[..], &9_u32.to_le_bytes()[..], b"abc"].concat();
        assert!(plain(&skippable).is_err());
    }
}
