#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod files;
pub mod lsp;
pub mod modules;
pub mod plan;
pub mod writer;

/// Compiles cascade files: source to diagnostics and an image. Does no IO.
pub use cascata_compiler as compiler;
/// The types of a cascade file, and its JSON Schema.
pub use cascata_config as config;
/// The learner: from decision records to rules with measured precision.
pub use cascata_learn as learn;
/// The decision record and its JSON Schema.
pub use cascata_record as record;
/// The engine: programs, stage handlers, plugins, decisions.
pub use cascata_runtime as runtime;
/// Stores that plugins and processes share.
pub use cascata_store as store;
/// Values, images, the verifier and the virtual machine.
pub use cascata_vm as vm;
