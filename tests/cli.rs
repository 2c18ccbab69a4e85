//! The command-line tool as its users see it: a process with arguments, streams and an exit code.

#[path = "cli/support.rs"]
mod support;

#[path = "cli/check.rs"]
mod check;
#[path = "cli/compile.rs"]
mod compile;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/fmt.rs"]
mod fmt;
#[path = "cli/graph.rs"]
mod graph;
#[path = "cli/learn.rs"]
mod learn;
#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/matching.rs"]
mod matching;
#[path = "cli/outcome.rs"]
mod outcome;
#[path = "cli/propose.rs"]
mod propose;
#[path = "cli/records.rs"]
mod records;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/rollout.rs"]
mod rollout;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/signals.rs"]
mod signals;
#[path = "cli/stage.rs"]
mod stage;
#[path = "cli/test.rs"]
mod test;
#[cfg(unix)]
#[path = "cli/tutorial.rs"]
mod tutorial;
