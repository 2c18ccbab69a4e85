//! What passes and shortcuts are worth: ten rules with and without each, in turn in one process.
//!
//! `cargo bench -p cascata-compiler --bench passes` prints medians in nanoseconds an event and their ratio. Both sides have to
//! give the same answers first. The figures of `docs/architecture.md` are from here.

use std::hint::black_box;
use std::time::Instant;

use cascata_compiler::{Options, Pass, Passes, Source, compile};
use cascata_vm::eval::{Cursor, NoTrace, Step, Vm};
use cascata_vm::image::{LoadOptions, Program, RuleKind, Shortcuts};
use cascata_vm::{Array, Facts, PathId, Segment, Value};

const EVENTS: usize = 2048;

/// Odd, for the median. `cargo bench` says so; whoever else runs this only wants to know that answers agree.
fn rounds() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 61 } else { 1 }
}

/// An event whose fields are read already, in the order of the program's paths.
struct Row<'e>(Vec<Value<'e>>);

impl Facts for Row<'_> {
    fn get(&self, path: PathId) -> Value<'_> {
        self.0.get(path.as_u32() as usize).copied().unwrap_or_default()
    }
}

struct Event {
    country: String,
    code: i64,
    amount: f64,
    email: String,
    tags: String,
}

impl Event {
    fn row(&self, program: &Program<'_>) -> Row<'_> {
        let value = |path: usize| match program.path(PathId::new(path as u32)).first() {
            Some(Segment::Key(key)) => match &**key {
                "country" => Value::Text(&self.country),
                "code" => Value::Int(self.code),
                "amount" => Value::Float(self.amount),
                "email" => Value::Text(&self.email),
                "tags" => Value::Array(Array::Json(&self.tags)),
                _ => Value::Missing,
            },
            _ => Value::Missing,
        };
        Row((0..program.path_count()).map(value).collect())
    }
}

/// The same events every time.
fn events() -> Vec<Event> {
    let mut state = 7_u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let domains = ["gmail.com", "corp3.com", "mail.org", "temp-mail.io", "corp9.com"];
    let event = |_| Event {
        country: country(below(12), below(4)),
        code: below(40) as i64,
        amount: below(5000) as f64,
        email: format!("user{}.name@{}", below(100_000), domains[below(5) as usize]),
        tags: format!(r#"["t{}","t{}","t{}","t{}"]"#, below(9), below(9), below(9), below(9)),
    };
    (0..EVENTS).map(event).collect()
}

fn country(first: u64, second: u64) -> String {
    [first, second].iter().map(|letter| char::from(b'A' + *letter as u8)).collect()
}

/// Ten rules.
type Rules = fn(u64) -> String;

fn countries(count: u64, rule: u64) -> Vec<String> {
    (0..count).map(|at| format!("\"{}\"", country((at + rule) % 12, (at * 3 + rule) % 4))).collect()
}

fn any_country(count: u64, rule: u64) -> String {
    let tests: Vec<String> = countries(count, rule).iter().map(|country| format!("country == {country}")).collect();
    tests.join(" or ")
}

const PASSES: [(&str, Pass, Rules); 4] = [
    ("fold", Pass::Fold, |_| "country != null and code != null".to_owned()),
    ("sets, 20 texts", Pass::Sets, |rule| format!("country in [{}]", countries(20, rule).join(", "))),
    ("literals, suffix", Pass::Literals, |rule| format!(r#"email matches ".*@corp{rule}\\.com$""#)),
    ("literals, prefix", Pass::Literals, |rule| format!(r#"email matches "^user{rule}.*""#)),
];

const SHORTCUTS: [(&str, Rules); 6] = [
    ("chains, 3 texts", |rule| any_country(3, rule)),
    ("chains, 8 texts", |rule| any_country(8, rule)),
    ("chains, 20 texts", |rule| any_country(20, rule)),
    ("common, a pattern", |rule| {
        format!(r#"email matches ".*@(corp[0-9]|mail)[.](com|org)$" and code == {rule} and amount > {}"#, rule * 300)
    }),
    ("common, a list", |rule| format!(r#"any(tags) == "t3" and amount > {}"#, rule * 300)),
    ("order", |rule| format!(r#"any(tags) == "t{}" and code == {rule} and country in ["AA", "BB"]"#, rule % 9)),
];

fn program(rules: Rules, passes: Passes, shortcuts: Shortcuts) -> Program<'static> {
    let rule =
        |number| format!("      - {{name: r{number}, when: '{}', action: {{type: terminate}}}}\n", rules(number));
    let text = format!(
        "name: c\nversion: \"1\"\nstages:\n  S:\n    name: S\n    handler: none\n    routing_rules:\n{}",
        (0..10).map(rule).collect::<String>()
    );
    let mut options = Options::default();
    options.passes = passes;
    let compiled = compile(&Source::new("rules.yaml", text), &options);
    let image = compiled.image.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    Program::verify(image, &LoadOptions::default().trusted(true).shortcuts(shortcuts)).expect("a valid image")
}

/// Everything that came of the events, folded into a number.
fn run(program: &Program<'_>, rows: &[Row<'_>]) -> u64 {
    let list = program.stages().next().expect("a stage").list(RuleKind::Routing);
    let mut answers = 0_u64;
    for row in rows {
        let mut cursor = Cursor::start(list);
        loop {
            let answer = match Vm::new().next(program, &mut cursor, row, &mut NoTrace) {
                Step::Done => break,
                Step::Fired(rule) => u64::from(rule.as_u32()),
                Step::Otherwise(rule) => u64::from(rule.as_u32()) + 1000,
                Step::Error { rule, trap } => u64::from(rule.as_u32()) + 2000 + u64::from(trap.pc),
            };
            answers = answers.wrapping_mul(31).wrapping_add(answer + 1);
        }
    }
    answers
}

fn compare(name: &str, events: &[Event], with: &Program<'_>, without: &Program<'_>) {
    let sides =
        [with, without].map(|program| (program, events.iter().map(|event| event.row(program)).collect::<Vec<_>>()));
    assert_eq!(run(sides[0].0, &sides[0].1), run(sides[1].0, &sides[1].1), "{name}");
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds() {
        for ((program, rows), times) in sides.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(run(program, black_box(rows)));
            times.push(start.elapsed().as_nanos());
        }
    }
    let [with, without] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2] as f64 / EVENTS as f64
    });
    println!("{name:<20} {with:>8.1} without {without:>8.1} ns, ratio {:.2}", without / with);
}

fn main() {
    let events = events();
    for (name, pass, rules) in PASSES {
        let with = program(rules, Passes::ALL, Shortcuts::ALL);
        compare(name, &events, &with, &program(rules, Passes::ALL.without(pass), Shortcuts::ALL));
    }
    for (name, rules) in SHORTCUTS {
        let with = program(rules, Passes::ALL, Shortcuts::ALL);
        compare(name, &events, &with, &program(rules, Passes::ALL, Shortcuts::NONE));
    }
}
