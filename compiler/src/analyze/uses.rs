//! Fields outside of conditions held against the schema: what rules write, what samples and caches go by, what the verdict
//! reads.

use super::typed::{Reason, blocked, unlisted};
use super::walk::{fields, head};
use super::{Analysis, Claim, actions};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ActionModel, Constant, PathRef};
use crate::schema::Found;
use crate::span::Span;

pub(super) fn run(cx: &mut Analysis<'_>) {
    if cx.types.is_empty() {
        return;
    }
    let cascade = cx.cascade;
    for (path, place) in cascade.cache_key_paths.iter().zip(&cascade.cache_key_spans) {
        read(cx, *path, *place);
    }
    for model in cascade.rules.values() {
        if let Some(sample) = model.sample {
            read(cx, sample.key, sample.key_span);
        }
        if let ActionModel::Give { value, span } = &model.action {
            let mut all = Vec::new();
            fields(value, &mut all);
            all.iter().filter_map(|field| field.path()).for_each(|path| read(cx, path, *span));
        }
        for (action, span) in actions(model).zip([model.spans.action, model.spans.otherwise]) {
            if let (ActionModel::SetField { path, value, .. }, Some(span)) = (action, span) {
                written(cx, *path, value, span);
            }
        }
    }
}

/// Warns of a field that the schema does not have.
fn read(cx: &mut Analysis<'_>, path: PathRef, place: Span) {
    let Some(segments) = cx.cascade.paths.get(path) else { return };
    let diagnostic = match cx.types.find(segments) {
        Found::Unlisted { parent, step, closed } => unlisted(cx.text, place, parent, segments.get(step), closed),
        Found::Blocked { shape, step } => blocked(cx.text, place, shape, segments.get(step)),
        Found::Known { .. } | Found::Open => return,
    };
    cx.find(Claim::OutsideConditions, diagnostic);
}

/// Warns of a value that the schema does not let its field have. Fields that the schema does not list are there to be written.
fn written(cx: &mut Analysis<'_>, path: PathRef, value: &Constant, place: Span) {
    let (Some(schema), Some(segments)) = (&cx.cascade.schema, cx.cascade.paths.get(path)) else { return };
    let place = head(cx.text, place);
    let diagnostic = match schema.find(segments) {
        Found::Blocked { shape, .. } => {
            let diagnostic =
                Diagnostic::new(Code::WrittenMisfit, "a field is written below a value that is no mapping")
                    .label(place, "an error wherever that value is there");
            Reason::kinds(shape).add_to(diagnostic)
        }
        Found::Known { shape, .. } if *value != Constant::Null => {
            // A number beyond every double has no JSON, and nothing is said of it.
            let Ok(json) = serde_json::from_str(&value.to_expression()) else { return };
            let Err(misfit) = shape.fits(&json) else { return };
            let below = if misfit.path.is_empty() { String::new() } else { format!("`{}` of ", misfit.path) };
            let message = format!("{below}the written value is not as the schema says: {}", misfit.message);
            let diagnostic = Diagnostic::new(Code::WrittenMisfit, message).label(place, "writes this value");
            Reason::of(shape, value).add_to(diagnostic)
        }
        _ => return,
    };
    cx.find(Claim::OutsideConditions, diagnostic);
}
