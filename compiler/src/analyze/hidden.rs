//! Fields under keys that `events: {hide}` keeps from the rules.

use super::walk::places;
use super::{Analysis, Claim, is_stage_path, overlap};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{ConditionNode, Segment};

pub(super) fn run(cx: &mut Analysis<'_>) {
    let cascade = cx.cascade;
    if cx.hidden.is_empty() {
        return;
    }
    for (rule, model) in &cascade.rules {
        let mut all = Vec::new();
        places(&model.condition, &mut Vec::new(), &mut all);
        for (at, condition) in all {
            let ConditionNode::Test(test) = &condition.node else { continue };
            let Some(path) = test.path().and_then(|path| cascade.paths.get(path)) else { continue };
            let Some(Segment::Key(first)) = path.first() else { continue };
            let written = cx.written.iter().any(|written| overlap(written, path));
            if is_stage_path(path) || written || !cx.hidden.contains(first) {
                continue;
            }
            let message = format!("`events.hide` keeps `{first}` from the rules, so the field is never there");
            let diagnostic = Diagnostic::new(Code::HiddenPath, message)
                .label(test.spans.field, "always missing")
                .help("take the key out of `events.hide`, or the condition out of the rule");
            cx.find(Claim::Hidden { rule, at }, diagnostic);
        }
    }
}
