//! Checked conditions as text: what somebody would write who asks the same.
//!
//! Says the same for conditions that ask the same, however they were written, so texts can be compared.

use cascata_vm::ops::offset_text;

use crate::field_path::{FieldPath, Step};
use crate::model::{
    Arithmetic, Cascade, Condition, ConditionNode, Constant, Each, Expr, Field, Measure, MeasureKind, Operator,
    Quantity, Root, Segment, Test,
};
use crate::operators::{Family, Form, Level};

use super::print::word;

/// A condition of a cascade as an expression.
#[must_use]
pub fn text_of(cascade: &Cascade, condition: &Condition) -> String {
    Writer::new(cascade).condition(condition).text
}

/// Text, and how tightly what it says holds together.
struct Written {
    text: String,
    level: Level,
}

impl Written {
    /// As part of something that binds so tightly.
    fn inside(self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text }
    }
}

/// Writes the conditions of a cascade.
pub(super) struct Writer<'c> {
    cascade: &'c Cascade,
    /// The lists whose elements conditions around this one have taken; each ends with `[]`.
    pub(super) lists: Vec<Vec<Step>>,
}

impl<'c> Writer<'c> {
    pub(super) const fn new(cascade: &'c Cascade) -> Self {
        Self { cascade, lists: Vec::new() }
    }
}

impl Writer<'_> {
    /// Recursion is as deep as the condition, which its reader limits.
    fn condition(&mut self, condition: &Condition) -> Written {
        match &condition.node {
            ConditionNode::All(parts) => match between(parts) {
                Some((test, high)) => self.range(test, high),
                None => self.joined(parts, Operator::And),
            },
            ConditionNode::Any(parts) => self.joined(parts, Operator::Or),
            ConditionNode::Not(part) => {
                let text = format!("not {}", self.condition(part).inside(Level::Not));
                Written { text, level: Level::Not }
            }
            ConditionNode::Test(test) => self.test(test),
            ConditionNode::Each(each) => self.each(each),
        }
    }

    fn joined(&mut self, parts: &[Condition], operator: Operator) -> Written {
        if let [only] = parts {
            return self.condition(only);
        }
        let level = operator.level();
        let parts: Vec<_> = parts.iter().map(|part| self.condition(part).inside(level.tighter())).collect();
        Written { text: parts.join(&format!(" {} ", word(operator))), level }
    }

    fn range(&mut self, test: &Test, high: &Expr) -> Written {
        let quantity = test.subject.quantity();
        let subject = self.subject(test, &[&test.operand, high]);
        let [low, high] = [&test.operand, high].map(|expr| self.counted(expr, quantity).inside(Level::Sum));
        Written { text: format!("{subject} {} {low} and {high}", word(Operator::Between)), level: Level::Comparison }
    }

    fn test(&mut self, test: &Test) -> Written {
        if let Some((op, field, operand)) = test.of_moments() {
            let operand = match operand {
                Expr::Measure(other) => self.path(&other.field),
                other => self.counted(other, Quantity::Moment).inside(Level::Sum),
            };
            let text = format!("{} {} {operand}", self.path(field), word(op));
            return Written { text, level: Level::Comparison };
        }
        let called = matches!(test.op.family(), Family::Quantifier | Family::Statistic);
        let mut text = match called {
            true => format!("{}({})", word(test.op), self.expr(&test.subject).text),
            false => self.subject(test, &[&test.operand]),
        };
        let (joint, takes) = match test.op.form() {
            Form::Postfix(_) => (word(test.op), false),
            _ if called => (test.compare.symbol(), true),
            _ => (word(test.op), true),
        };
        text = format!("{text} {joint}");
        if takes {
            let operand = match &test.list {
                Some(list) => path_text(&[Step::Key("lists".to_owned()), Step::Key(list.clone())]),
                None => {
                    let quantity = if test.op.compares() { test.subject.quantity() } else { Quantity::Plain };
                    self.counted(&test.operand, quantity).inside(Level::Sum)
                }
            };
            text = format!("{text} {operand}");
        }
        Written { text, level: Level::Comparison }
    }

    /// What a test looks at. An age takes spans of time only; compared with anything else it is a difference.
    fn subject(&self, test: &Test, operands: &[&Expr]) -> String {
        let span = |operand: &&Expr| match operand {
            Expr::Constant(constant) => constant.as_duration().is_some(),
            other => other.quantity() == Quantity::Span,
        };
        match &test.subject {
            Expr::Arithmetic(operator, left, right)
                if test.subject.age_of().is_some() && test.op.compares() && !operands.iter().all(span) =>
            {
                self.arithmetic(*operator, left, right).inside(Level::Sum)
            }
            subject => self.expr(subject).inside(Level::Sum),
        }
    }

    /// A value beside another one that counts something: constants as the text that people write for it.
    fn counted(&self, expr: &Expr, quantity: Quantity) -> Written {
        let text = match (expr, quantity) {
            (Expr::Constant(constant), Quantity::Moment) => constant.as_moment(),
            (Expr::Constant(constant), Quantity::Span) => constant.as_duration(),
            _ => None,
        };
        match text {
            Some(text) => Written { text: Constant::Text(text).to_expression(), level: Level::Negation },
            None => self.expr(expr),
        }
    }

    fn arithmetic(&self, operator: Arithmetic, left: &Expr, right: &Expr) -> Written {
        let level = operator.level();
        let beside = |other: &Expr| match (operator, other.quantity()) {
            (Arithmetic::Add | Arithmetic::Sub, Quantity::Moment | Quantity::Span) => Quantity::Span,
            _ => Quantity::Plain,
        };
        let (one, other) = (self.counted(left, beside(right)), self.counted(right, beside(left)));
        let (one, other) = (one.inside(level), other.inside(level.tighter()));
        Written { text: format!("{one} {} {other}", operator.symbol()), level }
    }

    fn each(&mut self, each: &Each) -> Written {
        let mut list = self.steps(&each.list);
        list.push(Step::Each);
        let shown = path_text(&list);
        self.lists.push(list);
        let body = self.condition(&each.body);
        self.lists.pop();
        if goes_through(&each.body, each.level) {
            return body;
        }
        Written { text: format!("any {shown} ({})", body.text), level: Level::Negation }
    }

    /// Recursion is as deep as the expression, which its reader limits.
    fn expr(&self, expr: &Expr) -> Written {
        let text = match expr {
            Expr::Arithmetic(..) if let Some(field) = expr.age_of() => {
                format!("{}({})", word(Operator::Age), self.path(field))
            }
            Expr::Arithmetic(operator, left, right) => return self.arithmetic(*operator, left, right),
            Expr::Constant(constant) => constant.to_expression(),
            Expr::Field(field) => self.path(field),
            Expr::Now => "now()".to_owned(),
            Expr::Measure(measure) => self.measure(measure),
        };
        Written { text, level: Level::Negation }
    }

    fn measure(&self, measure: &Measure) -> String {
        let path = self.path(&measure.field);
        let (name, zone) = match measure.kind {
            MeasureKind::Sum => ("sum", 0),
            MeasureKind::Avg => ("avg", 0),
            MeasureKind::Min => ("min", 0),
            MeasureKind::Max => ("max", 0),
            MeasureKind::Count => ("count", 0),
            MeasureKind::Length => ("length", 0),
            MeasureKind::Time => ("time", 0),
            MeasureKind::Hour(zone) => ("hour", zone),
            MeasureKind::Weekday(zone) => ("weekday", zone),
        };
        if zone == 0 { format!("{name}({path})") } else { format!("{name}({path}, \"{}\")", offset_text(zone)) }
    }

    /// A field's path as it is written.
    pub(super) fn path(&self, field: &Field) -> String {
        path_text(&self.steps(field))
    }

    /// The whole path of a field.
    pub(super) fn steps(&self, field: &Field) -> Vec<Step> {
        let mut steps = match field.root {
            Root::Path(path) => steps_of(self.cascade.paths.get(path).map_or(&[], Vec::as_slice)),
            Root::Element(level) => {
                let list = usize::try_from(level).ok().and_then(|level| self.lists.get(level));
                list.cloned().unwrap_or_default()
            }
        };
        steps.extend(steps_of(&field.tail));
        for tail in &field.each {
            steps.push(Step::Each);
            steps.extend(steps_of(tail));
        }
        steps
    }
}

fn steps_of(segments: &[Segment]) -> Vec<Step> {
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => Step::Key(key.clone()),
        Segment::Index(index) => Step::Index(*index),
    };
    segments.iter().map(step).collect()
}

/// A path as it is written.
pub(super) fn path_text(steps: &[Step]) -> String {
    FieldPath { steps: steps.to_vec(), places: Vec::new() }.to_string()
}

/// The test with the lower bound, and the upper bound, of what was written as `BETWEEN`: two tests in one place.
pub(super) fn between(parts: &[Condition]) -> Option<(&Test, &Expr)> {
    let [
        Condition { span: one, node: ConditionNode::Test(low) },
        Condition { span: other, node: ConditionNode::Test(high) },
    ] = parts
    else {
        return None;
    };
    let bounds = low.op == Operator::Ge && high.op == Operator::Le && low.subject == high.subject;
    (bounds && one == other && low.spans.operator == high.spans.operator).then_some((low, &high.operand))
}

/// Whether a comparison says of its own that it goes through the list: a path of it begins at the element.
pub(super) fn goes_through(body: &Condition, level: u32) -> bool {
    match &body.node {
        ConditionNode::Test(test) if !matches!(test.op.family(), Family::Quantifier | Family::Statistic) => {
            reads(&test.subject, level) || reads(&test.operand, level)
        }
        ConditionNode::All(parts) => between(parts).is_some_and(|(test, high)| {
            [&test.subject, &test.operand, high].into_iter().any(|expr| reads(expr, level))
        }),
        ConditionNode::Each(each) => each.list.root == Root::Element(level) && goes_through(&each.body, each.level),
        _ => false,
    }
}

fn reads(expr: &Expr, level: u32) -> bool {
    match expr {
        Expr::Field(field) => field.root == Root::Element(level),
        Expr::Measure(measure) => measure.field.root == Root::Element(level),
        Expr::Arithmetic(_, left, right) => reads(left, level) || reads(right, level),
        Expr::Constant(_) | Expr::Now => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Source};

    /// What is written of the condition of a text, and the hash of its program.
    fn round(when: &str) -> (String, Vec<u8>) {
        let text = serde_json::json!({
            "name": "c", "version": "1",
            "rulesets": {"r": [{"name": "x", "when": when}]},
        });
        let source = Source::new("c.json", text.to_string());
        let (cascade, found) = crate::check(&source, &Options::default());
        let cascade = cascade.unwrap_or_else(|| panic!("{when}: {found:?}"));
        let rule = cascade.rules.values().next().unwrap();
        let image = crate::compile(&source, &Options::default()).image.unwrap();
        let program = cascata_vm::image::Program::verify(image, &Default::default()).unwrap();
        (text_of(&cascade, &rule.condition), program.hash().to_vec())
    }

    #[test]
    fn the_text_is_the_usual_spelling_and_makes_the_same_program() {
        for (when, wanted) in [
            ("amount>1000", "amount > 1000"),
            ("(a == 1 and b == 2) or not (c exists or d is null)", "a == 1 and b == 2 or not (c exists or d is null)"),
            ("a == 1 and (b == 2 or c == 3)", "a == 1 and (b == 2 or c == 3)"),
            ("a == 1 and (b == 2 and c == 3)", "a == 1 and (b == 2 and c == 3)"),
            ("amount between 10 and 20", "amount between 10 and 20"),
            ("amount >= 10 and amount <= 20", "amount >= 10 and amount <= 20"),
            ("country not in ['US', 'CA']", "country not in [\"US\", \"CA\"]"),
            ("sum(x.amounts) >= 100", "sum(x.amounts) >= 100"),
            ("all(scores) > 3", "all(scores) > 3"),
            ("[\"a.b\"].c == \"it's\\n\"", "[\"a.b\"].c == \"it's\\n\""),
            ("email matches '.*@corp\\\\.com$'", "email matches \".*@corp\\\\.com$\""),
            ("vip", "vip == true"),
            ("nums[0] != -1.5", "nums[0] != -1.5"),
            ("path starts with '/api/'", "path starts with \"/api/\""),
            ("ip cidr ['10.0.0.0/8', '::/8']", "ip cidr [\"10.0.0.0/8\", \"::/8\"]"),
            ("length(name) > 2", "length(name) > 2"),
            ("amount > limit.daily", "amount > limit.daily"),
            ("(a + b) * 2 - 1 > c", "(a + b) * 2 - 1 > c"),
            ("a - (b - c) > 0", "a - (b - c) > 0"),
            ("items[].price > 100", "items[].price > 100"),
            (
                "any items[] (items[].price > 100 and items[].kind == 'x')",
                "any items[] (items[].price > 100 and items[].kind == \"x\")",
            ),
            (
                "any items[] (any items[].parts[] (items[].parts[].a == items[].b or c))",
                "any items[] (any items[].parts[] (items[].parts[].a == items[].b or c == true))",
            ),
            ("sum(items[].price) > 5", "sum(items[].price) > 5"),
            ("sum(a) > sum(b)", "sum(a) > sum(b)"),
            ("created before '2026-01-31T10:30:00+02:00'", "created before \"2026-01-31T08:30:00Z\""),
            ("created after due", "created after due"),
            ("time(created) < now() - '1d'", "created before now() - \"1d\""),
            (
                "time(created) between '2026-01-01' and '2026-02-01'",
                "time(created) between \"2026-01-01\" and \"2026-02-01\"",
            ),
            ("age(created) > '4w2d'", "age(created) > \"30d\""),
            ("now() - time(created) > '90m'", "age(created) > \"1h30m\""),
            ("now() - time(created) > -5", "now() - time(created) > -5"),
            ("now() - time(created) > limit", "now() - time(created) > limit"),
            ("age(created) > age(updated) + '1h'", "age(created) > age(updated) + \"1h\""),
            ("age(a) between '1d' and '2d'", "age(a) between \"1d\" and \"2d\""),
            ("age(created) exists", "age(created) exists"),
            (
                "hour(at) >= 22 or weekday(at, '-03:30') in [6, 7]",
                "hour(at) >= 22 or weekday(at, \"-03:30\") in [6, 7]",
            ),
            (
                "any items[] (age(items[].at) < '1h' and items[].b)",
                "any items[] (age(items[].at) < \"1h\" and items[].b == true)",
            ),
            ("not (items[].price between 1 and 5)", "not items[].price between 1 and 5"),
        ] {
            let (text, hash) = round(when);
            assert_eq!(text, wanted);
            assert_eq!(round(&text), (text.clone(), hash), "{when}");
        }
    }
}
