//! The promise over many splits: what is learned at 99 % should be 99 % right on records that were held back, whichever they are.

use std::thread;

use cascata_learn::{Example, Learned, Learner, Options, Part};

/// What one split gave on the records it held back.
struct Told {
    coverage: f64,
    precision: f64,
    rules: usize,
    conditions: usize,
}

/// Learns with ids of another name, so that others are fitted, chosen with and held back.
fn learned(examples: &[Example], salt: usize) -> Option<Learned> {
    let mut options = Options::default();
    options.threads = 1;
    let mut learner = Learner::new(options);
    for example in examples {
        let id = if salt == 0 { example.id.clone() } else { format!("{salt}/{}", example.id) };
        learner.add(Example { id, ..example.clone() });
    }
    learner.finish().ok()
}

fn told(learned: &Learned) -> Told {
    let report = learned.together.report;
    if std::env::var("DETAIL").is_ok() {
        let one = |c: &cascata_learn::Counts| {
            format!("{}/{} wrong ({:.2} %)", c.matched - c.right, c.matched, 100.0 * c.precision())
        };
        println!(
            "fit {} tune {} report {} cov {:.3} rules {}",
            one(&learned.together.fit),
            one(&learned.together.tune),
            one(&report),
            report.coverage(),
            learned.proposals.len()
        );
    }
    Told {
        coverage: report.coverage(),
        precision: report.precision(),
        rules: learned.proposals.len(),
        conditions: learned.proposals.iter().map(|one| one.conditions).sum(),
    }
}

/// Without the fifth that the project's own split holds back: what constants may be looked at with.
pub fn without_report(examples: &[Example]) -> Vec<Example> {
    examples.iter().filter(|example| Part::of(&example.id) != Part::Report).cloned().collect()
}

/// Splits 1 to `count`, on two threads.
pub fn over(name: &str, examples: &[Example], count: usize) {
    let half =
        |first: usize| (first..=count).step_by(2).filter_map(|salt| learned(examples, salt)).map(|one| told(&one));
    let all: Vec<Told> = thread::scope(|scope| {
        let other = scope.spawn(|| half(2).collect::<Vec<_>>());
        let mut all: Vec<_> = half(1).collect();
        all.extend(other.join().unwrap_or_default());
        all
    });
    let mean = |of: &dyn Fn(&Told) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    let least = |of: &dyn Fn(&Told) -> f64| all.iter().map(of).fold(f64::INFINITY, f64::min);
    let kept = all.iter().filter(|one| one.precision >= 0.99).count();
    println!(
        "| {name} | {} | {:.2} % | {:.2} % | {:.2} % | {:.2} % | {kept} | {:.1} | {:.1} |",
        all.len(),
        100.0 * mean(&|one| one.precision),
        100.0 * least(&|one| one.precision),
        100.0 * mean(&|one| one.coverage),
        100.0 * least(&|one| one.coverage),
        mean(&|one| one.rules as f64),
        mean(&|one| one.conditions as f64),
    );
}

/// The head of the table.
pub fn head() {
    println!(
        "| records | splits | precision, mean | worst | calls away, mean | worst | splits at 99 % and more | rules | conditions |\n|---|---|---|---|---|---|---|---|---|"
    );
}
