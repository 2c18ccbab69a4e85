//! Recording: the arguments of verbs that decide, and what they tell at the end.

use std::path::PathBuf;

use cascata_record::Mode;
use cascata_record::log::{RecordSettings, Recorder};
use clap::ValueEnum;

use super::failure;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{load, terminal};

/// Arguments of verbs that decide.
#[derive(clap::Args)]
#[command(next_help_heading = "Records")]
pub struct RecordArgs {
    /// Record decisions in this folder, for `cascata records`, `replay` and `learn`
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// The share of decisions that is recorded, in percent; chosen by a stable hash of the event [default: 100]
    #[arg(long, value_name = "PERCENT", requires = "record")]
    record_sample: Option<f64>,
    /// A field that is replaced before anything is written, such as user.email, items[].card or stages.SCORE.owner; may be
    /// given several times
    #[arg(long, value_name = "FIELD", requires = "record")]
    record_redact: Vec<String>,
    /// A JSON file with more settings: sizes, ages, sync, … (`cascata schema --records` lists them)
    #[arg(long, value_name = "FILE", requires = "record")]
    record_settings: Option<PathBuf>,
}

/// How much a decision says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    /// Verdict, stages, rules and errors
    #[default]
    Summary,
    /// The event, stage data, logs and the timeline as well
    Full,
    /// What a replay needs: as full, without logs and timeline
    Replay,
}

impl From<Detail> for Mode {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Summary => Self::Summary,
            Detail::Full => Self::Full,
            Detail::Replay => Self::Replay,
        }
    }
}

impl RecordArgs {
    /// Opens the folder, if one is given.
    pub fn open(&self) -> Result<Option<Recorder>, Failure> {
        let Some(folder) = &self.record else { return Ok(None) };
        // The option once took these words; a folder of such a name would be made by mistake.
        if let Some(word) = folder.to_str().filter(|word| Detail::from_str(word, false).is_ok()) {
            let message =
                format!("--record takes a folder (./{word}?); `--detail {word}` says how much a decision says");
            return Err(Failure::new(Exit::Usage, message));
        }
        let mut settings = match &self.record_settings {
            None => RecordSettings::default(),
            Some(path) => serde_json::from_slice(&load::read(path)?)
                .map_err(|error| Failure::new(Exit::Usage, format_args!("R0301: {}: {error}", path.display())))?,
        };
        settings.redact.extend(self.record_redact.iter().cloned());
        settings.sample_percent = self.record_sample.unwrap_or(settings.sample_percent);
        Recorder::open(folder, settings).map(Some).map_err(failure)
    }
}

/// Writes what waits, and tells what was recorded.
pub fn finish(recorder: &Recorder) -> Result<(), Failure> {
    let closed = recorder.close();
    let written = recorder.written();
    let folder = recorder.folder().display();
    let mut line = format!("recorded {} in {folder}", terminal::count(written.records, "decision"));
    if written.bytes > 0 {
        line +=
            &format!(", {} bytes of {}", terminal::thousands(written.bytes), terminal::thousands(written.text_bytes));
    }
    if written.dropped > 0 {
        line += &format!("; {} dropped", terminal::thousands(written.dropped));
    }
    eprintln!("{line}");
    closed.map(|_| ()).map_err(failure)
}
