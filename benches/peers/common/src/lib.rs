//! What the programs of this folder share: events, rules by hand, and how time is measured.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

#[path = "../../../common/mod.rs"]
pub mod rules;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cascata_vm::eval::{Matcher, NoTrace, Select};
use cascata_vm::image::{LoadOptions, Program, RuleKind};
use cascata_vm::json::PathTrie;
use cascata_vm::{Facts, ListId, PathId};

/// One way to do the work of a case: `run` goes over all events once.
pub struct Contender<'a> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() + 'a>,
}

impl<'a> Contender<'a> {
    pub fn new(name: &'static str, run: impl FnMut() + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// How long one measurement takes at least, so that the clock's own time does not matter.
const LEAST: Duration = Duration::from_millis(4);

/// Measurements of a contender.
const ROUNDS: usize = 31;

/// Measurements of one whose single run takes longer than [`SLOW`].
const ROUNDS_OF_SLOW: usize = 5;

const SLOW: Duration = Duration::from_millis(40);

/// Measures the contenders in turns and prints a JSON line for each: the median, the least and the greatest time of an
/// event, in nanoseconds.
pub fn measure(table: &str, case: &str, events: usize, mut contenders: Vec<Contender<'_>>) {
    let plans: Vec<(u32, usize)> = contenders.iter_mut().map(plan).collect();
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..ROUNDS {
        for ((contender, (repeats, rounds)), times) in contenders.iter_mut().zip(&plans).zip(&mut times) {
            if round < *rounds {
                let begun = Instant::now();
                (0..*repeats).for_each(|_| (contender.run)());
                times.push(begun.elapsed().as_nanos() as f64 / f64::from(*repeats) / events as f64);
            }
        }
    }
    for (contender, mut times) in contenders.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let (low, median, high) = (times[0], times[times.len() / 2], times[times.len() - 1]);
        say(&format!(
            r#"{{"table":"{table}","case":"{case}","contender":"{}","ns":{median:.1},"low":{low:.1},"high":{high:.1},"events":{events},"rounds":{}}}"#,
            contender.name,
            times.len()
        ));
    }
}

/// How often one measurement repeats the run, and how many measurements there are.
fn plan(contender: &mut Contender<'_>) -> (u32, usize) {
    (contender.run)();
    let begun = Instant::now();
    (contender.run)();
    let once = begun.elapsed();
    let repeats = LEAST.as_nanos() / once.as_nanos().max(1) + 1;
    (repeats as u32, if once > SLOW { ROUNDS_OF_SLOW } else { ROUNDS })
}

/// A line of raw data.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("standard output takes it");
}

/// The image that `peers-images` made of a cascade.
pub fn image(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("PEERS_DATA").map(PathBuf::from).expect("PEERS_DATA names the folder of the data");
    std::fs::read(folder.join(name)).expect("peers-images has run")
}

/// The program of an image, verified.
pub fn program(name: &str) -> Program<'static> {
    let program = Program::verify(image(name), &LoadOptions::default().trusted(true)).expect("a valid image");
    program.prepare();
    program
}

/// What a reader of events needs to know of a program.
pub fn trie(program: &Program<'_>) -> PathTrie {
    let paths: Vec<_> = (0..program.path_count()).map(|path| program.path(PathId::new(path as u32))).collect();
    PathTrie::new(&paths)
}

/// The rules of the first stage, and what matches them: looked up and made once, as a host does.
#[derive(Clone)]
pub struct Rules {
    list: ListId,
    first: u32,
    matcher: Matcher,
}

impl Rules {
    pub fn of(program: &Program<'_>) -> Self {
        let list = program.stages().next().expect("a stage").list(RuleKind::Routing);
        let first = program.list_rules(list).next().expect("a rule").id().as_u32();
        Self { list, first, matcher: Matcher::new() }
    }

    /// Those that fire: a bit each.
    pub fn fired<F: Facts>(&mut self, program: &Program<'_>, facts: &F) -> u32 {
        self.matcher.run(program, self.list, Select::All, facts, &mut NoTrace);
        self.matcher.matches().fold(0, |bits, rule| bits | 1 << (rule.as_u32() - self.first))
    }
}
