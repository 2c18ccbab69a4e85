//! Shapes in words.

use super::{Bound, Found, Kinds, Schema, Shape};
use crate::check::parse_path;
use crate::field_path::{FieldPath, Step};
use crate::model::Constant;

/// Values that are listed.
const MOST_VALUES: usize = 12;

/// Fields that are listed, and how deep.
const MOST_FIELDS: usize = 1000;
const DEEPEST: usize = 8;

impl Shape {
    /// What the value is, in one line: types, range, values.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.kinds.words();
        if let Some(values) = &self.values {
            let shown: Vec<_> = values.iter().take(MOST_VALUES).map(Constant::in_words).collect();
            let more = if values.len() > MOST_VALUES { ", …" } else { "" };
            return format!("{words}, one of {}{more}", shown.join(", "));
        }
        if !self.kinds.and(Kinds::NUMERIC).is_empty() {
            words += &self.range();
        }
        words
    }

    /// The bounds, in words that follow others.
    fn range(&self) -> String {
        let text = |bound: &Bound| bound.value.in_words();
        match (&self.low, &self.high) {
            (Some(low), Some(high)) if !low.exclusive && !high.exclusive => {
                format!(", {} to {}", text(low), text(high))
            }
            (low, high) => {
                let low = low
                    .as_ref()
                    .map(|low| format!(", {} {}", if low.exclusive { "greater than" } else { "at least" }, text(low)));
                let high = high
                    .as_ref()
                    .map(|high| format!(", {} {}", if high.exclusive { "less than" } else { "at most" }, text(high)));
                low.into_iter().chain(high).collect()
            }
        }
    }
}

impl Constant {
    /// As JSON, for people; long text, lists and mappings by what they are.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(text) => text.clone(),
            Self::Float(value) => format!("{value:?}"),
            Self::Text(text) if text.chars().count() <= 40 => crate::yaml::quoted(text),
            Self::Text(_) => "a long text".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }
}

impl Schema {
    /// Every field that the schema lists, as conditions write its path, with what is known of it. Elements of lists have
    /// `[]`. At most 1000 fields, eight levels deep.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, &Shape)> {
        let mut fields = Vec::new();
        list(&self.event, &mut Vec::new(), &mut fields);
        fields
    }

    /// What is known of a path as conditions write it, elements of lists included, and whether it is always there; nothing
    /// of a path that is not listed or cannot be read.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<(&Shape, bool)> {
        let steps: Vec<_> = parse_path(path).ok()?.into_iter().map(|(step, _)| step).collect();
        let mut shape = &self.event;
        let (mut certain, mut each) = (true, false);
        for part in steps.split(|step| *step == Step::Each) {
            if each {
                shape = shape.items.as_deref()?;
                certain = false;
            }
            each = true;
            let segments: Vec<_> = part.iter().filter_map(Step::segment).collect();
            let Found::Known { shape: below, always } = shape.find(&segments) else { return None };
            shape = below;
            certain &= always;
        }
        Some((shape, certain))
    }
}

fn list<'s>(shape: &'s Shape, steps: &mut Vec<Step>, fields: &mut Vec<(String, &'s Shape)>) {
    if steps.len() >= DEEPEST {
        return;
    }
    for property in &shape.properties {
        if fields.len() >= MOST_FIELDS {
            return;
        }
        steps.push(Step::Key(property.name.clone()));
        let path = FieldPath { steps: steps.clone(), places: Vec::new() };
        fields.push((path.to_string(), &property.shape));
        list(&property.shape, steps, fields);
        if let Some(items) = &property.shape.items {
            steps.push(Step::Each);
            list(items, steps, fields);
            steps.pop();
        }
        steps.pop();
    }
}
