//! `cascata graph`: a cascade as a drawing, or the plan it starts with.
//!
//! ```text
//! Program ─┬▶ build ─▶ Graph ─┬▶ layout ─▶ svg
//! analysis ┘ (dead)           ├▶ text (Mermaid, DOT)
//!                             └▶ JSON
//! Program ─▶ cascata::plan ─▶ plan (text) | JSON
//! ```

mod build;
mod dead;
mod layout;
mod model;
mod plan;
mod svg;
mod text;

use std::path::{Path, PathBuf};

use cascata::plan::Plan;
use clap::ValueEnum;
use serde_json::Value;

use super::exit::{Exit, Failure};
use super::written::Written;
use super::{load, terminal, write};
use dead::Dead;

/// The most edges of a drawing: every way is held against all others, and nobody could read more.
const MAX_DRAWN_EDGES: usize = 10_000;

/// Arguments of `graph`.
#[derive(clap::Args)]
#[command(
    after_help = "Stages stand below each other in the order of their turns, those that run side by side in a frame. What ends the
cascade or jumps is on the right, what enables or disables stages on the left. Stages that never run and rules that never act
are marked; this is known of cascade files only, an image does not tell.

--plan prints what is known before any event: the turns of a run in which no rule acts, stages by the depth of their
dependencies, the chain of dependencies that costs most (`cost` of the stages, 1 where there is none), and what all cost together.
--event says for which event the stages that start are asked: `domains`, `min_value`, `max_value`, `value_field` and
`enable_conditions` in `custom_properties` are hints for that; the engine does not look at them.

Examples:
  cascata graph payments.yaml -o payments.svg
  cascata graph payments.yaml --format mermaid
  cascata graph payments.cbc --format dot | dot -Tpdf > payments.pdf
  cascata graph payments.yaml --plan
  cascata graph payments.yaml --plan --event '{\"domain\": \"FINANCE\"}' --format json"
)]
pub struct Args {
    /// The cascade file or image; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the result goes; `-` is stdout
    #[arg(short, long, value_name = "OUT", default_value = "-")]
    output: PathBuf,
    /// The form of the result [default: by the name of OUT (.svg, .mmd, .dot, .json), else svg; of a plan text]
    #[arg(long, value_enum)]
    format: Option<GraphFormat>,
    /// Print the plan instead
    #[arg(long)]
    plan: bool,
    /// The event, JSON text, that the plan's start is for
    #[arg(long, value_name = "JSON", requires = "plan")]
    event: Option<String>,
}

/// Forms of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// A drawing
    Svg,
    /// A flowchart of Mermaid
    Mermaid,
    /// Graphviz
    Dot,
    /// Nodes, rows and edges; or the plan
    Json,
    /// The plan for people
    Text,
}

/// Runs the verb.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let event = args.event.as_deref().map(read_event).transpose()?;
    let format = args.format.unwrap_or_else(|| by_name(&args.output, args.plan));
    if args.plan != matches!(format, GraphFormat::Text) && format != GraphFormat::Json {
        let message = if args.plan {
            "a plan is text or json"
        } else {
            "text is for --plan; a graph is svg, mermaid, dot or json"
        };
        return Err(Failure::new(Exit::Usage, message));
    }
    let (loaded, source) = load::program_and_source(&args.file)?;
    let program = &loaded.program;
    let result = if args.plan {
        let plan = Plan::new(program, event.as_ref());
        match format {
            GraphFormat::Json => json(&plan),
            _ => plan::text(program, &plan, event.is_some()),
        }
    } else {
        let written = source.and_then(|source| Written::new(program, source));
        let dead = written.as_ref().map(Dead::of).unwrap_or_default();
        let graph = build::graph(program, &dead);
        match format {
            GraphFormat::Mermaid => text::mermaid(&graph),
            GraphFormat::Dot => text::dot(&graph),
            GraphFormat::Json => json(&graph),
            GraphFormat::Svg | GraphFormat::Text => {
                drawable(&loaded.name, graph.edges.len())?;
                svg::svg(&graph)
            }
        }
    };
    if args.output == Path::new("-") {
        return super::print(&result);
    }
    write::all(&args.output, result.as_bytes())?;
    Ok(Exit::Ok)
}

fn drawable(name: &str, edges: usize) -> Result<(), Failure> {
    if edges <= MAX_DRAWN_EDGES {
        return Ok(());
    }
    let (edges, most) = (terminal::count(edges as u64, "edge"), terminal::thousands(MAX_DRAWN_EDGES as u64));
    let message =
        format!("C0301: {name}: {edges}, a drawing has {most} at most; --format dot, mermaid or json writes all");
    Err(Failure::new(Exit::Usage, message))
}

fn by_name(output: &Path, plan: bool) -> GraphFormat {
    match output.extension().and_then(|extension| extension.to_str()) {
        Some("json") => GraphFormat::Json,
        _ if plan => GraphFormat::Text,
        Some("mmd" | "mermaid") => GraphFormat::Mermaid,
        Some("dot" | "gv") => GraphFormat::Dot,
        _ => GraphFormat::Svg,
    }
}

fn read_event(text: &str) -> Result<Value, Failure> {
    let event: Value = serde_json::from_str(text)
        .map_err(|error| Failure::new(Exit::Usage, format_args!("--event is no JSON text: {error}")))?;
    if event.is_object() { Ok(event) } else { Err(Failure::new(Exit::Usage, "--event is JSON text of an object")) }
}

fn json(value: &impl serde::Serialize) -> String {
    // Plain data with text keys, or numbers that become text: it always has a JSON form.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
