//! From the journal of a cascade to its record.

use std::time::Duration;

use cascata_record::{
    ActionKind, Cached, DecisionRecord, ErrorRecord, FiredRule, GLOBAL, LogRecord, Mode, RoutingDecision, RuleType,
    ShadowRule, SkippedStage, StageError, StageRecord, TimelineEntry, VERSION, WriteRecord,
};
use cascata_vm::image::{Action, Program, Rule, RuleKind};
use cascata_vm::{RuleId, StageId};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::decision::Decision;
use super::journal::{Detail, Failed, Fired, How, Ran, Shadow, Turn, Written};
use super::summary::summary;
use crate::event::Timestamp;
use crate::stage::{LogLine, StageFailure};
use crate::state::{FactsPlan, StageResult, dotted};
use crate::value::{OwnedValue, json_tree};

pub(super) fn build(decision: &Decision, mode: Mode) -> DecisionRecord {
    let program = &decision.current.loaded.program;
    let journal = decision.journal();
    let (outcome, outcome_source) = decision.verdict();
    let event_text = decision.state.event_text();
    let full = mode == Mode::Full;
    let with_event = mode != Mode::Summary;
    DecisionRecord {
        v: VERSION,
        mode,
        id: [decision.id.0, decision.id.1].map(|half| hex(&half.to_be_bytes())).concat(),
        cascade: program.name().to_owned(),
        version: program.version().to_owned(),
        program_hash: hex(&program.hash()),
        now: Timestamp::from_unix_micros(decision.state.now_us()).to_rfc3339(),
        event: with_event.then(|| json_tree(event_text)),
        event_hash: (!with_event).then(|| hex(blake3::hash(event_text.as_bytes()).as_bytes())),
        outcome: outcome.to_serde(),
        outcome_source,
        reason: decision.reason(),
        stages: journal.ran.iter().map(|ran| stage(decision, *ran, mode)).collect(),
        fired: journal.fired.iter().filter_map(|rule| fired(decision, *rule)).collect(),
        shadow: journal.shadow.iter().filter_map(|seen| shadow(decision, seen)).collect(),
        skipped: skipped(decision),
        decisions: journal.decisions.iter().map(|turn| routing(decision, *turn)).collect(),
        writes: journal.writes.iter().filter_map(|written| write(decision, written)).collect(),
        errors: journal.errors.iter().map(|failed| error(decision, failed)).collect(),
        timeline: if full { timeline(decision) } else { Vec::new() },
        metadata: metadata(decision),
        terminated: journal.termination.is_some(),
        termination: journal.termination,
        success: decision.success(),
        time_us: micros(decision.started, decision.finished),
        redacted: Vec::new(),
        final_data: None,
    }
}

/// The key of [`Decision::set_line`].
pub(super) const LINE: &str = "line";

/// What the host attached: to the program, and to the decision, which counts.
pub(super) fn metadata(decision: &Decision) -> Map<String, Value> {
    let mut metadata = (*decision.current.metadata).clone();
    metadata.extend(decision.line.map(|line| (LINE.to_owned(), line.into())));
    metadata.extend(decision.metadata.clone());
    metadata
}

pub(super) fn stage(decision: &Decision, ran: Ran, mode: Mode) -> StageRecord {
    let summary = summary(decision, ran);
    let loaded = decision.current.loaded.stage(ran.stage);
    let mut record = StageRecord {
        name: summary.name.to_owned(),
        status: summary.status,
        cause: None,
        result: Value::Null,
        confidence: None,
        data: None,
        error: None,
        attempts: summary.attempts,
        time_us: whole_micros(summary.time),
        fuel: summary.fuel,
        memory: None,
        module: loaded.and_then(|stage| stage.module.clone()),
        capabilities: loaded.map(|stage| stage.capabilities.clone()).unwrap_or_default(),
        cached: summary.cached.map(|age| Cached { age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX) }),
        logs: Vec::new(),
    };
    match ran.how {
        How::Rules => {}
        How::Cancelled => {
            record.cause = Some("global_timeout".to_owned());
            let cut_short = decision.journal().cut_short.iter().find(|(stage, _)| *stage == ran.stage);
            record.error = cut_short.map(|(_, failure)| stage_error(failure, mode));
        }
        How::Finished => {
            if let Some(result) = decision.state.result(ran.stage) {
                fill(&mut record, result, mode);
            }
        }
    }
    record
}

fn fill(record: &mut StageRecord, result: &StageResult, mode: Mode) {
    let full = mode == Mode::Full;
    record.result = result.result.to_serde();
    record.confidence = (!result.confidence.is_null()).then(|| result.confidence.to_serde());
    record.data = result.shown_data().filter(|_| mode != Mode::Summary).map(json_tree);
    record.memory = result.memory_bytes;
    if full {
        record.logs = result.logs.iter().map(log).collect();
    }
    if let Some(failure) = &result.failure {
        record.cause = Some(failure.root_kind().name().to_owned());
        record.error = Some(stage_error(failure, mode));
    }
}

fn stage_error(failure: &StageFailure, mode: Mode) -> StageError {
    StageError {
        kind: failure.kind.name().to_owned(),
        code: failure.kind.code().to_owned(),
        cause: cause(failure),
        message: failure.message.clone(),
        status: failure.status,
        backtrace: failure.backtrace.clone().filter(|_| mode == Mode::Full),
    }
}

/// The kind of the last attempt's failure, where `kind` says why there was no other attempt.
fn cause(failure: &StageFailure) -> Option<String> {
    failure.cause.map(|cause| cause.name().to_owned())
}

fn log(line: &LogLine) -> LogRecord {
    LogRecord { level: line.level.name().to_owned(), message: line.message.clone() }
}

/// A rule that acted, and how.
pub(super) struct Acted<'d> {
    pub rule: Rule<'d>,
    pub kind: ActionKind,
}

/// What a rule did; `None` where it does nothing that a record tells.
pub(super) fn action_of<'p>(program: &'p Program<'_>, fired: Fired) -> Option<Acted<'p>> {
    let rule = program.rule(fired.rule)?;
    let kind = action_kind(&fired.action(&rule)?)?;
    Some(Acted { rule, kind })
}

fn fired(decision: &Decision, fired: Fired) -> Option<FiredRule> {
    let Acted { rule, kind } = action_of(&decision.current.loaded.program, fired)?;
    Some(FiredRule {
        stage: stage_name(decision, rule.stage()),
        rule: rule.name().to_owned(),
        kind: rule_type(rule.kind()),
        action: kind,
        otherwise: fired.otherwise,
    })
}

pub(super) fn shadow(decision: &Decision, seen: &Shadow) -> Option<ShadowRule> {
    let rule = decision.current.loaded.program.rule(seen.rule)?;
    let would_act = Fired { rule: seen.rule, otherwise: seen.otherwise };
    Some(ShadowRule {
        stage: stage_name(decision, rule.stage()),
        rule: rule.name().to_owned(),
        kind: rule_type(rule.kind()),
        action: would_act.action(&rule).filter(|_| seen.trap.is_none()).as_ref().and_then(action_kind),
        otherwise: seen.otherwise,
        trap: seen.trap.map(|trap| trap.kind.code().to_owned()),
    })
}

pub(super) const fn rule_type(kind: RuleKind) -> RuleType {
    match kind {
        RuleKind::Global => RuleType::Global,
        RuleKind::Precondition => RuleType::Precondition,
        // Rules of rule sets are in no decision.
        RuleKind::Routing | RuleKind::Match | RuleKind::Outcome => RuleType::Routing,
        RuleKind::Postcondition => RuleType::Postcondition,
    }
}

const fn action_kind(action: &Action<'_>) -> Option<ActionKind> {
    Some(match action {
        Action::Terminate { .. } => ActionKind::Terminate,
        Action::SkipTo(_) => ActionKind::SkipTo,
        Action::EnableStages(_) => ActionKind::EnableStages,
        Action::DisableStages(_) => ActionKind::DisableStages,
        Action::SetField { .. } => ActionKind::SetField,
        Action::Nothing | Action::Emit(_) => return None,
    })
}

fn skipped(decision: &Decision) -> Vec<SkippedStage> {
    let one = |skipped: &super::journal::Skipped| SkippedStage {
        stage: decision.state.stage_name(skipped.stage).to_owned(),
        why: skipped.why,
        rule: skipped.rule.and_then(|rule| rule_name(decision, rule)),
    };
    decision.journal().skipped.iter().map(one).collect()
}

fn routing(decision: &Decision, turn: Turn) -> RoutingDecision {
    let name = |stage| decision.state.stage_name(stage).to_owned();
    match turn {
        Turn::Enable(stage) => RoutingDecision::EnableStage { stage: name(stage) },
        Turn::Disable(stage) => RoutingDecision::DisableStage { stage: name(stage) },
        Turn::SkipTo(stage) => RoutingDecision::SkipTo { target: name(stage) },
    }
}

pub(super) fn write(decision: &Decision, written: &Written) -> Option<WriteRecord> {
    match written {
        Written::Rule(fired) => {
            let rule = decision.current.loaded.program.rule(fired.rule)?;
            let Some(Action::SetField { path, value }) = fired.action(&rule) else { return None };
            Some(WriteRecord {
                stage: stage_name(decision, rule.stage()),
                rule: Some(rule.name().to_owned()),
                path: dotted(decision.current.loaded.facts.path(path)),
                value: OwnedValue::from_value(&value).to_serde(),
            })
        }
        Written::Handler { stage, path, json: text } => Some(WriteRecord {
            stage: decision.state.stage_name(*stage).to_owned(),
            rule: None,
            path: dotted(path),
            value: json_tree(text),
        }),
    }
}

pub(super) fn error(decision: &Decision, failed: &Failed) -> ErrorRecord {
    let failure = match failed.detail {
        Detail::Result => failed.stage.and_then(|stage| decision.state.result(stage)?.failure.as_deref()),
        _ => None,
    };
    let message = match &failed.detail {
        Detail::Text(text) => text.clone(),
        Detail::Trap(trap) => trap.kind.text().to_owned(),
        Detail::Result => failure.map(|failure| failure.message.clone()).unwrap_or_default(),
    };
    ErrorRecord {
        stage: stage_name(decision, failed.stage),
        kind: failed.kind.name().to_owned(),
        code: failed.kind.code().to_owned(),
        cause: failure.and_then(cause),
        message,
        rule: failed.rule.and_then(|rule| rule_name(decision, rule)),
        trap: match &failed.detail {
            Detail::Trap(trap) => Some(trap.kind.code().to_owned()),
            _ => None,
        },
    }
}

fn timeline(decision: &Decision) -> Vec<TimelineEntry> {
    let one = |moment: &super::journal::Moment| TimelineEntry {
        at_us: micros(decision.started, moment.at),
        kind: moment.kind,
        stage: moment.stage.map(|stage| decision.state.stage_name(stage).to_owned()),
    };
    decision.journal().timeline.iter().map(one).collect()
}

/// The name under which records have a stage, or the cascade as a whole.
pub(super) fn stage_of(facts: &FactsPlan, stage: Option<StageId>) -> &str {
    stage.map_or(GLOBAL, |stage| facts.stage_name(stage))
}

fn stage_name(decision: &Decision, stage: Option<StageId>) -> String {
    stage_of(decision.state.plan(), stage).to_owned()
}

fn rule_name(decision: &Decision, rule: RuleId) -> Option<String> {
    Some(decision.current.loaded.program.rule(rule)?.name().to_owned())
}

pub(super) fn micros(from: Instant, to: Instant) -> u64 {
    whole_micros(to.saturating_duration_since(from))
}

pub(super) fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Bytes as digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(bytes.len().saturating_mul(2));
    put_hex(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// Appends bytes as digits. Every record has several hashes, and the formatter takes its time for each byte.
pub(super) fn put_hex(bytes: &[u8], out: &mut Vec<u8>) {
    // Below 10 a digit, from there on a letter.
    let digit = |half: u8| if half < 10 { b'0' | half } else { half.wrapping_add(b'a' - 10) };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}
