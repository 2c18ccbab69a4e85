//! Why a request has no answer.

use std::net::IpAddr;

use super::target::Target;
use crate::stage::{FailureKind, StageFailure};

/// Why a request has no answer. The texts never hold a header or a body: secrets may be in both.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the request cannot be made: {0}")]
    Unsendable(String),
    /// What a guest may not ask for.
    #[cfg(feature = "wasm")]
    #[error("not allowed: {0}")]
    NotAllowed(String),
    #[error("the request's body has more than {limit} bytes; raise `request_bytes` if it should")]
    RequestTooLarge { limit: u64 },
    #[error(
        "`{host}` has the address {address}, which is {class}; \
         list its network under `networks` if requests shall go there"
    )]
    Forbidden { host: String, address: IpAddr, class: &'static str },
    #[error("dns error: `{host}`: {why}")]
    Unresolved { host: String, why: String },
    #[error("no connection to {target}: {why}")]
    Unreachable { target: String, why: String },
    #[error("no TLS connection to {target}: {why}")]
    Tls { target: String, why: String },
    #[error("the answer has more than {limit} bytes; raise `response_bytes` if it should")]
    AnswerTooLarge { limit: u64 },
    #[error("the request ran past its deadline; raise the stage's `timeout_ms` if the service needs longer")]
    Late,
}

impl Trouble {
    /// A connection that broke, or talked no HTTP.
    pub(super) fn lost(target: &Target, error: &hyper::Error) -> Self {
        // The reason is behind the outer text; together they say what happened.
        let reason = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
        Self::Unreachable { target: target.to_string(), why: format!("{error}{reason}") }
    }

    /// What plugins key on.
    pub(super) const fn kind(&self) -> FailureKind {
        match self {
            #[cfg(feature = "wasm")]
            Self::NotAllowed(_) => FailureKind::Unsendable,
            Self::Unsendable(_) | Self::RequestTooLarge { .. } | Self::Forbidden { .. } => FailureKind::Unsendable,
            Self::Unresolved { .. } | Self::Unreachable { .. } | Self::Tls { .. } => FailureKind::Connection,
            Self::AnswerTooLarge { .. } => FailureKind::OutputTooLarge,
            Self::Late => FailureKind::Deadline,
        }
    }
}

impl From<Trouble> for StageFailure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.kind(), trouble.to_string())
    }
}
