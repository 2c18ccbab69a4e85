//! Log lines, kept by the host with the stage's record and bounded by its `log_bytes`.

use crate::imports::host;

/// How much a log line matters. The numbers are the ABI's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(i32)]
pub enum Level {
    /// Every step.
    Trace = 0,
    /// For finding faults.
    Debug = 1,
    /// Worth knowing.
    Info = 2,
    /// Something is off.
    Warn = 3,
    /// Something failed.
    Error = 4,
}

/// Whether a line of this level would be kept; ask before making a costly message.
#[must_use]
pub fn log_enabled(level: Level) -> bool {
    host::log_enabled(level as i32) != 0
}

/// Writes one log line.
pub fn log(level: Level, message: &str) {
    host::log(level as i32, message);
}
