//! Rules from words: whoever writes them (a model behind an API, a person), they are proposals like any other. They compile, or
//! they are refused; nothing is believed of them until they are held against events.

use std::error::Error;
use std::fmt::Write;

use cascata_compiler::{Source, check, expression};
use serde_json::{Value, json};

use super::{ProposalError, RuleMode, with_rule};
use crate::{
    AnswerOf, Drift, Example, Measured, Options, Pattern, Proposal, Recommendation, Roi, Saving, Scalar, VERSION,
};

/// Examples that a prompt shows.
const MAX_EXAMPLES: usize = 20;
/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Turns a prompt into the text of a rule.
pub trait RuleWriter {
    /// The answer: one rule as JSON; what stands around it (a code fence, a sentence) is left out.
    ///
    /// # Errors
    /// There is no answer.
    fn write(&mut self, prompt: &str) -> Result<String, Box<dyn Error + Send + Sync>>;
}

/// A function of the host as a [`RuleWriter`]: the call of whatever model it likes.
pub struct WriterFn<F>(pub F);

impl<F> RuleWriter for WriterFn<F>
where
    F: FnMut(&str) -> Result<String, Box<dyn Error + Send + Sync>>,
{
    fn write(&mut self, prompt: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        (self.0)(prompt)
    }
}

/// What a rule is asked for.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The cascade.
    pub cascade: &'r Source,
    /// The expensive stage whose answers the rule is to give.
    pub stage: &'r str,
    /// The stage it is to stand in.
    pub target: &'r str,
    /// What it answers.
    pub answer: &'r Value,
    /// What it is about, in words.
    pub description: &'r str,
    /// Events with the answers the stage gave; the first twenty are shown.
    pub examples: &'r [Example],
}

impl Request<'_> {
    /// What the writer is told.
    #[must_use]
    pub fn prompt(&self) -> String {
        let mut out = format!(
            "Write one rule for the stage {} of this cascade. It must hold only for events that the stage {} would answer \
             with {}.\nWhat it is about: {}\n\nAnswer with one JSON object and nothing else:\n{}\nOperators: == != < <= > >= IN \
             NOT_IN CONTAINS MATCHES EXISTS STARTS_WITH ENDS_WITH BETWEEN; AND, OR and NOT take `conditions`.\n\nEvents and answers:\n",
            self.target,
            self.stage,
            self.answer,
            self.description,
            json!({
                "name": "short_name",
                "condition": {"operator": "AND", "conditions": [{"field": "path.of.field", "operator": ">", "value": 1}]},
                "action": {"type": "terminate", "outcome": self.answer},
            }),
        );
        for example in self.examples.iter().take(MAX_EXAMPLES) {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "{} -> {}", fields(example), example.answer.result);
        }
        let _ = write!(out, "\nThe cascade:\n{}", self.cascade.text);
        out
    }
}

/// Asks for a rule and makes a proposal of it, which says that nothing was measured yet.
///
/// # Errors
/// There is no answer, it is no rule, or the cascade does not compile with it.
pub fn ask(writer: &mut dyn RuleWriter, request: &Request<'_>) -> Result<Proposal, ProposalError> {
    let answer = writer.write(&request.prompt()).map_err(|error| ProposalError::Writer(error.to_string()))?;
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(ProposalError::Writer(format!("the answer is longer than {MAX_ANSWER_BYTES} bytes")));
    }
    let inside = answer.find('{').zip(answer.rfind('}')).and_then(|(from, to)| answer.get(from..=to));
    let rule: Value = inside
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| ProposalError::Writer("the answer has no JSON object".to_owned()))?;
    let Some(name) = rule.get("name").and_then(Value::as_str).map(str::to_owned) else {
        return Err(ProposalError::Writer("the rule has no name".to_owned()));
    };
    if rule.pointer("/action/type") != Some(&json!("terminate"))
        || rule.pointer("/action/outcome") != Some(request.answer)
    {
        return Err(ProposalError::Writer(format!("the rule's action is not to terminate with {}", request.answer)));
    }
    let mut proposal = unmeasured(request, name, rule);
    let candidate = with_rule(request.cascade, &proposal, RuleMode::Active)?;
    let after = request.cascade.with_text(candidate.text);
    let (cascade, _) = check(&after, &cascata_compiler::Options::default());
    let written = cascade.as_ref().and_then(|cascade| {
        let rule = cascade.rules.values().find(|rule| rule.name == proposal.name)?;
        Some((expression::text_of(cascade, &rule.condition), after.slice(rule.span).to_owned()))
    });
    if let Some((when, yaml)) = written {
        let named = format!("{}\n{}\n{}\n{when}", request.stage, request.target, request.answer);
        proposal.id = format!("p{}", blake3::hash(named.as_bytes()).to_hex().get(..12).unwrap_or_default());
        (proposal.when, proposal.yaml) = (when, yaml);
    }
    Ok(proposal)
}

fn unmeasured(request: &Request<'_>, name: String, rule: Value) -> Proposal {
    let nothing = Roi {
        current_cost_per_item: 0.0,
        projected_cost_per_item: 0.0,
        estimated_volume: 0,
        cost_reduction_absolute: 0.0,
        cost_reduction_percentage: 0.0,
        detection_rate_change: 0.0,
        false_positive_risk: 1.0,
        payback_items: 0,
        recommendation: Recommendation::Monitor,
    };
    Proposal {
        v: VERSION,
        id: String::new(),
        name,
        pattern: Pattern::Reasoning,
        stage: request.stage.to_owned(),
        target: request.target.to_owned(),
        answer: request.answer.clone(),
        answer_of: AnswerOf::default(),
        asked: Options::default().precision,
        conditions: leaves(rule.get("condition").unwrap_or(&Value::Null)),
        rule,
        yaml: String::new(),
        when: String::new(),
        measured: Measured::default(),
        precision: 0.0,
        precision_lower: 0.0,
        coverage: 0.0,
        recall: 0.0,
        saving: Saving::default(),
        roi: nothing,
        recommendation: Recommendation::Monitor,
        reasons: vec!["It was written from words; nothing was measured yet.".to_owned()],
        drift: Drift::default(),
        relations: Vec::new(),
        seen: None,
    }
}

/// The comparisons of a condition. As deep as the JSON reader goes.
fn leaves(condition: &Value) -> usize {
    match condition.get("conditions").and_then(Value::as_array) {
        Some(inner) => inner.iter().map(leaves).sum(),
        None => 1,
    }
}

fn fields(example: &Example) -> Value {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Bool(value) => json!(value),
        Scalar::Number(value) => json!(value),
        Scalar::Text(text) => json!(text),
        Scalar::List { texts, .. } => json!(texts),
    };
    let entries = example.fields.iter().map(|(path, scalar)| (path.to_string(), value(scalar)));
    Value::Object(entries.collect())
}
