//! Reading events: JSON bytes to the fields a program asks for, in one pass and without copying.
//!
//! ```text
//! event bytes ─▶ UTF-8 ─▶ walk along the PathTrie ─▶ slots in an Extraction ─▶ JsonFacts ─▶ Vm
//!                          ├ subtrees nobody asks for: skip
//!                          └ text that is trusted: leap instead, over all that nobody asks for
//! ```
//!
//! [`PathTrie`] is made once for a program, [`Extraction`] once for a worker; each event then costs one
//! [`Extraction::read`] and no allocation. Numbers are decoded in that pass; text keeps its escapes until it is compared;
//! arrays and objects stay text, to be opened by [`elements`], [`entries`] and [`lookup`].
//!
//! What counts as JSON is RFC 8259 with UTF-8 and no byte order mark. A number without fraction and exponent is
//! an integer of any size, others are doubles (too large ones are infinite). An escaped surrogate without its partner is
//! not text, and refused. Nothing here recurses, so no nesting overflows the stack.
//!
//! ```
//! use cascata_vm::json::{Extraction, PathTrie, ReadOptions};
//! use cascata_vm::{PathId, Segment, Value};
//!
//! let key = |text: &str| Segment::Key(text.into());
//! let trie = PathTrie::new(&[vec![key("user"), key("id")], vec![key("items"), Segment::Index(1)]]);
//! let mut extraction = Extraction::new();
//! let event = extraction.read(&trie, br#"{"user": {"id": 7}, "items": ["a", "b"]}"#, &ReadOptions::default())?;
//! assert!(matches!(extraction.get(event, PathId::new(0)), Value::Int(7)));
//! assert!(matches!(extraction.get(event, PathId::new(1)), Value::Text("b")));
//! # Ok::<(), cascata_vm::json::JsonError>(())
//! ```

mod block;
mod duplicates;
mod error;
mod extract;
pub(crate) mod kernel;
mod leap;
mod number;
mod options;
mod scan;
pub(crate) mod search;
mod skim;
mod skip;
mod slot;
mod text;
mod trie;
mod walk;
mod window;
mod write;

pub use error::{JsonError, JsonErrorKind};
pub use extract::{Extraction, JsonFacts, validate};
pub use options::{DuplicateKeys, ReadOptions, Validate};
pub use text::{Elements, Entries, Unescape, decode_escapes, elements, entries, lookup, parse, unescape};
pub use trie::PathTrie;
pub use write::write_value;
