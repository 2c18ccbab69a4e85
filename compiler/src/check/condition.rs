//! Conditions: the operator decides which other keys mean something.

use super::Checker;
use super::constant::constant;
use super::leaf::Leaf;
use super::pattern::Place;
use super::value::{Value, ValueKind};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::model::{CompareOp, Condition, ConditionNode, Constant, Expr, MeasureKind, Operator, Test, TestSpans};
use crate::operators::{Family, OperandRule, nearest_compare, parse_compare};
use crate::span::Span;
use crate::syntax::{CONDITION, Fields, mapping, replacement};
use crate::yaml::{Node, NodeKind};

/// What stands under `operator`.
enum Written {
    Known(Operator),
    /// Neither text nor nothing: the reference takes it and never holds.
    NeverHolds(&'static str),
}

impl<'n> Checker<'_, 'n> {
    /// Checks a condition and everything in it. Recursion is bounded by the nesting of the source.
    pub(super) fn condition(&mut self, node: &'n Node) -> Option<Condition> {
        let fields = mapping(self, node, &CONDITION)?;
        match fields.get("with") {
            Some(with) => {
                let list = self.bound_list(with)?;
                self.over_lists(&list, fields.span, &mut |cx| cx.asked_by(&fields))
            }
            None => self.asked_by(&fields),
        }
    }

    /// The condition of a text under `when`, which says everything, so that no other key may stand beside it.
    fn asked_as_text(&mut self, node: &'n Node, fields: &Fields<'n>) -> Option<Condition> {
        let others = ["operator", "field", "value", "value_field", "value_list", "compare", "zone", "conditions"];
        if let Some(span) = others.iter().find_map(|key| fields.key_span(key)) {
            self.two_conditions(span, fields.key_span("when").unwrap_or(node.span));
        }
        let word = self.text(node, "when")?;
        self.when(word)
    }

    /// Reports a condition that is there both as a mapping and as text.
    pub(super) fn two_conditions(&mut self, mapping: Span, text: Span) {
        let diagnostic = Diagnostic::new(Code::TwoConditions, "the condition is there twice")
            .label(text, "as text")
            .label(mapping, "as a mapping")
            .help("keep one of the two");
        self.report(diagnostic);
    }

    /// The list of `with`, which ends with `[]`.
    fn bound_list(&mut self, node: &Node) -> Option<FieldPath> {
        let path = self.text(node, "with").and_then(|word| self.written_path(word))?;
        if path.steps.last() == Some(&Step::Each) {
            return Some(path);
        }
        let diagnostic = Diagnostic::new(Code::InvalidPath, "`with` names the elements of a list")
            .label(node.span, "expected `[]` at its end")
            .fix(node.span, replacement(node, self.text, &format!("{path}[]")));
        self.report(diagnostic);
        None
    }

    fn asked_by(&mut self, fields: &Fields<'n>) -> Option<Condition> {
        if let Some(node) = fields.get("when") {
            return self.asked_as_text(node, fields);
        }
        let written = self.operator(fields);
        let children = self.children(fields);
        let (written, operator_span) = written?;
        let node = match written {
            Written::Known(op) if op.family() == Family::Logic => {
                let ignored = ["field", "value", "value_field", "value_list", "compare", "zone"];
                fields.ignored(self, &ignored, op.spelling());
                self.logic(op, children?, fields)?
            }
            Written::Known(op) => {
                fields.ignored(self, &["conditions"], op.spelling());
                self.test(op, operator_span, fields)?
            }
            Written::NeverHolds(kind) => {
                let path = self.field(fields, "a comparison")?;
                let message = format!("`operator` is {kind}, so the condition never holds");
                self.report(Diagnostic::new(Code::ConstantCondition, message).label(operator_span, "no operator"));
                let field = fields.get("field").map_or(fields.head, |node| node.span);
                let spans = TestSpans { field, operator: operator_span, value: None };
                // What no element of nothing equals.
                let operand = Constant::List(Vec::new());
                ConditionNode::Test(Box::new(Test {
                    subject: Expr::Field(self.resolve(&path)?),
                    op: Operator::In,
                    compare: CompareOp::Eq,
                    operand: Expr::Constant(operand),
                    list: None,
                    regex: None,
                    spans,
                }))
            }
        };
        Some(Condition { span: fields.span, node })
    }

    fn operator(&mut self, fields: &Fields<'_>) -> Option<(Written, Span)> {
        let Some(node) = fields.get("operator") else {
            let message = "a condition has no operator, so it would never hold";
            self.report(Diagnostic::new(Code::MissingOperator, message).label(fields.head, "`operator` is missing"));
            return None;
        };
        let falsy = match &node.kind {
            NodeKind::Null => true,
            NodeKind::Bool(value) => !value,
            NodeKind::Int(text) => text == "0",
            NodeKind::Float(value) => *value == 0.0,
            NodeKind::Text(text) => text.is_empty(),
            NodeKind::Seq(items) => items.is_empty(),
            NodeKind::Map(entries) => entries.is_empty(),
        };
        if falsy {
            self.empty_operator(node);
            return None;
        }
        let Some(text) = node.text() else {
            return Some((Written::NeverHolds(node.type_name()), node.span));
        };
        match Operator::parse(text) {
            Some(op) => Some((Written::Known(op), node.span)),
            None => {
                self.unknown_operator(node, text);
                None
            }
        }
    }

    fn empty_operator(&mut self, node: &Node) {
        let raw = node.span.slice(self.text);
        let message = "the operator is empty, so the condition would never hold";
        let mut diagnostic = Diagnostic::new(Code::MissingOperator, message).label(self.head(node), "no operator");
        if raw.starts_with('>') {
            let span = Span::new(node.span.start, node.span.start.saturating_add(1));
            diagnostic =
                diagnostic.help("a plain `>` starts block text in YAML; put quotes around it").fix(span, "\">\"");
        }
        self.report(diagnostic);
    }

    fn unknown_operator(&mut self, node: &Node, text: &str) {
        let shown: String = text.chars().take(40).collect();
        let diagnostic = Diagnostic::new(Code::UnknownOperator, format!("no operator is spelt `{shown}`"));
        let diagnostic = match Operator::nearest(text) {
            Some(near) => diagnostic
                .label(self.head(node), format!("did you mean `{}`?", near.spelling()))
                .fix(node.span, replacement(node, self.text, near.spelling())),
            None => {
                let all: Vec<_> = Operator::ALL_OPERATORS.iter().map(|op| op.spelling()).collect();
                diagnostic
                    .label(self.head(node), "not an operator")
                    .help(format!("the operators are {}", all.join(" ")))
            }
        };
        self.report(diagnostic);
    }

    /// The nested conditions, checked even where the operator does not look at them, as the reference does.
    fn children(&mut self, fields: &Fields<'n>) -> Option<Vec<Condition>> {
        let Some(node) = fields.get("conditions") else {
            return Some(Vec::new());
        };
        let items = match &node.kind {
            NodeKind::Map(entries) if entries.is_empty() => return Some(Vec::new()),
            _ => self.list(Some(node), "conditions", "conditions")?,
        };
        let mut children = Vec::with_capacity(items.len());
        let mut whole = true;
        for item in items {
            match self.condition(item) {
                Some(child) => children.push(child),
                None => whole = false,
            }
        }
        whole.then_some(children)
    }

    fn logic(&mut self, op: Operator, mut children: Vec<Condition>, fields: &Fields<'_>) -> Option<ConditionNode> {
        if children.is_empty() {
            let span = fields.key_span("conditions").unwrap_or(fields.head);
            let message = format!("{} needs `conditions` with at least one condition", op.spelling());
            self.report(Diagnostic::new(Code::MissingConditions, message).label(span, "nothing to combine"));
            return None;
        }
        Some(match op {
            Operator::And => ConditionNode::All(children),
            Operator::Or => ConditionNode::Any(children),
            _ if children.len() > 1 => {
                let mut diagnostic =
                    Diagnostic::new(Code::NotOneChild, format!("NOT has {} conditions, it takes one", children.len()));
                for child in children.iter().skip(1).take(3) {
                    let line = child.span.slice(self.text).lines().next().unwrap_or_default();
                    let span = Span::new(child.span.start, child.span.start.saturating_add(line.len()));
                    diagnostic = diagnostic.label(span, "one too many");
                }
                self.report(diagnostic.help("put one AND or OR with these conditions inside the NOT"));
                return None;
            }
            _ => ConditionNode::Not(Box::new(children.pop()?)),
        })
    }

    fn test(&mut self, op: Operator, operator: Span, fields: &Fields<'n>) -> Option<ConditionNode> {
        let path = self.field(fields, op.spelling());
        let compare = self.compare(op, fields);
        let operand = self.operand_value(op, fields);
        let zone = self.zone_of(op, fields);
        let (path, compare, (operand, place)) = (path?, compare?, operand?);
        let head = fields.get("field").map_or(fields.head, |node| node.span);
        let span = fields.span;
        if op.family() == Family::Measure {
            let kind = match op {
                Operator::Age => ValueKind::Age(path),
                Operator::Hour => ValueKind::Measure(MeasureKind::Hour(zone?), path),
                Operator::Weekday => ValueKind::Measure(MeasureKind::Weekday(zone?), path),
                _ => ValueKind::Measure(MeasureKind::Length, path),
            };
            let subject = Value { span: head, kind };
            return self.measured(Leaf { span, subject, op, operator, compare, operand, place });
        }
        let subject = Value { span: head, kind: ValueKind::Path(path) };
        self.leaf(&Leaf { span: fields.span, subject, op, operator, compare, operand, place })
    }

    /// What `value`, `value_field` or `value_list` says.
    fn operand_value(&mut self, op: Operator, fields: &Fields<'n>) -> Option<(Option<Value>, Option<Place<'n>>)> {
        let (value, field) = (fields.get("value"), fields.get("value_field"));
        if op.operand() == OperandRule::None {
            if value.is_some_and(|value| value.kind != NodeKind::Null) {
                fields.ignored(self, &["value"], op.spelling());
            }
            fields.ignored(self, &["value_field", "value_list"], op.spelling());
            return Some((None, None));
        }
        let given = ["value", "value_field", "value_list"].map(|key| Some((key, fields.key_span(key)?)));
        if let [(one, _), (other, span), ..] = given.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            let message = format!("a comparison has both `{one}` and `{other}`");
            self.report(Diagnostic::new(Code::TwoOperands, message).label(*span, "remove one of the two"));
            return None;
        }
        if let Some(node) = fields.get("value_list") {
            let word = self.text(node, "value_list")?;
            let kind = ValueKind::Constant(self.listed(word.text, node.span)?);
            return Some((Some(Value { span: node.span, kind }), Some(Place::Literal(node.span))));
        }
        if let Some(node) = field {
            let word = self.text(node, "value_field")?;
            let kind = ValueKind::Path(self.written_path(word)?);
            return Some((Some(Value { span: node.span, kind }), None));
        }
        let operand = value.map(|node| Value { span: node.span, kind: ValueKind::Constant(constant(node)) });
        Some((operand, value.map(Place::Node)))
    }

    /// What `zone` says, for the operators that look at a clock or calendar.
    fn zone_of(&mut self, op: Operator, fields: &Fields<'n>) -> Option<i16> {
        if !matches!(op, Operator::Hour | Operator::Weekday) {
            fields.ignored(self, &["zone"], op.spelling());
            return Some(0);
        }
        let Some(node) = fields.get("zone") else { return Some(0) };
        let word = self.text(node, "zone")?;
        self.zone(word.text, word.span())
    }

    fn field(&mut self, fields: &Fields<'_>, owner: &str) -> Option<FieldPath> {
        let Some(node) = fields.get("field") else {
            let message = format!("{owner} needs a `field`");
            self.report(Diagnostic::new(Code::MissingField, message).label(fields.head, "`field` is missing"));
            return None;
        };
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Text(text) if text.is_empty() => {}
            NodeKind::Text(text) => return self.written_path(crate::syntax::Word { text, node }),
            _ => {
                let (head, message) = (self.head(node), format!("`field` is text, not {}", node.type_name()));
                self.report(Diagnostic::new(Code::FieldNotText, message).label(head, "expected a path"));
                return None;
            }
        }
        let message = format!("{owner} needs a `field`; this one is empty");
        self.report(Diagnostic::new(Code::MissingField, message).label(node.span, "expected a path"));
        None
    }

    fn compare(&mut self, op: Operator, fields: &Fields<'_>) -> Option<CompareOp> {
        let Some(node) = fields.get("compare") else {
            return Some(CompareOp::Eq);
        };
        if !op.takes_compare() {
            let span = fields.key_span("compare").unwrap_or(node.span);
            let message = format!("{} has no `compare`", op.spelling());
            let diagnostic = Diagnostic::new(Code::MisplacedCompare, message)
                .label(span, "compares by itself")
                .help("`compare` is for ALL, ANY, NONE, SUM, AVG, MIN, MAX, COUNT, LENGTH, AGE, HOUR and WEEKDAY");
            self.report(diagnostic);
            return None;
        }
        let word = self.text(node, "compare")?;
        let found = parse_compare(word.text);
        if found.is_none() {
            let mut diagnostic =
                Diagnostic::new(Code::UnknownCompare, format!("no comparison is spelt `{}`", word.text));
            diagnostic = match nearest_compare(word.text) {
                Some(near) => diagnostic
                    .label(word.span(), format!("did you mean `{}`?", near.symbol()))
                    .fix(word.span(), replacement(node, self.text, near.symbol())),
                None => diagnostic.label(self.head(node), "one of == != < <= > >="),
            };
            if word.text.is_empty() && node.span.slice(self.text).starts_with('>') {
                diagnostic = diagnostic.help("a plain `>` starts block text in YAML; put quotes around it");
            }
            self.report(diagnostic);
        }
        found
    }
}
