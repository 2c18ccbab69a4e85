//! From the tree to settings: which keys a mapping may have, and what type of value each takes. What the settings mean
//! together is checked in [`crate::check`].

mod fields;
mod free;
mod keys;
mod reader;
mod values;

pub(crate) use fields::{Fields, mapping};
pub(crate) use free::canonical;
pub(crate) use keys::{
    ACTION, ATTEMPT, CASCADE, CASCADE_ON_ERROR, CONDITION, EMIT, EVENTS, EXPECT, FAILURE, LIST_FILE, OUTCOME_CASE,
    RULE, RULE_LINE, RULESET_RULE, SAMPLE, SCHEMA, STAGE, Shape, TEST_CASE, TEST_FILE,
};
pub(crate) use reader::Reader;
pub(crate) use values::{Word, replacement};
