//! A stream of events through workers to a stream of answers: what `run` and `match` have in common.

mod answer;
mod output;
mod pipeline;
mod progress;
mod report;
mod stop;

pub use answer::{Answer, BadEvent, End};
pub use output::Output;
pub use pipeline::{Decider, Job, Plan, run};
pub use progress::Progress;
pub use report::Report;
pub use stop::Stop;

use super::exit::Failure;
use super::input::Input;

/// The bytes of all inputs on disk; `None` if one of them is a pipe.
///
/// A file that is not there is found before anything runs.
pub fn total_size(inputs: &[Input]) -> Result<Option<u64>, Failure> {
    let mut total = Some(0);
    for input in inputs {
        let size = match input {
            Input::Stdin => None,
            Input::File(path) => {
                let metadata = std::fs::metadata(path).map_err(|error| Failure::io(path.display(), error))?;
                metadata.is_file().then_some(metadata.len())
            }
        };
        total = total.zip(size).map(|(total, size): (u64, u64)| total.saturating_add(size));
    }
    Ok(total)
}
