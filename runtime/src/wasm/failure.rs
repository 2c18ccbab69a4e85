//! From what wasmtime reports to what plugins, records and people read: one failure kind each, with the setting to raise.

use wasmtime::{Error, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::answer::GuestFailure;
use super::budget::Budget;
use super::guest::Guest;
use super::limits::Denied;
use super::stop::Stop;
use crate::stage::{FailureKind, StageFailure};

/// How a guest's call came to an end other than by returning.
pub(super) enum Ended {
    /// The wall-clock deadline passed.
    Late,
    /// It trapped, left, or the host stopped it.
    Error(Error),
}

/// The failure of a call that ended early. `during_init`: before the stage's own function was reached.
pub(super) fn ended(ended: &Ended, guest: &Guest, budget: &Budget, during_init: bool) -> StageFailure {
    let error = match ended {
        Ended::Late => return late(budget),
        Ended::Error(error) => error,
    };
    let (kind, message) = classify(error, guest, budget, during_init);
    let mut failure = StageFailure::new(kind, message);
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        failure.status = Some(exit.0);
    }
    failure.backtrace = error.downcast_ref::<WasmBacktrace>().map(backtrace);
    failure
}

fn late(budget: &Budget) -> StageFailure {
    let ms = budget.total_ms;
    let message =
        format!("the guest ran past its deadline of {ms} ms; raise the stage's `timeout_ms` if it needs longer");
    StageFailure::new(FailureKind::Deadline, message)
}

fn classify(error: &Error, guest: &Guest, budget: &Budget, during_init: bool) -> (FailureKind, String) {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        let kind = match stop {
            Stop::OutOfFuel => return out_of_fuel(guest, budget),
            Stop::Deadline => return (FailureKind::Deadline, late(budget).message),
            Stop::OutputTooLarge { .. } => FailureKind::OutputTooLarge,
            Stop::ReadsTooLarge { .. } => FailureKind::OutOfMemory,
            Stop::BadOutput(_) | Stop::NotText { .. } => FailureKind::BadOutput,
            Stop::OutOfBounds { .. }
            | Stop::NoMemory { .. }
            | Stop::NotInInit { .. }
            | Stop::NoRandom(_)
            | Stop::Aborted(_) => FailureKind::Trapped,
        };
        return (kind, stop.to_string());
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return (FailureKind::ExitCode, format!("the guest exited with code {}", exit.0));
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return (FailureKind::PoolExhausted, "every instance of the host is in use; raise `max_instances`".to_owned());
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trapped(*trap, guest, budget);
    }
    let message = error.root_cause().to_string();
    if let Some(denied) = guest.limiter.denied() {
        return out_of_memory(denied, guest);
    }
    let kind = if during_init { FailureKind::Instantiate } else { FailureKind::Trapped };
    (kind, message)
}

fn trapped(trap: Trap, guest: &Guest, budget: &Budget) -> (FailureKind, String) {
    match (trap, guest.limiter.denied()) {
        (Trap::OutOfFuel, _) => out_of_fuel(guest, budget),
        // A guest whose allocator was refused memory usually gives up with one of these.
        (Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds | Trap::AllocationTooLarge, Some(denied)) => {
            out_of_memory(denied, guest)
        }
        (Trap::StackOverflow, _) => {
            let bytes = guest.spec.handler.wasm_stack_bytes;
            let message = format!(
                "the guest's calls took more stack than {bytes} bytes; raise `handler.wasm_stack_bytes` if they need more"
            );
            (FailureKind::Trapped, message)
        }
        (Trap::UnreachableCodeReached, None) => {
            (FailureKind::Trapped, "the guest trapped: `unreachable` was executed (a panic or an abort)".to_owned())
        }
        (trap, _) => (FailureKind::Trapped, format!("the guest trapped: {trap}")),
    }
}

fn out_of_fuel(guest: &Guest, budget: &Budget) -> (FailureKind, String) {
    let fuel = budget.fuel.unwrap_or(0);
    let raise = match guest.spec.handler.fuel {
        Some(_) => "raise `handler.fuel`".to_owned(),
        None => {
            let per_ms = guest.spec.handler.fuel_per_ms;
            format!("it is {} ms at {per_ms} fuel each; raise `timeout_ms` or `handler.fuel_per_ms`", budget.total_ms)
        }
    };
    (FailureKind::OutOfFuel, format!("the guest spent its fuel of {fuel}; {raise} if it needs more"))
}

fn out_of_memory(denied: Denied, guest: &Guest) -> (FailureKind, String) {
    let handler = &guest.spec.handler;
    let message = match denied {
        Denied::Memory(bytes) => format!(
            "the guest asked for {bytes} bytes of memory, more than {}; raise `handler.memory_bytes` if it needs more",
            handler.memory_bytes
        ),
        Denied::Table(elements) => format!(
            "the guest asked for {elements} table elements, more than {}; raise `handler.table_elements` if it needs more",
            handler.table_elements
        ),
    };
    (FailureKind::OutOfMemory, message)
}

/// The guest's calls, innermost first, one a line.
fn backtrace(backtrace: &WasmBacktrace) -> String {
    /// Deep recursion fills any number of lines; the innermost ones tell the story.
    const FRAMES: usize = 32;
    let frames = backtrace.frames();
    let mut lines: Vec<String> = frames
        .iter()
        .take(FRAMES)
        .map(|frame| {
            let name = frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), ToOwned::to_owned);
            let place =
                frame.symbols().iter().find_map(|symbol| Some(format!(" at {}:{}", symbol.file()?, symbol.line()?)));
            let offset = || {
                frame.module_offset().map_or_else(String::new, |offset| format!(" at byte {offset:#x} of the module"))
            };
            format!("{name}{}", place.unwrap_or_else(offset))
        })
        .collect();
    if frames.len() > FRAMES {
        lines.push(format!("and {} more", frames.len().saturating_sub(FRAMES)));
    }
    lines.join("\n")
}

/// The failure that a guest reported itself.
pub(super) fn reported(failure: GuestFailure) -> StageFailure {
    let code = match failure.code {
        0 => "invalid input",
        1 => "invalid configuration",
        2 => "unavailable",
        _ => "internal",
    };
    let message = if failure.message.is_empty() { code.to_owned() } else { format!("{code}: {}", failure.message) };
    let mut stage = StageFailure::new(FailureKind::StageError, message).retryable(failure.retryable);
    stage.status = failure.status;
    stage.retry_after_ms = failure.retry_after_ms;
    stage
}
