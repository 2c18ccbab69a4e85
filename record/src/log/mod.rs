//! Records on disk: a folder of segments that is written without holding up decisions and read block by block.
//!
//! ```text
//! record ─▶ sample ─▶ redact ─▶ block in memory ─▶ thread: zstd ─▶ segment file ─▶ rotation, retention
//!                                                                       └▶ Reader ─▶ blocks ─▶ lines ─▶ records
//! ```
//!
//! A folder of records holds
//!
//! - `NAME.cdr`: segments. The names sort by the time they were begun; every writer has segments of its own, so several
//!   processes may write into one folder;
//! - `programs/HASH.cbc`: the images of the programs that decided, which a replay needs.
//!
//! A segment is a header of 16 bytes and blocks. All numbers are little-endian.
//!
//! | bytes | header of a segment | bytes | header of a block |
//! |---|---|---|---|
//! | 0–7 | `CASCREC\n` | 0–3 | `BLK1` |
//! | 8–11 | version, 1 | 4–7 | bytes of the payload |
//! | 12–15 | 0 | 8–11 | bytes of the text behind it |
//! | | | 12–15 | how many records |
//! | | | 16–23 | how many records were dropped since the block before |
//! | | | 24–39 | the first half of BLAKE3 of bytes 0–23 and the payload |
//!
//! The payload is zstd; its text is one record a line. A block that ends too early or does not fit its hash is a torn tail:
//! what stands before it is whole.

mod block;
mod error;
mod reader;
mod records;
mod redact;
mod sample;
mod segment;
mod settings;
mod summary;
mod writer;

pub use block::Block;
pub use error::{CODES, Damage, DamageKind, RecordError};
pub use reader::{Reader, is_recorded, segments};
pub use records::Records;
pub use sample::Sampler;
pub use settings::{RecordSettings, Sync, WhenFull};
pub use summary::SegmentSummary;
pub use writer::{Recorder, Written};

/// The folder below that of records where programs are kept.
pub const PROGRAMS: &str = "programs";

/// How segments' names end.
pub const EXTENSION: &str = "cdr";

#[cfg(test)]
mod tests;
