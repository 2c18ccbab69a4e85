//! What a worker hands to the writer: output lines, reports of bad events, counts.

/// The answers to a chunk of events.
#[derive(Default)]
pub struct Answer<C> {
    /// Answers as NDJSON, in the order of the events.
    pub out: Vec<u8>,
    /// Events that could not be answered, in order.
    pub bad: Vec<BadEvent>,
    /// Counts over the answered events.
    pub counts: C,
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

impl<C: Default> Answer<C> {
    /// Whether nothing after this chunk is to be written.
    pub const fn ends_run(&self) -> bool {
        self.end.is_some()
    }

    /// Empties it for reuse and gives back the memory unusually long answers took.
    pub fn reset(&mut self) {
        self.out.clear();
        self.out.shrink_to(8 << 20);
        self.bad.clear();
        self.counts = C::default();
        self.end = None;
    }
}
