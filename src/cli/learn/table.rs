//! What was learned, for a terminal.

use std::fmt::Write as _;

use cascata_learn::{Learned, Proposal, Recommendation};

use crate::cli::terminal::{count, thousands};

/// The whole report.
pub fn text(learned: &Learned, width: usize) -> String {
    let mut out = String::new();
    head(learned, &mut out);
    for (at, proposal) in learned.proposals.iter().enumerate() {
        one(at + 1, proposal, width, &mut out);
    }
    together(learned, &mut out);
    for note in &learned.notes {
        line(&mut out, format_args!("note: {note}"));
    }
    out
}

// Writing to a String cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}

fn head(learned: &Learned, out: &mut String) {
    let [fit, tune, report] = learned.parts.map(thousands);
    line(
        out,
        format_args!(
            "{} of {}, answered in front of it by {}",
            count(learned.examples, "answer"),
            learned.stage,
            learned.target
        ),
    );
    line(
        out,
        format_args!(
            "searched {fit}, chosen with {tune}, measured on {report}; {} conjunctions tried",
            thousands(learned.tried)
        ),
    );
    let answers: Vec<_> =
        learned.answers.iter().map(|one| format!("{} {}", one.answer, thousands(one.count))).collect();
    line(out, format_args!("answers: {}", answers.join(", ")));
    line(out, format_args!(""));
}

fn one(number: usize, proposal: &Proposal, width: usize, out: &mut String) {
    let Proposal { name, recommendation, answer, .. } = proposal;
    line(out, format_args!("{number:>3}  {:<8} {name} -> {answer}", recommendation.name()));
    wrapped(&proposal.when, width.saturating_sub(5), out);
    line(
        out,
        format_args!(
            "     precision {} (at least {}), takes {} of the calls, finds {} of its answer; saves {:.0} a period",
            share(proposal.precision),
            share(proposal.precision_lower),
            share(proposal.coverage),
            share(proposal.recall),
            proposal.saving.per_period
        ),
    );
    let told = if *recommendation == Recommendation::Migrate { 0 } else { 1 };
    for reason in proposal.reasons.iter().take(told) {
        line(out, format_args!("     {reason}"));
    }
    for relation in &proposal.relations {
        let certain = if relation.certain { "certainly" } else { "as seen" };
        line(out, format_args!("     {:?} `{}` ({certain}, {} examples)", relation.kind, relation.rule, relation.both));
    }
}

fn together(learned: &Learned, out: &mut String) {
    let report = learned.together.report;
    line(out, format_args!(""));
    line(
        out,
        format_args!(
            "together {}: {} of the calls of {} away, precision {} (at least {}), {}, {}",
            learned.recommendation.name(),
            share(report.coverage()),
            learned.stage,
            share(report.precision()),
            share(learned.precision_lower),
            count(learned.proposals.len() as u64, "rule"),
            count(learned.proposals.iter().map(|one| one.conditions as u64).sum(), "condition")
        ),
    );
    if let (Some(first), Some(last)) = (learned.curve.first(), learned.curve.last()) {
        line(out, format_args!("mean cost of an event: {:.2} before, {:.2} after", first.cost, last.cost));
    }
    for reason in &learned.reasons {
        line(out, format_args!("  {reason}"));
    }
    for reason in learned.reasons_given.iter().take(5) {
        line(
            out,
            format_args!(
                "  {} says `{}` of {} ({} of {})",
                learned.stage, reason.word, reason.answer, reason.right, reason.count
            ),
        );
    }
}

/// Breaks at blanks; a word that is too long stays whole.
fn wrapped(text: &str, width: usize, out: &mut String) {
    let mut row = String::new();
    for word in text.split(' ') {
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > width {
            line(out, format_args!("     {row}"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(out, format_args!("     {row}"));
}

fn share(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}
