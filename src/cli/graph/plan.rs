//! The plan as text.

use std::fmt::Write;

use cascata::plan::Plan;
use cascata_vm::image::Program;

/// What people read.
pub fn text(program: &Program<'_>, plan: &Plan, event: bool) -> String {
    let mut out = format!("{} {}\n\nturns of a run in which no rule acts\n", program.name(), program.version());
    // Writing into a string cannot fail; every result below is dropped for that reason.
    for (at, batch) in plan.batches.iter().enumerate() {
        let together = if batch.len() > 1 { "  (side by side)" } else { "" };
        let _ = writeln!(out, "  {:>3}. {}{together}", at + 1, batch.join(", "));
    }
    let idle: Vec<_> =
        plan.order.iter().filter(|stage| !plan.batches.iter().flatten().any(|ran| ran == *stage)).collect();
    if !idle.is_empty() {
        let names: Vec<_> = idle.into_iter().map(String::as_str).collect();
        let _ = writeln!(out, "  only if a rule enables them, or what they need: {}", names.join(", "));
    }
    out.push_str("\nby depth of dependencies\n");
    for (depth, stages) in &plan.parallel_groups {
        let _ = writeln!(out, "  {depth:>3}  {}", stages.join(", "));
    }
    let starting = if plan.starting.is_empty() { "none".to_owned() } else { plan.starting.join(", ") };
    let of = if event { " for this event" } else { "" };
    let _ = writeln!(out, "\nstarts{of}: {starting}");
    let _ = writeln!(out, "critical path: {}", plan.critical.critical_path.join(" → "));
    let _ = writeln!(out, "  costs {} of {} in all", plan.critical.total_cost, plan.expected_cost);
    if !plan.assumed_cost.is_empty() {
        let _ = writeln!(
            out,
            "  without a `cost`, counted {}: {}",
            cascata::plan::DEFAULT_COST,
            plan.assumed_cost.join(", ")
        );
    }
    for suggestion in &plan.critical.optimization_suggestions {
        let _ = writeln!(out, "  {suggestion}");
    }
    out
}
