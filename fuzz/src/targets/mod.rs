//! One function per target. Each takes any bytes and panics where the product did something wrong; the same functions
//! replay `fuzz/regressions/` in `cargo test`.

mod analysis;
mod choices;
mod compile;
mod differential;
mod evaluate;
mod expression;
mod format;
mod json;
mod load_image;

pub use analysis::analysis;
pub use compile::compile;
pub use differential::differential;
pub use expression::expression;
pub use format::format;
pub use json::json;
pub use load_image::load_image;

/// These targets by name.
pub const ALL: [(&str, fn(&[u8])); 7] = [
    ("compile", compile),
    ("load_image", load_image),
    ("json", json),
    ("differential", differential),
    ("expression", expression),
    ("format", format),
    ("analysis", analysis),
];
