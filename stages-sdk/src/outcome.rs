//! What a stage answers: an [`Outcome`], or a [`StageError`].

use alloc::borrow::Cow;
use alloc::string::String;

/// A stage's result, with how sure it is and what later rules may read of it.
#[derive(Clone, PartialEq, Debug)]
#[must_use]
pub struct Outcome {
    /// The routing label; one of the manifest's `results` if it lists any.
    pub result: Cow<'static, str>,
    /// How sure the stage is, 0.0 to 1.0.
    pub confidence: Option<f64>,
    /// A JSON object that rules read as `stages.NAME.data`.
    pub data: Option<String>,
}

impl Outcome {
    /// An outcome with a result and nothing else.
    pub fn new(result: impl Into<Cow<'static, str>>) -> Self {
        Self { result: result.into(), confidence: None, data: None }
    }

    /// Says how sure the stage is, 0.0 to 1.0; the host refuses anything outside, and reads NaN as none.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// Adds data: a [`Data`](crate::Data), or the text of a JSON object.
    pub fn data(mut self, data: impl Into<String>) -> Self {
        self.data = Some(data.into());
        self
    }
}

/// Why a stage failed, in words that plugins understand. The numbers are the ABI's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum ErrorCode {
    /// The event lacks something or has it in the wrong form.
    InvalidInput = 0,
    /// The `with:` block lacks something or has it in the wrong form.
    InvalidConfig = 1,
    /// Something the stage depends on does not answer.
    Unavailable = 2,
    /// Anything else.
    Internal = 3,
}

/// A stage's failure. Recorded, seen by retry and circuit breaker, readable as `stages.NAME.error`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct StageError {
    /// The kind of failure.
    pub code: ErrorCode,
    /// What happened, for people.
    pub message: Cow<'static, str>,
    /// Whether trying again may help. Off unless asked for.
    pub retryable: bool,
    /// A status code for retry policies, such as 503.
    pub status: Option<i32>,
    /// How long to wait before the next attempt, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl StageError {
    /// A failure that retrying won't help.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retryable: false, status: None, retry_after_ms: None }
    }

    /// The event lacks something or has it in the wrong form.
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidInput, message)
    }

    /// The configuration lacks something or has it in the wrong form.
    pub fn invalid_config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidConfig, message)
    }

    /// Says that trying again may help.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Adds a status code for retry policies; 0 means none.
    pub fn status(mut self, status: i32) -> Self {
        self.status = Some(status);
        self
    }

    /// Says how long to wait before the next attempt, in milliseconds.
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

impl core::fmt::Display for StageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for StageError {}
