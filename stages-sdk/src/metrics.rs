//! The capability `metrics`, for stages with `handler.allow: [metrics]`: figures that the host collects.
//!
//! Names are a letter of `a` to `z`, then these, digits and `_`, at most 64 bytes; a stage has at most 64 of them. What the host can't
//! take it drops and counts; a stage is told nothing, so that no answer depends on what was measured before.

use crate::imports::capabilities::host;

/// Adds to a counter; a number below 0 is dropped.
pub fn counter(name: &str, by: f64) {
    host::metrics_counter(name, by);
}

/// Sets a gauge.
pub fn gauge(name: &str, value: f64) {
    host::metrics_gauge(name, value);
}

/// Counts a value into a histogram.
pub fn histogram(name: &str, value: f64) {
    host::metrics_histogram(name, value);
}
