use cascata_compiler::expression::{self, Call, Expression, ExpressionKind};
use cascata_compiler::{Diagnostic, Limits, Options, Source, Span, compile};
use cascata_vm::image::{LoadOptions, Program};
use serde_json::json;

/// Any text as a condition: reading returns, all places are inside the text, and what reads without a mistake is printed
/// as a text that reads the same and makes the same program.
pub fn expression(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, wrong) = read(&text);
    if !wrong.is_empty() {
        return;
    }
    let printed = first.to_string();
    let (second, wrong) = read(&printed);
    assert!(wrong.is_empty(), "{text:?} is printed as {printed:?}: {wrong:?}");
    assert_eq!(second.to_string(), printed, "{text:?}");
    assert_eq!(program_of(&text), program_of(&printed), "{text:?} is printed as {printed:?}");
}

/// Reads an expression and looks at every place.
fn read(text: &str) -> (Expression, Vec<Diagnostic>) {
    let (read, wrong) = expression::parse(text, &Limits::default());
    let mut places = Vec::new();
    places_of(&read, &mut places);
    for diagnostic in &wrong {
        places.extend(diagnostic.labels.iter().map(|label| label.span));
        places.extend(diagnostic.fix.iter().map(|fix| fix.span));
    }
    for place in places {
        assert!(text.get(place.start..place.end).is_some(), "{place:?} lies outside of {text:?}");
    }
    (read, wrong)
}

fn places_of(expression: &Expression, places: &mut Vec<Span>) {
    places.push(expression.span);
    match &expression.kind {
        ExpressionKind::And(parts) | ExpressionKind::Or(parts) => parts.iter().for_each(|part| places_of(part, places)),
        ExpressionKind::Not(part) | ExpressionKind::Each(_, part) => places_of(part, places),
        ExpressionKind::Test(test) => {
            places.push(test.operator_span);
            places_of(&test.left, places);
            test.right.iter().for_each(|part| places_of(part, places));
        }
        ExpressionKind::Call(Call { word, arguments, .. }) => {
            places.push(*word);
            arguments.iter().for_each(|part| places_of(part, places));
        }
        ExpressionKind::Arithmetic(_, left, right) => {
            places_of(left, places);
            places_of(right, places);
        }
        ExpressionKind::Constant(_) | ExpressionKind::Path(_) | ExpressionKind::Wrong => {}
    }
}

/// The hash of a program with this one condition; none if it is no condition.
fn program_of(when: &str) -> Option<[u8; 32]> {
    let rule = json!({"name": "r", "when": when, "action": {"type": "terminate"}});
    let stage = json!({"name": "S", "handler": {"kind": "none"}, "routing_rules": [rule]});
    let cascade = json!({"name": "c", "version": "1", "stages": {"S": stage}});
    let mut options = Options::default();
    options.analysis = false;
    let image = compile(&Source::new("c.json", cascade.to_string()), &options).image?;
    Some(Program::verify(image, &LoadOptions::default()).expect("an image of the compiler verifies").hash())
}
