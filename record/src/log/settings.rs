//! How records are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RecordError;
use crate::Mode;

/// How records are written. Every limit has a default; [`Recorder::open`](super::Recorder::open) checks them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Cascata record settings")]
pub struct RecordSettings {
    /// How much a record says. Default `replay`: all that a replay and the learner need.
    pub detail: Mode,
    /// The share of decisions that is recorded, in percent. Default 100.
    pub sample_percent: f64,
    /// The field by whose value decisions are chosen, so that all of one user, for example, are recorded or none. Default: the
    /// whole event; also where the field is missing.
    pub sample_key: Option<String>,
    /// Fields that are replaced before anything is written: of the event (`user.email`, `items[].card`) or of stages'
    /// results (`stages.SCORE.data.owner`). Default none.
    pub redact: Vec<String>,
    /// Bytes of text that are compressed together. Default 1 MiB, 4 KiB to 16 MiB.
    pub block_bytes: u32,
    /// How long a record may wait in memory, in milliseconds. Default 1,000, 1 to an hour.
    pub flush_ms: u64,
    /// Blocks that may wait for the disk. Default 8, 1 to 1,024.
    pub queue_blocks: u32,
    /// What happens when so many wait. Default `wait`.
    pub when_full: WhenFull,
    /// What is forced to the disk itself. Default `segment`.
    pub sync: Sync,
    /// The size at which a segment is closed and another begun, in bytes on disk. Default 64 MiB, at least 64 KiB.
    pub segment_bytes: u64,
    /// The age at which it is, in seconds. Default an hour, at least 1.
    pub segment_age_s: u64,
    /// What all segments of the folder may take, in bytes: older ones are removed, the one being written is not. Default 4 GiB;
    /// 0 removes none.
    pub max_bytes: u64,
    /// The age at which segments are removed, in seconds since they were written to. Default 30 days; 0 removes none.
    pub max_age_s: u64,
    /// The longest record, in bytes of text; longer ones are dropped and counted (`R0307`). Default 4 MiB, at most
    /// 32 MiB.
    pub max_record_bytes: u32,
}

/// What happens when records come faster than the disk takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Whoever decides waits: no record is lost.
    #[default]
    Wait,
    /// The record is dropped and counted: no decision is held up.
    Drop,
}

/// What is forced to the disk itself, so that it outlives a crash of the machine. A crash of the process alone loses no more
/// than what waits in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// Nothing: the system writes when it likes.
    None,
    /// A segment when it is closed.
    #[default]
    Segment,
    /// Every block.
    Block,
}

impl Default for RecordSettings {
    fn default() -> Self {
        Self {
            detail: Mode::Replay,
            sample_percent: 100.0,
            sample_key: None,
            redact: Vec::new(),
            block_bytes: 1 << 20,
            flush_ms: 1_000,
            queue_blocks: 8,
            when_full: WhenFull::default(),
            sync: Sync::default(),
            segment_bytes: 64 << 20,
            segment_age_s: 3_600,
            max_bytes: 4 << 30,
            max_age_s: 30 * 24 * 3_600,
            max_record_bytes: 4 << 20,
        }
    }
}

impl RecordSettings {
    /// Finds values that settings cannot have.
    pub(super) fn check(&self) -> Result<(), RecordError> {
        let within = |setting, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(RecordError::setting(setting, format!("{value} is not between {least} and {most}")))
        };
        if !(0.0..=100.0).contains(&self.sample_percent) {
            let why = format!("{} is not between 0 and 100", self.sample_percent);
            return Err(RecordError::setting("sample_percent", why));
        }
        within("block_bytes", self.block_bytes.into(), 4 << 10, 16 << 20)?;
        within("flush_ms", self.flush_ms, 1, 3_600_000)?;
        within("queue_blocks", self.queue_blocks.into(), 1, 1_024)?;
        within("segment_bytes", self.segment_bytes, 64 << 10, 1 << 40)?;
        within("segment_age_s", self.segment_age_s, 1, 366 * 24 * 3_600)?;
        within("max_record_bytes", self.max_record_bytes.into(), 1 << 10, 32 << 20)?;
        Ok(())
    }
}
