//! Writes to the event: buffered by the host, applied in plan order if the stage succeeds, dropped otherwise.

use alloc::string::String;

use crate::data::ToJson;
use crate::imports::host;

/// Why the host refused a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// The text is no path, or one that may not be written (`stages.…`, an array element).
    Path,
    /// The value is not JSON.
    Json,
}

impl core::fmt::Display for WriteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Path => "not a path that can be written",
            Self::Json => "not JSON",
        })
    }
}

impl core::error::Error for WriteError {}

/// Sets a field of the event once this stage has succeeded: `set("risk.score", 0.7)?`.
///
/// # Errors
/// If the path can't be written. The stage goes on; nothing was buffered.
pub fn set(path: &str, value: impl ToJson) -> Result<(), WriteError> {
    let mut json = String::new();
    value.to_json(&mut json);
    match host::set(path, &json) {
        0 => Ok(()),
        1 => Err(WriteError::Path),
        _ => Err(WriteError::Json),
    }
}

impl From<WriteError> for crate::StageError {
    fn from(error: WriteError) -> Self {
        Self::new(crate::ErrorCode::Internal, alloc::string::ToString::to_string(&error))
    }
}
