//! Why a stage failed: one table of kinds, from which codes, names, texts and the retry default come.

use std::fmt;

macro_rules! failure_kinds {
    ($($variant:ident, $code:literal, $name:literal, $retryable:literal, $text:literal;)*) => {
        /// Why a stage has no result. Plugins, records and rules key on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FailureKind {
            $(#[doc = $text] $variant,)*
        }

        impl FailureKind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, `R0001` and so on.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name in records: lower case with underscores.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One sentence that explains the kind.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether another attempt may help, when the failure itself does not say.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// The kind with this name in records.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

failure_kinds! {
    Handler, "R0001", "handler", true, "The handler returned an error.";
    Timeout, "R0002", "timeout", true, "One pass through the stage's plugin list took longer than its `timeout_ms`.";
    OutOfFuel, "R0003", "out_of_fuel", true, "The guest spent its fuel budget.";
    Deadline, "R0004", "deadline", true, "The guest or the request ran past its wall-clock deadline.";
    Trapped, "R0005", "trapped", false, "The guest trapped.";
    OutOfMemory, "R0006", "out_of_memory", false, "The guest asked for more memory than its limit.";
    OutputTooLarge, "R0007", "output_too_large", false, "The stage returned more bytes than its limit.";
    BadOutput, "R0008", "bad_output", false, "The stage returned something that is no valid output.";
    StageError, "R0009", "stage_error", true, "The guest reported an error of its own.";
    Instantiate, "R0010", "instantiate", false, "The module could not be instantiated.";
    PoolExhausted, "R0011", "pool_exhausted", true, "No instance became free in time.";
    ExitCode, "R0012", "exit_code", false, "The WASI command exited with a code other than 0.";
    CircuitOpen, "R0013", "circuit_open", false, "The circuit breaker of the stage is open.";
    Rejected, "R0014", "rejected", false, "A plugin refused the call: no capacity, or over its rate.";
    NoHandler, "R0015", "no_handler", false, "No handler is registered for the stage.";
    GlobalTimeout, "R0016", "global_timeout", false, "The cascade ran past its `global_timeout_ms`; the stage was cancelled.";
    Panicked, "R0017", "panicked", false, "The handler panicked.";
    UnmetDependency, "R0018", "unmet_dependency", false, "A stage that this one depends on can no longer run.";
    RuleCondition, "R0019", "rule_condition", false, "The condition of a rule could not be evaluated.";
    RuleAction, "R0020", "rule_action", false, "The action of a rule could not be carried out.";
    RetryExhausted, "R0021", "retry_exhausted", false, "All attempts of the retry plugin failed.";
    BudgetExhausted, "R0022", "budget_exhausted", false, "The next attempt would not fit into what is left of the budget.";
    RefusedWrite, "R0023", "refused_write", false, "A write of the stage's handler could not be made: no JSON, or a path that leads through a value that is no mapping.";
    RateLimited, "R0024", "rate_limited", false, "The call was over the rate that a plugin allows.";
    BulkheadFull, "R0025", "bulkhead_full", false, "A bulkhead had no slot free for the call.";
    Unsendable, "R0026", "unsendable", false, "The request of a stage could not be made of its event, is too large, or may not go where it should.";
    Connection, "R0027", "connection", true, "The service of a stage was not reached, or its connection broke.";
    HttpStatus, "R0028", "http_status", true, "The service of a stage answered with a status that is no success.";
    IdempotencyConflict, "R0029", "idempotency_conflict", false, "Another call with the same idempotency key did not end in time.";
    IdempotencyKey, "R0030", "idempotency_key", false, "The idempotency key of the call is longer than allowed.";
    LeaseLost, "R0031", "lease_lost", false, "The lease of an idempotency key ended while its call ran, and the result was refused.";
    StoreUnavailable, "R0032", "store_unavailable", true, "A store that the call depends on could not do what was asked.";
}

impl FailureKind {
    /// Whether a plugin refused the call, so that the handler never ran.
    #[must_use]
    pub const fn is_rejection(self) -> bool {
        matches!(
            self,
            Self::CircuitOpen
                | Self::Rejected
                | Self::RateLimited
                | Self::BulkheadFull
                | Self::IdempotencyConflict
                | Self::IdempotencyKey
        )
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A stage that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct StageFailure {
    /// Why.
    pub kind: FailureKind,
    /// What the user reads, and what `stages.S.error` holds.
    pub message: String,
    /// Whether another attempt may help.
    pub retryable: bool,
    /// A status of the handler's own: the HTTP status, the guest's error code or the exit code.
    pub status: Option<i32>,
    /// How long the other side asks to wait before another attempt, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Fuel spent, where the handler is metered.
    pub fuel: Option<u64>,
    /// The most memory held, in bytes, where the handler is metered.
    pub memory_bytes: Option<u64>,
    /// The guest's call stack at a trap.
    pub backtrace: Option<String>,
    /// What the handler logged before it failed.
    pub logs: Vec<super::LogLine>,
    /// How many calls a retry plugin made; none without such a plugin.
    pub attempts: Option<u32>,
    /// The kind of the last attempt's failure, where a retry plugin gave up and `kind` says why it did.
    pub cause: Option<FailureKind>,
    /// What plugins did.
    pub marks: super::Marks,
    pub(crate) came: super::Came,
}

impl StageFailure {
    /// A failure of a kind, retryable as the kind is.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retryable: kind.retryable(),
            status: None,
            retry_after_ms: None,
            fuel: None,
            memory_bytes: None,
            backtrace: None,
            logs: Vec::new(),
            attempts: None,
            cause: None,
            marks: super::Marks::default(),
            came: super::Came::default(),
        }
    }

    /// The failure of a native handler.
    #[must_use]
    pub fn handler(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Handler, message)
    }

    /// What went wrong in the last attempt: `cause` behind a retry plugin, else `kind`.
    #[must_use]
    pub const fn root_kind(&self) -> FailureKind {
        match self.cause {
            Some(cause) => cause,
            None => self.kind,
        }
    }

    /// Says whether another attempt may help.
    #[must_use]
    pub const fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Adds a status.
    #[must_use]
    pub const fn with_status(mut self, status: i32) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds how long to wait before another attempt, in milliseconds.
    #[must_use]
    pub const fn with_retry_after_ms(mut self, wait: u64) -> Self {
        self.retry_after_ms = Some(wait);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let codes: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.code()).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
        for kind in FailureKind::ALL {
            assert_eq!(FailureKind::from_name(kind.name()), Some(*kind));
        }
    }
}
