//! Holds nothing: see `tests/`.
