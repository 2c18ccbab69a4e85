//! A proposal with what became of it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Action, Entry};
use crate::{Proposal, Status};

/// A proposal with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// The proposal.
    pub proposal: Proposal,
    /// Where it stands.
    pub status: Status,
    /// Who approved or rejected it.
    pub reviewer: Option<String>,
    /// When that was.
    pub reviewed_at: Option<String>,
    /// Why, and why it was deprecated.
    pub review_notes: Option<String>,
    /// What tests said; nothing before it was tested.
    pub test_results: Option<Map<String, Value>>,
    /// When its rule was published.
    pub activated_at: Option<String>,
    /// When its rule was taken out.
    pub deprecated_at: Option<String>,
    /// The cascade's file that its rule was last put into.
    pub cascade: Option<String>,
    /// Everything that was done with it, oldest first, without the proposal itself.
    pub history: Vec<Entry>,
}

impl Kept {
    pub(super) const fn new(proposal: Proposal) -> Self {
        Self {
            proposal,
            status: Status::PendingReview,
            reviewer: None,
            reviewed_at: None,
            review_notes: None,
            test_results: None,
            activated_at: None,
            deprecated_at: None,
            cascade: None,
            history: Vec::new(),
        }
    }

    /// Takes up an entry that is known to be legal.
    pub(super) fn take(&mut self, mut entry: Entry) {
        self.status = entry.status;
        if let Some(Value::String(cascade)) = entry.data.get("cascade") {
            self.cascade = Some(cascade.clone());
        }
        match entry.action {
            Action::Add => entry.data = Value::Null,
            Action::Approve | Action::Reject => {
                self.reviewer = Some(entry.who.clone());
                self.reviewed_at = Some(entry.at.clone());
                self.review_notes.clone_from(&entry.why);
            }
            Action::StartTesting => self.test_results = Some(Map::new()),
            Action::Record => {
                if let Value::Object(results) = &entry.data {
                    self.test_results.get_or_insert_default().extend(results.clone());
                }
            }
            Action::Activate => self.activated_at = Some(entry.at.clone()),
            Action::Deprecate => {
                self.deprecated_at = Some(entry.at.clone());
                if let Some(why) = &entry.why {
                    let before = self.review_notes.take().map(|notes| notes + "\n\n").unwrap_or_default();
                    self.review_notes = Some(format!("{before}Deprecation reason: {why}"));
                }
            }
        }
        self.history.push(entry);
    }
}
