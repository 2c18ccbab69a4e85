//! What makes the host end a guest's call from inside an import.

/// Why an import ended the call. Travels through wasmtime as an error and comes out in `failure`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stop {
    #[error("the guest gave `{import}` {len} bytes at {ptr:#x}, outside of its memory of {memory} bytes")]
    OutOfBounds { import: &'static str, ptr: u32, len: u32, memory: usize },
    #[error("the guest called `{import}` but exports no memory")]
    NoMemory { import: &'static str },
    #[error("the guest gave `{import}` text that is not UTF-8")]
    NotText { import: &'static str },
    #[error("`{import}` may not be called from `stage_init`")]
    NotInInit { import: &'static str },
    #[error("{0}")]
    BadOutput(String),
    #[error("the stage returned more than {limit} bytes; raise `handler.output_bytes` if it should")]
    OutputTooLarge { limit: u64 },
    #[error("what the guest read would take more than the {limit} bytes of `handler.memory_bytes` on the host's side")]
    ReadsTooLarge { limit: u64 },
    #[error("the guest ran past its deadline while it called imports")]
    Deadline,
    #[error("the guest's calls to imports cost more than its fuel")]
    OutOfFuel,
    #[error("the system has no random bytes: {0}")]
    NoRandom(String),
    #[error("the guest aborted: {0}")]
    Aborted(String),
}
