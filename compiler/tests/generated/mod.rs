//! Cascades written by dice: any key order, style, quoting, indentation and comments, always a sound cascade.

use std::fmt::Write as _;

/// A small generator of numbers (`SplitMix64`), so that a failing seed is the whole test case.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.roll(at + 1));
        }
    }
}

/// A value before it is written.
enum Tree {
    Scalar(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

fn word(text: &str) -> Tree {
    Tree::Scalar(text.to_owned())
}

fn map(dice: &mut Dice, mut entries: Vec<(&str, Tree)>) -> Tree {
    dice.shuffle(&mut entries);
    Tree::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn quoted_somehow(dice: &mut Dice, text: &str) -> String {
    match dice.roll(3) {
        0 => format!("'{text}'"),
        _ => format!("\"{text}\""),
    }
}

fn constant(dice: &mut Dice, depth: usize) -> Tree {
    match dice.roll(if depth == 0 { 7 } else { 5 }) {
        0 => Tree::Scalar(dice.roll(1000).to_string()),
        1 => word(dice.pick(&["1.5", "true", "null", "~", "0x1F", "-7", "2.0e+3"])),
        2 => word(dice.pick(&["US", "two words", "a.b", "x-y", "http://a/b?c=d"])),
        3 => {
            let text = dice.pick(&["yes", "1", "a, b", "[x]", "# no comment", "a: b", "null", " padded ", ">"]);
            Tree::Scalar(quoted_somehow(dice, text))
        }
        4 => word(dice.pick(&[r#""tab\tnew\nline""#, r"'\d+'", r#""\u00e4\"q\"""#, "'it''s'", "ä ö"])),
        5 => Tree::List((0..dice.roll(4)).map(|_| constant(dice, depth + 1)).collect()),
        _ => Tree::Map((0..dice.roll(3)).map(|at| (format!("k{at}"), constant(dice, depth + 1))).collect()),
    }
}

fn condition(dice: &mut Dice, depth: usize) -> Tree {
    let field = dice.pick(&["amount", "user.age", "stages.A.result", "\"labels['a.b']\"", "nums[0]"]);
    let field = if field.contains('\'') { "'labels[\"a.b\"]'" } else { field };
    let field = if field.contains('[') && !field.starts_with('\'') { "'nums[0]'" } else { field };
    match dice.roll(if depth < 3 { 9 } else { 7 }) {
        0 => map(dice, vec![("field", word(field)), ("operator", word("EXISTS"))]),
        1 => {
            let value = constant(dice, 0);
            let operator = dice.pick(&["\"==\"", "==", "'!='"]);
            map(dice, vec![("field", word(field)), ("operator", word(operator)), ("value", value)])
        }
        2 => {
            let items = (0..=dice.roll(30)).map(|_| constant(dice, 1)).collect();
            map(dice, vec![("field", word(field)), ("operator", word("IN")), ("value", Tree::List(items))])
        }
        3 => {
            let entries = vec![
                ("field", word("txns")),
                ("operator", word("SUM")),
                ("compare", word("\">=\"")),
                ("value", word("10")),
            ];
            map(dice, entries)
        }
        4 => measured(dice, field),
        5 => {
            let text = dice.pick(TEXTS);
            Tree::Map(vec![("when".to_owned(), Tree::Scalar(format!("'{text}'")))])
        }
        6 => {
            let children = vec![condition(dice, depth + 1)];
            map(
                dice,
                vec![("operator", word("AND")), ("with", word("'items[]'")), ("conditions", Tree::List(children))],
            )
        }
        7 => {
            let children = vec![condition(dice, depth + 1)];
            map(dice, vec![("operator", word("NOT")), ("conditions", Tree::List(children))])
        }
        _ => {
            let children = (0..=dice.roll(3)).map(|_| condition(dice, depth + 1)).collect();
            let operator = dice.pick(&["AND", "'OR'", "\"AND\""]);
            map(dice, vec![("operator", word(operator)), ("conditions", Tree::List(children))])
        }
    }
}

/// Conditions that have a form of their own in the other spelling, or none.
const TEXTS: &[&str] = &[
    "length(name) between 2 and 5",
    "created before \"2026-01-31T10:00:00+02:00\"",
    "time(created) <= \"2026-01-31\" or created after due",
    "age(created) > \"4w\" and age(created) < age(updated) * 2 + \"1h30m\"",
    "now() - time(created) > 7",
    "hour(at, \"-03:30\") >= 22 or weekday(at) in [6, 7]",
    "any items[] (length(items[].name) > 3 and hour(items[].at) == limit)",
    "sum(items[].price) > limit and count(items[].price) >= length(items)",
    "a + b * 2 > c",
    "any(scores) > 3",
];

fn measured(dice: &mut Dice, field: &str) -> Tree {
    let compare = ("compare", word(dice.pick(&["\">=\"", "'!='", "<"])));
    let (operator, value) = match dice.roll(6) {
        0 => ("LENGTH", word("3")),
        1 => ("AGE", word(dice.pick(&["30d", "'1h30m'", "0s", "500ms"]))),
        2 => ("HOUR", word("22")),
        3 => ("WEEKDAY", word("6")),
        kind => {
            let time = dice.pick(&["'2026-01-31'", "\"2026-01-31T10:00:00.5+02:00\"", "'0000-01-01T00:00:00+01:00'"]);
            let operator = if kind == 4 { "BEFORE" } else { "AFTER" };
            return map(dice, vec![("field", word(field)), ("operator", word(operator)), ("value", word(time))]);
        }
    };
    let mut entries = vec![("field", word(field)), ("operator", word(operator)), ("value", value), compare];
    if matches!(operator, "HOUR" | "WEEKDAY") && dice.roll(2) == 0 {
        entries.push(("zone", word(dice.pick(&["\"+02:00\"", "'-03:30'", "Z"]))));
    }
    map(dice, entries)
}

fn action(dice: &mut Dice) -> Tree {
    match dice.roll(3) {
        0 => map(dice, vec![("type", word("terminate")), ("outcome", word("deny")), ("reason", word("too large"))]),
        1 => map(dice, vec![("type", word("skip_to")), ("target", word("A"))]),
        _ => {
            let value = constant(dice, 0);
            map(dice, vec![("type", word("set_field")), ("field", word("x.y")), ("value", value)])
        }
    }
}

fn stage(dice: &mut Dice, name: &'static str) -> Tree {
    let rules = (0..dice.roll(4)).map(|at| {
        let (condition, action) = (condition(dice, 0), action(dice));
        let mut entries = vec![("name", Tree::Scalar(format!("r{at}"))), ("condition", condition), ("action", action)];
        if dice.roll(2) == 0 {
            entries.push(("priority", Tree::Scalar(dice.roll(100).to_string())));
        }
        if dice.roll(3) == 0 {
            entries.push(("x-owner", word("someone")));
        }
        map(dice, entries)
    });
    let rules = Tree::List(rules.collect());
    let custom = Tree::Map(vec![("free".to_owned(), constant(dice, 0)), ("a".to_owned(), constant(dice, 0))]);
    let mut entries = vec![("name", word(name)), ("routing_rules", rules), ("custom_properties", custom)];
    if dice.roll(2) == 0 {
        entries.push(("enabled", word("true")));
    }
    if dice.roll(2) == 0 {
        entries.push(("plugins", Tree::List(vec![word("metrics")])));
    }
    map(dice, entries)
}

/// A sound cascade of YAML.
pub fn cascade(seed: u64) -> String {
    let mut dice = Dice(seed);
    let dice = &mut dice;
    let mut stages: Vec<_> = ["A", "B", "C"].map(|name| (name.to_owned(), stage(dice, name))).into();
    dice.shuffle(&mut stages);
    let order = Tree::List(vec![word("B"), word("A"), word("C")]);
    let globals = Tree::List((0..dice.roll(2)).map(|_| condition(dice, 2)).collect());
    let entries = vec![
        ("name", word("generated")),
        ("version", word("\"1\"")),
        ("stages", Tree::Map(stages)),
        ("execution_order", order),
        ("global_termination_conditions", globals),
        ("global_timeout_ms", word("5000")),
    ];
    let root = map(dice, entries);
    let mut out = String::new();
    if dice.roll(3) == 0 {
        out.push_str("# about the file\n\n");
    }
    Writer { dice, out: &mut out, comments: 0 }.block(&root, 0);
    if dice.roll(3) == 0 {
        out.push_str("\n# the end\n");
    }
    out
}

struct Writer<'a> {
    dice: &'a mut Dice,
    out: &'a mut String,
    comments: usize,
}

impl Writer<'_> {
    fn above(&mut self, columns: usize) {
        if self.dice.roll(6) == 0 {
            self.out.push('\n');
        }
        if self.dice.roll(8) == 0 {
            self.comments += 1;
            // Now and then at a depth that is nobody's.
            let columns = if self.dice.roll(5) == 0 { self.dice.roll(9) } else { columns };
            writeln!(self.out, "{:columns$}# above {}", "", self.comments).unwrap();
        }
    }

    fn end(&mut self) {
        if self.dice.roll(10) == 0 {
            self.comments += 1;
            write!(self.out, " # behind {}", self.comments).unwrap();
        }
        self.out.push('\n');
    }

    /// Entries on lines of their own; the first line may be begun.
    fn block(&mut self, tree: &Tree, columns: usize) {
        let begun = |out: &str| !out.is_empty() && !out.ends_with('\n');
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries {
                    if !begun(self.out) {
                        self.above(columns);
                        write!(self.out, "{:columns$}", "").unwrap();
                    }
                    write!(self.out, "{key}:").unwrap();
                    self.value(value, columns, false);
                }
            }
            Tree::List(items) => {
                for item in items {
                    if !begun(self.out) {
                        self.above(columns);
                        write!(self.out, "{:columns$}", "").unwrap();
                    }
                    self.out.push('-');
                    self.value(item, columns, true);
                }
            }
            Tree::Scalar(text) => {
                self.out.push_str(text);
                self.end();
            }
        }
    }

    fn value(&mut self, value: &Tree, columns: usize, dash: bool) {
        let nonempty = match value {
            Tree::Scalar(_) => false,
            Tree::List(items) => !items.is_empty(),
            Tree::Map(entries) => !entries.is_empty(),
        };
        if !nonempty || self.dice.roll(3) == 0 {
            self.out.push(' ');
            self.flow(value, columns + 2);
            self.end();
            return;
        }
        let list = matches!(value, Tree::List(_));
        let step = if list && !dash && self.dice.roll(3) == 0 { 0 } else { 1 + self.dice.roll(4) };
        if dash && self.dice.roll(3) > 0 {
            write!(self.out, "{:step$}", "", step = step.max(1)).unwrap();
            self.block(value, columns + 1 + step.max(1));
        } else {
            self.end();
            self.block(value, columns + step);
        }
    }

    fn flow(&mut self, value: &Tree, columns: usize) {
        let (open, close) = match value {
            Tree::Scalar(text) => {
                self.out.push_str(text);
                return;
            }
            Tree::List(_) => ('[', ']'),
            Tree::Map(_) => ('{', '}'),
        };
        self.out.push(open);
        let (keys, values): (Vec<_>, Vec<_>) = match value {
            Tree::List(items) => items.iter().map(|item| (None, item)).unzip(),
            Tree::Map(entries) => entries.iter().map(|(key, value)| (Some(key), value)).unzip(),
            Tree::Scalar(_) => return,
        };
        for (at, (key, value)) in keys.into_iter().zip(values).enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            if self.dice.roll(12) == 0 {
                self.end();
                self.above(columns);
                write!(self.out, "{:columns$}", "").unwrap();
            }
            if let Some(key) = key {
                write!(self.out, "{key}: ").unwrap();
            }
            self.flow(value, columns);
        }
        self.out.push(close);
    }
}
