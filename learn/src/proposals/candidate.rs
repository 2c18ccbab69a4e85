//! The cascade's text with the rule of a proposal, compiled and analysed, and without it again.

use cascata_compiler::format::{RuleList, add_rule, format, remove_rule};
use cascata_compiler::{Compiled, Diagnostic, Options, Severity, Source, compile};
use cascata_vm::image::{LoadOptions, Program};
use serde::Serialize;
use serde_json::Value;

use super::ProposalError;
use crate::Proposal;

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleMode {
    /// It is recorded what it would have done.
    Shadow,
    /// It acts.
    Active,
}

/// A cascade's text that is ready to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The text, in canonical form.
    pub text: String,
    /// Its image.
    pub image: Vec<u8>,
    /// The program's hash before; nothing if it did not compile.
    pub before: Option<String>,
    /// The program's hash now.
    pub after: String,
    /// What the analysis reports now and did not before: the rules that this one meets.
    pub meets: Vec<Meeting>,
}

/// Something that the compiler reports because of the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meeting {
    /// The code of the warning.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// The cascade with the proposal's rule at the end of its target's rules. A rule of its name that stands there gives way, as the one
/// in shadow mode does when it is activated.
///
/// # Errors
/// The file cannot be edited, or does not compile with the rule.
pub fn with_rule(source: &Source, proposal: &Proposal, mode: RuleMode) -> Result<Candidate, ProposalError> {
    let options = Options::default();
    let without = without_text(source, proposal, &options)?.unwrap_or_else(|| source.text.clone());
    let without = source.with_text(without);
    let mut rule = proposal.rule.clone();
    if let Value::Object(entries) = &mut rule {
        match mode {
            RuleMode::Shadow => _ = entries.insert("mode".to_owned(), "shadow".into()),
            RuleMode::Active => _ = entries.remove("mode"),
        }
    }
    let comment = format!("proposal {}: learned from {}", proposal.id, proposal.stage);
    let list = RuleList::Stage(&proposal.target);
    let text = add_rule(&without, list, &rule.to_string(), Some(&comment), &options);
    let text = text.map_err(|source| ProposalError::Edit { id: proposal.id.clone(), source })?;
    ready(source, &without, text, proposal, &options)
}

/// The cascade without the proposal's rule.
///
/// # Errors
/// The rule does not stand there, the file cannot be edited, or does not compile without it.
pub fn without_rule(source: &Source, proposal: &Proposal) -> Result<Candidate, ProposalError> {
    let options = Options::default();
    let list = RuleList::Stage(&proposal.target);
    let text = remove_rule(source, list, &proposal.name, &options);
    let text = text.map_err(|source| ProposalError::Edit { id: proposal.id.clone(), source })?;
    ready(source, source, text, proposal, &options)
}

/// The text without a rule of the proposal's name, if there is one.
fn without_text(source: &Source, proposal: &Proposal, options: &Options) -> Result<Option<String>, ProposalError> {
    // What cannot be read has no rule either; adding one says why.
    if format(source, options).is_err() {
        return Ok(None);
    }
    Ok(remove_rule(source, RuleList::Stage(&proposal.target), &proposal.name, options).ok())
}

fn ready(
    before: &Source,
    compared: &Source,
    text: String,
    proposal: &Proposal,
    options: &Options,
) -> Result<Candidate, ProposalError> {
    let after = before.with_text(text);
    let Compiled { image, diagnostics, .. } = compile(&after, options);
    let mistaken = |first: String| ProposalError::Mistaken { id: proposal.id.clone(), first };
    let first = diagnostics.iter().find(|one| one.severity == Severity::Error);
    let image = image.ok_or_else(|| {
        mistaken(first.map_or_else(String::new, |one| format!("{}: {}", one.code.as_str(), one.message)))
    })?;
    let mut known = compile(compared, options).diagnostics.iter().map(meeting).collect::<Vec<_>>();
    let mut meets: Vec<_> = diagnostics.iter().map(meeting).collect();
    // Each warning that was there before takes away one that is there now.
    meets.retain(|one| match known.iter().position(|other| other == one) {
        Some(at) => {
            known.swap_remove(at);
            false
        }
        None => true,
    });
    let hash = hash_of(image.clone()).ok_or_else(|| mistaken("its image is refused".to_owned()))?;
    let old = compile(before, options).image.and_then(hash_of);
    Ok(Candidate { text: after.text, image, before: old, after: hash, meets })
}

fn meeting(diagnostic: &Diagnostic) -> Meeting {
    Meeting { code: diagnostic.code.as_str().to_owned(), message: diagnostic.message.clone() }
}

/// The hash of a program, 64 hexadecimal digits.
fn hash_of(image: Vec<u8>) -> Option<String> {
    let program = Program::verify(image, &LoadOptions::default()).ok()?;
    Some(blake3::Hash::from_bytes(program.hash()).to_hex().to_string())
}
