//! One function per target. Each takes any bytes and panics where the product did something wrong; the same functions
//! replay `fuzz/regressions/` in `cargo test`.

mod choices;
mod compile;
mod differential;
mod evaluate;
mod json;
mod load_image;

pub use compile::compile;
pub use differential::differential;
pub use json::json;
pub use load_image::load_image;

/// All targets by name.
pub const ALL: [(&str, fn(&[u8])); 4] =
    [("compile", compile), ("load_image", load_image), ("json", json), ("differential", differential)];
