//! What a retry plugin decides: whether a failure may pass, how often it is tried again, and how long to wait.
//!
//! ```text
//! may it pass?   abort_if ▸ abort_on ▸ never_retry_status ▸ retry_on ▸ retry_on_status ▸ timeout, connection ▸ a policy fits ▸ what it says of itself; then retry_if
//! with what?     policy of the stage ▸ of the status ▸ of the first pattern that fits ▸ the plugin's own options, each option by itself
//! ```

use super::super::backoff::Backoff;
use super::super::predicate::{Predicate, Predicates};
use crate::{FailureKind, StageFailure, StageOutput};
use cascata_config::{ErrorPattern, Jitter, RetryOptions, RetryPolicy, RetryStrategy, StageRetryPolicy};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde_json::{Value, json};
use std::fmt;

/// The largest a compiled pattern may be, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// The rules of one retry plugin, for one stage.
pub(super) struct Rules {
    options: RetryOptions,
    retry_on: Option<Vec<FailureKind>>,
    abort_on: Vec<FailureKind>,
    /// The policy of the stage.
    stage: Option<Policy>,
    retry_on_status: Option<Vec<i32>>,
    patterns: Vec<(Regex, Policy)>,
    retry_if: Option<Predicate>,
    retry_result_if: Option<Predicate>,
    abort_if: Option<Predicate>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A policy of any kind: what it says, and no more.
#[derive(Clone, Debug, Default)]
struct Policy {
    max_retries: Option<u32>,
    strategy: Option<RetryStrategy>,
    base_ms: Option<u64>,
    multiplier: Option<f64>,
    cap_ms: Option<u64>,
    jitter: Option<Jitter>,
    jitter_percent: Option<f64>,
}

macro_rules! policy_from {
    ($($type:ty),*) => { $(
        impl From<&$type> for Policy {
            fn from(policy: &$type) -> Self {
                Self {
                    max_retries: policy.max_retries,
                    strategy: policy.strategy,
                    base_ms: policy.base_ms,
                    multiplier: policy.multiplier,
                    cap_ms: policy.cap_ms,
                    jitter: policy.jitter,
                    jitter_percent: policy.jitter_percent,
                }
            }
        }
    )* };
}

policy_from!(RetryPolicy, StageRetryPolicy, ErrorPattern);

impl Policy {
    /// What this one says, and the other where it says nothing.
    fn or(self, other: Self) -> Self {
        Self {
            max_retries: self.max_retries.or(other.max_retries),
            strategy: self.strategy.or(other.strategy),
            base_ms: self.base_ms.or(other.base_ms),
            multiplier: self.multiplier.or(other.multiplier),
            cap_ms: self.cap_ms.or(other.cap_ms),
            jitter: self.jitter.or(other.jitter),
            jitter_percent: self.jitter_percent.or(other.jitter_percent),
        }
    }
}

/// How one failure is retried.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) max_retries: u32,
    pub(super) backoff: Backoff,
    options: RetryOptions,
}

impl Plan {
    fn new(options: RetryOptions) -> Self {
        Self { max_retries: options.max_retries, backoff: Backoff::new(&options), options }
    }

    /// As advice reads.
    pub(super) fn to_json(&self) -> Value {
        let options = &self.options;
        json!({
            "max_retries": options.max_retries,
            "strategy": options.strategy,
            "base_ms": options.base_ms,
            "multiplier": options.multiplier,
            "cap_ms": options.cap_ms,
            "jitter": options.jitter,
            "jitter_percent": options.jitter_percent,
        })
    }
}

impl Rules {
    /// The rules of a stage.
    ///
    /// # Errors
    /// A kind of failure or a predicate in them does not exist, or a pattern is none.
    pub(super) fn new(stage: &str, options: &RetryOptions, predicates: &Predicates) -> Result<Self, String> {
        let own = options.stage_policies.get(stage);
        let pattern = |row: &ErrorPattern| Ok::<_, String>((regex(&row.pattern)?, Policy::from(row)));
        Ok(Self {
            retry_on: options.retry_on.as_deref().map(|names| kinds("retry_on", names)).transpose()?,
            abort_on: kinds("abort_on", &options.abort_on)?,
            stage: own.map(Policy::from),
            retry_on_status: own.and_then(|own| own.retry_on_status.clone()).or(options.retry_on_status.clone()),
            patterns: options.error_patterns.iter().map(pattern).collect::<Result<_, _>>()?,
            retry_if: predicates.named("retry_if", options.retry_if.as_ref())?,
            retry_result_if: predicates.named("retry_result_if", options.retry_result_if.as_ref())?,
            abort_if: predicates.named("abort_if", options.abort_if.as_ref())?,
            options: options.clone(),
        })
    }

    /// Whether another attempt may help.
    pub(super) fn may_pass(&self, failure: &StageFailure) -> bool {
        let wanted = |retry_if: &Predicate| retry_if(Err(failure));
        !self.aborts(Err(failure)) && self.may_pass_by_lists(failure) && self.retry_if.as_ref().is_none_or(wanted)
    }

    fn aborts(&self, outcome: Result<&StageOutput, &StageFailure>) -> bool {
        self.abort_if.as_ref().is_some_and(|abort_if| abort_if(outcome))
    }

    fn may_pass_by_lists(&self, failure: &StageFailure) -> bool {
        let kind = failure.root_kind();
        let listed = |list: &Vec<i32>| failure.status.is_some_and(|status| list.contains(&status));
        if self.abort_on.contains(&kind) || listed(&self.options.never_retry_status) {
            return false;
        }
        if let Some(kinds) = &self.retry_on {
            return kinds.contains(&kind);
        }
        // A plugin behind that refuses calls does not change its mind because a policy for some message says so.
        if kind.is_rejection() {
            return failure.retryable;
        }
        if let (Some(statuses), Some(_)) = (&self.retry_on_status, failure.status) {
            return listed(statuses);
        }
        let late = matches!(kind, FailureKind::Timeout | FailureKind::Deadline);
        if let Some(retry) = self.options.retry_on_timeout.filter(|_| late) {
            return retry;
        }
        if let Some(retry) = self.options.retry_on_connection_error.filter(|_| lost_connection(failure)) {
            return retry;
        }
        failure.retryable || self.status_policy(failure).is_some() || self.pattern_policy(failure).is_some()
    }

    /// How a failure is retried.
    pub(super) fn plan(&self, failure: Option<&StageFailure>) -> Plan {
        let status = failure.and_then(|failure| self.status_policy(failure)).map(Policy::from).unwrap_or_default();
        let pattern = failure.and_then(|failure| self.pattern_policy(failure)).cloned().unwrap_or_default();
        let policy = self.stage.clone().unwrap_or_default().or(status).or(pattern);
        let mut options = self.options.clone();
        options.max_retries = policy.max_retries.unwrap_or(options.max_retries);
        options.strategy = policy.strategy.unwrap_or(options.strategy);
        options.base_ms = policy.base_ms.unwrap_or(options.base_ms);
        options.multiplier = policy.multiplier.unwrap_or(options.multiplier);
        options.cap_ms = policy.cap_ms.unwrap_or(options.cap_ms);
        options.jitter = policy.jitter.unwrap_or(options.jitter);
        options.jitter_percent = policy.jitter_percent.unwrap_or(options.jitter_percent);
        Plan::new(options)
    }

    fn status_policy(&self, failure: &StageFailure) -> Option<&RetryPolicy> {
        self.options.status_policies.get(&failure.status?)
    }

    fn pattern_policy(&self, failure: &StageFailure) -> Option<&Policy> {
        self.patterns.iter().find(|(pattern, _)| pattern.is_match(&failure.message)).map(|(_, policy)| policy)
    }

    /// Whether a result is one to retry.
    pub(super) fn unwanted(&self, output: &StageOutput) -> bool {
        let results = &self.options.retry_on_result;
        let listed = || !results.is_empty() && results.contains(&output.result.to_serde());
        let unwanted = self.retry_result_if.as_ref().is_some_and(|unwanted| unwanted(Ok(output))) || listed();
        unwanted && !self.aborts(Ok(output))
    }
}

/// Whether a failure without a status tells of a connection that was lost or never made. Handlers have no kind for that, so
/// it is told from the words that systems use.
fn lost_connection(failure: &StageFailure) -> bool {
    const WORDS: [&str; 5] = ["connection", "broken pipe", "network is unreachable", "no route to host", "dns error"];
    let message = failure.message.to_ascii_lowercase();
    failure.status.is_none() && WORDS.iter().any(|word| message.contains(word))
}

fn regex(pattern: &str) -> Result<Regex, String> {
    let config = Regex::config().nfa_size_limit(Some(PATTERN_BYTES)).onepass_size_limit(Some(PATTERN_BYTES));
    let syntax = syntax::Config::new().case_insensitive(true);
    let built = Regex::builder().configure(config).syntax(syntax).build(pattern);
    built.map_err(|error| {
        // The reason is that of the parser behind; the outer text only says that there is one.
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        format!("`error_patterns`: `{pattern}` is no pattern: {reason}")
    })
}

/// The kinds of failure of an option, by name.
pub(in crate::plugins) fn kinds(option: &str, names: &[String]) -> Result<Vec<FailureKind>, String> {
    let read = |name: &String| {
        FailureKind::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{option}`: there is no kind of failure `{name}`; there are {}", known.join(", "))
        })
    };
    names.iter().map(read).collect()
}
