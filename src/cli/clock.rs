//! What counts as now.

use cascata_runtime::engine::Clock;
use cascata_vm::ops::parse_time;

/// Arguments of every verb whose conditions may ask for the time.
#[derive(clap::Args)]
pub struct ClockArgs {
    /// What counts as now for all events, an RFC 3339 time or date [default: the machine's clock when an event begins]
    #[arg(long, value_name = "TIME", value_parser = micros)]
    now: Option<i64>,
}

impl ClockArgs {
    /// The clock that the arguments ask for.
    pub fn clock(&self) -> Clock {
        self.now.map_or_else(Clock::system, Clock::fixed)
    }
}

fn micros(text: &str) -> Result<i64, &'static str> {
    parse_time(text).ok_or("expected an RFC 3339 time or date, 2026-01-31T10:00:00Z")
}
