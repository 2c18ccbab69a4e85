//! Zstandard streams: any number of frames one after the other, skippable ones between them, checksums held.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Reads the content of all frames of `source`. The decoder takes one frame; tools that compress in parallel or
/// append to a file write many.
pub struct Unzstd<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Unzstd<R> {
    /// Reads frames from `source`, which stands on the first. Windows of more than 128 MiB are refused.
    pub fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new() }
    }

    /// Steps to the next frame with content. False at the end of the source.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(invalid(error)),
            }
        }
        Ok(false)
    }

    fn check_sum(&self) -> io::Result<()> {
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(written), Some(found)) if written != found => Err(invalid("the checksum of a frame is wrong")),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Unzstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.decoder.is_finished() {
                self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).map_err(invalid)?;
                continue;
            }
            self.check_sum()?;
            if !self.next_frame()? {
                return Ok(0);
            }
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Unzstd::new(bytes).read_to_end(&mut out)?;
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
        assert_eq!(plain(&changed).expect_err("wrong").to_string(), "the checksum of a frame is wrong");
        assert!(plain(&[&whole[..], b"more"].concat()).is_err());
        let skippable = [&0x184d_2a50_u32.to_le_bytes()[..], &9_u32.to_le_bytes()[..], b"abc"].concat();
        assert!(plain(&skippable).is_err());
    }
}
