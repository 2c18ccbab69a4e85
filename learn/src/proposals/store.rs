//! The store: one append-only log. What proposals are now follows from it, so there is nothing that could contradict it.
//!
//! A line is `HASH ENTRY`: BLAKE3 of the entry's bytes in hexadecimal, and the entry as JSON, which names the hash of the line
//! before. So no entry can be changed, moved or taken out without all that follow being written anew; [`Store::head`] is what to
//! note elsewhere to find that, too. A line is written with one call and forced to the disk; one without its end is
//! what a crash left, counts for nothing, and is cut off when the next is written.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Action, Change, Entry, Kept, ProposalError};
use crate::{IllegalMove, Proposal, Status};

/// What stands for the entry before the first.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The longest log that is read or written, in bytes: some hundred thousand entries.
const MAX_LOG_BYTES: u64 = 256 << 20;

/// The longest entry, in bytes: a proposal with everything a test said about it is a thousandth of that.
const MAX_ENTRY_BYTES: u64 = 4 << 20;

/// The proposals and what became of them.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    kept: BTreeMap<String, Kept>,
    /// Bytes of the log that were taken up.
    read: u64,
    entries: u64,
    head: String,
}

impl Store {
    /// Reads a log; one that is not there is empty.
    ///
    /// # Errors
    /// It cannot be read, or was changed after it was written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ProposalError> {
        let mut store =
            Self { path: path.into(), kept: BTreeMap::new(), read: 0, entries: 0, head: NOTHING.to_owned() };
        match File::open(&store.path) {
            Ok(mut file) => store.take_new(&mut file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(store.io(error)),
        }
        Ok(store)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The proposals by id.
    pub fn proposals(&self) -> impl Iterator<Item = &Kept> {
        self.kept.values()
    }

    /// How many entries the log has, and the hash of the last. With a note of both, a log that was shortened or written anew
    /// can be told.
    #[must_use]
    pub fn head(&self) -> (u64, &str) {
        (self.entries, &self.head)
    }

    /// The proposal whose id is this or begins so.
    ///
    /// # Errors
    /// There is none, or several.
    pub fn get(&self, id: &str) -> Result<&Kept, ProposalError> {
        if let Some(kept) = self.kept.get(id) {
            return Ok(kept);
        }
        let mut found = self.kept.values().filter(|kept| !id.is_empty() && kept.proposal.id.starts_with(id));
        match (found.next(), found.count()) {
            (Some(kept), 0) => Ok(kept),
            (first, more) => {
                Err(ProposalError::Unknown { id: id.to_owned(), found: more + usize::from(first.is_some()) })
            }
        }
    }

    /// Adds a proposal for review; false if it is there already.
    ///
    /// # Errors
    /// The log cannot be written, or was changed.
    pub fn add(
        &mut self,
        proposal: &Proposal,
        cascade: Option<&str>,
        who: &str,
        at: &str,
    ) -> Result<bool, ProposalError> {
        let mut data = serde_json::json!({ "proposal": proposal });
        if let Some(cascade) = cascade {
            data["cascade"] = cascade.into();
        }
        let change = Change {
            proposal: proposal.id.clone(),
            action: Action::Add,
            who: who.to_owned(),
            at: at.to_owned(),
            why: None,
            data,
        };
        let mut file = self.lock()?;
        self.take_new(&mut file)?;
        if self.kept.contains_key(&proposal.id) {
            return Ok(false);
        }
        self.append(&mut file, change, Status::PendingReview)?;
        Ok(true)
    }

    /// Does something with a proposal. What others did meanwhile is taken up first.
    ///
    /// # Errors
    /// There is no such proposal, the move is not legal where it stands, or the log cannot be written or was changed.
    pub fn apply(&mut self, change: Change) -> Result<&Kept, ProposalError> {
        let mut file = self.lock()?;
        self.take_new(&mut file)?;
        let kept = self.get(&change.proposal)?;
        let (id, status) = (kept.proposal.id.clone(), after(kept, change.action)?);
        self.append(&mut file, Change { proposal: id.clone(), ..change }, status)?;
        self.get(&id)
    }

    fn lock(&self) -> Result<File, ProposalError> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path);
        // Until the file is closed: whoever writes too waits.
        open.and_then(|file| file.lock().map(|()| file)).map_err(|error| self.io(error))
    }

    fn append(&mut self, file: &mut File, change: Change, status: Status) -> Result<(), ProposalError> {
        let entry = Entry {
            seq: self.entries + 1,
            at: change.at,
            who: change.who,
            proposal: change.proposal,
            action: change.action,
            status,
            why: change.why,
            data: change.data,
            prev: self.head.clone(),
        };
        // Plain data with text keys: it always has a JSON form.
        let body = serde_json::to_string(&entry).unwrap_or_default();
        let hash = blake3::hash(body.as_bytes()).to_hex().to_string();
        let line = format!("{hash} {body}\n");
        self.fits(line.len() as u64, self.read)?;
        let written = file
            .set_len(self.read)
            .and_then(|()| file.seek(SeekFrom::Start(self.read)))
            .and_then(|_| file.write_all(line.as_bytes()))
            .and_then(|()| file.sync_all());
        written.map_err(|error| self.io(error))?;
        self.take_line(line.trim_end())?;
        self.read += line.len() as u64;
        Ok(())
    }

    /// Takes up the whole lines that were not read yet.
    fn take_new(&mut self, file: &mut File) -> Result<(), ProposalError> {
        let mut text = Vec::new();
        let length = file.metadata().map_err(|error| self.io(error))?.len();
        if length < self.read {
            return Err(self.changed("the log is shorter than it was"));
        }
        if length > MAX_LOG_BYTES {
            return Err(self.too_long("the log".to_owned(), MAX_LOG_BYTES));
        }
        // It may grow while it is read.
        let read = file.seek(SeekFrom::Start(self.read)).and_then(|_| file.take(MAX_LOG_BYTES).read_to_end(&mut text));
        read.map_err(|error| self.io(error))?;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let Some(whole) = line.strip_suffix(b"\n") else { break };
            self.fits(line.len() as u64, self.read)?;
            let whole = std::str::from_utf8(whole).map_err(|_| self.changed("it is no text"))?;
            self.take_line(whole)?;
            self.read += line.len() as u64;
        }
        Ok(())
    }

    fn take_line(&mut self, line: &str) -> Result<(), ProposalError> {
        let Some((hash, body)) = line.split_once(' ') else { return Err(self.changed("it has no hash")) };
        if blake3::hash(body.as_bytes()).to_hex().as_str() != hash {
            return Err(self.changed("it does not fit its hash"));
        }
        let entry: Entry = serde_json::from_str(body).map_err(|error| self.changed(&error.to_string()))?;
        if entry.prev != self.head {
            return Err(self.changed("it does not follow the entry before it"));
        }
        if entry.seq != self.entries + 1 {
            return Err(self.changed("its number is not the next"));
        }
        self.fold(entry)?;
        self.entries += 1;
        hash.clone_into(&mut self.head);
        Ok(())
    }

    fn fold(&mut self, entry: Entry) -> Result<(), ProposalError> {
        if entry.action == Action::Add {
            let proposal = entry.data.get("proposal").cloned().unwrap_or(Value::Null);
            let proposal: Proposal =
                serde_json::from_value(proposal).map_err(|error| self.changed(&error.to_string()))?;
            let mut kept = Kept::new(proposal);
            let id = kept.proposal.id.clone();
            kept.take(entry);
            if self.kept.insert(id, kept).is_some() {
                return Err(self.changed("it adds a proposal that was there"));
            }
            return Ok(());
        }
        let kept = self.kept.get(&entry.proposal).ok_or_else(|| self.changed("there is no such proposal"))?;
        if after(kept, entry.action).ok() != Some(entry.status) {
            return Err(self.changed("it is no legal move"));
        }
        if let Some(kept) = self.kept.get_mut(&entry.proposal) {
            kept.take(entry);
        }
        Ok(())
    }

    /// Whether a line of this length may stand behind so much of the log.
    fn fits(&self, line: u64, before: u64) -> Result<(), ProposalError> {
        if line > MAX_ENTRY_BYTES {
            return Err(self.too_long(format!("entry {}", self.entries + 1), MAX_ENTRY_BYTES));
        }
        if before + line > MAX_LOG_BYTES {
            return Err(self.too_long("the log".to_owned(), MAX_LOG_BYTES));
        }
        Ok(())
    }

    fn too_long(&self, what: String, limit: u64) -> ProposalError {
        ProposalError::TooLong { path: self.path.clone(), what, limit }
    }

    fn io(&self, source: io::Error) -> ProposalError {
        ProposalError::Io { path: self.path.clone(), source }
    }

    fn changed(&self, why: &str) -> ProposalError {
        ProposalError::Changed { path: self.path.clone(), entry: self.entries + 1, why: why.to_owned() }
    }
}

/// Where a proposal stands after an action.
fn after(kept: &Kept, action: Action) -> Result<Status, ProposalError> {
    let illegal = |source: IllegalMove| ProposalError::Illegal { id: kept.proposal.id.clone(), source };
    action.as_move().map_or(Ok(kept.status), |attempted| kept.status.after(attempted).map_err(illegal))
}
