//! How far a run is, on a terminal: events, rate, and the time left where the size of the input is known.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::cli::terminal::{color_stderr, thousands};

/// A line on stderr that is drawn at most ten times a second; nothing where stderr is no terminal.
pub struct Progress {
    bar: ProgressBar,
    events: u64,
}

impl Progress {
    /// `bytes` is the size of all inputs on disk, if each is a file; `hidden` shows nothing.
    pub fn new(bytes: Option<u64>, hidden: bool) -> Self {
        let bar = match bytes {
            _ if hidden || !std::io::stderr().is_terminal() => ProgressBar::hidden(),
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::new_spinner(),
        };
        if !bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let template = match (bytes.is_some(), color_stderr()) {
            (true, true) => "{bar:30.cyan/blue} {percent:>3}% {msg} {eta_short} left",
            (true, false) => "{bar:30} {percent:>3}% {msg} {eta_short} left",
            (false, _) => "{spinner} {msg}",
        };
        // The templates are fixed; a wrong one would show the default line.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("eta_short", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let seconds = state.eta().as_secs();
            let _ = write!(out, "{}:{:02}", seconds / 60, seconds % 60);
        });
        bar.set_style(style);
        Self { bar, events: 0 }
    }

    /// After a piece of output: `events` more were decided, `consumed` bytes of the inputs taken in all.
    pub fn advance(&mut self, events: u64, consumed: u64) {
        self.events += events;
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(consumed);
        let seconds = self.bar.elapsed().as_secs_f64().max(1e-3);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate to look at"
        )]
        let rate = (self.events as f64 / seconds) as u64;
        self.bar.set_message(format!("{} events, {}/s", thousands(self.events), thousands(rate)));
    }

    /// Says what is being done, where there is nothing to count.
    pub fn show(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Prints a line above the progress line.
    pub fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.suspend(|| eprintln!("{line}"));
        }
    }

    /// Removes the line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
