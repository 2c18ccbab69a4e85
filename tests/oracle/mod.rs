//! A second, slow reading of the language: a tree walker over JSON values and a whole-cascade interpreter on a virtual
//! clock. It shares no code with the compiler, the image, the machine or the engine, so that where both agree neither is
//! wrong by construction.
#![allow(dead_code, reason = "each test binary that includes this uses its own part")]

pub mod cascade;
pub mod computed;
pub mod condition;
pub mod config;
pub mod number;
pub mod observed;
pub mod path;
pub mod pattern;
pub mod ruleset;
pub mod sample;
pub mod scope;
pub mod script;
pub mod text;
pub mod time;
pub mod value;
mod verdict;
