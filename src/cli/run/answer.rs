//! What a worker hands to the writer: output lines, reports of bad events, counts.

use cascata_record::DecisionRecord;

use super::funnel::Funnel;

/// The answers to a chunk of events.
#[derive(Default)]
pub struct Answer {
    /// Decisions as NDJSON, in the order of the events.
    pub out: Vec<u8>,
    /// Events that could not be decided, in order.
    pub bad: Vec<BadEvent>,
    /// Counts over the decided events.
    pub funnel: Funnel,
    /// Set where the run ends inside this chunk.
    pub end: Option<End>,
}

/// An event that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEvent {
    /// The line it starts on, from 1.
    pub line: u64,
    /// The stable code of what is wrong.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

/// Why a run ends before its input does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody pressed Ctrl-C.
    Stopped,
    /// `--fail-fast`: the event on this line is bad or failed.
    Failed {
        /// The line of the event, from 1.
        line: u64,
        /// What happened, for people.
        message: String,
    },
}

impl Answer {
    /// Whether nothing after this chunk is to be written.
    pub const fn ends_run(&self) -> bool {
        self.end.is_some()
    }

    /// Empties it for reuse and gives back the memory unusually long decisions took.
    pub fn reset(&mut self) {
        self.out.clear();
        self.out.shrink_to(8 << 20);
        self.bad.clear();
        self.funnel = Funnel::default();
        self.end = None;
    }

    /// Writes a decision that was counted.
    pub fn write(&mut self, record: &DecisionRecord) {
        // A record is plain data with text keys and the sink is memory: neither can fail.
        let _ = serde_json::to_writer(&mut self.out, record);
        self.out.push(b'\n');
    }

    /// Takes an event that could not be decided.
    pub fn refused(&mut self, bad: BadEvent) {
        self.funnel.bad += 1;
        self.bad.push(bad);
    }
}
