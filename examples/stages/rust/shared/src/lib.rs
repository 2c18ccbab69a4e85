//! What the example stages share. Each module has its twin in `examples/train`: a feature must come out the same where
//! weights are learned and where they are used.
//!
//! ```text
//! text  ─▶ hash ─▶ bucket ─┐
//! flow  ─▶ bin ────────────┴▶ weight ─▶ logistic ─▶ label, confidence
//! ```
#![no_std]

extern crate alloc;

pub mod flow;
pub mod hash;
pub mod logistic;
pub mod text;
