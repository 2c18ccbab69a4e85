//! The drawing as SVG: one file that needs nothing, in light and dark.

use std::fmt::Write;

use super::layout::{LINE, MAX_LINE_CHARS, PADDING, Rect, Route, TITLE, layout};
use super::model::{Edge, EdgeKind, Graph, Node, NodeKind, shortened};
use crate::cli::markup::escape;
use crate::cli::terminal::count;

/// What does not depend on light and dark. Plain selectors and no variables: more viewers understand them.
const SHAPES: &str = "text { font: 12px system-ui, sans-serif; }
    .name { font-size: 15px; font-weight: 600; }
    .way, .frame { fill: none; } .way { stroke-width: 1.4; }
    .frame { stroke-dasharray: 2 3; } .off { stroke-dasharray: 6 4; }
    .dead { opacity: 0.65; } .dead .way, .dead .node { stroke-dasharray: 3 3; }
    .dead .label, .dead .name { text-decoration: line-through; }
";

/// The colours: background, text, lesser text, nodes and lines, then those of the edges. What these mean stands in words at
/// every edge.
struct Colours {
    back: &'static str,
    ink: &'static str,
    soft: &'static str,
    node: &'static str,
    line: &'static str,
    edges: [(&'static str, &'static str); 6],
}

const LIGHT: Colours = Colours {
    back: "#ffffff",
    ink: "#1f2328",
    soft: "#59636e",
    node: "#f6f8fa",
    line: "#818b98",
    edges: [
        ("next", "#818b98"),
        ("end", "#cf222e"),
        ("drain", "#cf222e"),
        ("skip_to", "#0969da"),
        ("enable", "#1a7f37"),
        ("disable", "#9a6700"),
    ],
};

const DARK: Colours = Colours {
    back: "#0d1117",
    ink: "#f0f6fc",
    soft: "#9198a1",
    node: "#151b23",
    line: "#656c76",
    edges: [
        ("next", "#656c76"),
        ("end", "#f85149"),
        ("drain", "#f85149"),
        ("skip_to", "#4493f8"),
        ("enable", "#3fb950"),
        ("disable", "#d29922"),
    ],
};

impl Colours {
    fn rules(&self) -> String {
        let Self { back, ink, soft, node, line, edges } = self;
        let mut out = format!(
            "    text {{ fill: {ink}; }} .soft {{ fill: {soft}; }} .back {{ fill: {back}; }}\n    \
             .node {{ fill: {node}; stroke: {line}; }} .frame {{ stroke: {line}; }}\n"
        );
        for (class, colour) in edges {
            let _ = writeln!(
                out,
                "    .{class} .way {{ stroke: {colour}; }} .{class} .head, .{class} .label {{ fill: {colour}; }}"
            );
        }
        out
    }
}

fn style() -> String {
    let (light, dark) = (LIGHT.rules(), DARK.rules());
    format!("{SHAPES}{light}    @media (prefers-color-scheme: dark) {{\n{dark}    }}\n  ")
}

/// Writes a graph.
pub fn svg(graph: &Graph) -> String {
    let layout = layout(graph);
    let (width, height) = (layout.width, layout.height);
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\">"
    );
    let _ = writeln!(out, "  <title id=\"title\">Cascade {} {}</title>", escape(&graph.name), escape(&graph.version));
    let _ = writeln!(out, "  <desc id=\"desc\">{}</desc>", escape(&description(graph)));
    let _ = writeln!(out, "  <style>{}</style>", style());
    let _ = writeln!(out, "  <rect class=\"back\" width=\"{width}\" height=\"{height}\"/>");
    for frame in &layout.frames {
        let _ = writeln!(out, "  <rect class=\"frame\" {} rx=\"8\"/>", place(frame));
        let (x, y) = (frame.x + PADDING, frame.y + LINE);
        let _ = writeln!(out, "  <text class=\"soft\" x=\"{x}\" y=\"{y}\">side by side</text>");
    }
    for ((x1, y1), (x2, y2)) in &layout.spine {
        let _ = writeln!(out, "  <g class=\"next\"><path class=\"way\" d=\"M{x1} {y1}V{}\"/>", y2 - 6);
        let _ = writeln!(out, "    <path class=\"head\" d=\"M{x2} {y2}l-4 -7h8z\"/></g>");
    }
    for route in &layout.routes {
        if let Some(edge) = graph.edges.get(route.edge) {
            write_edge(&mut out, graph, edge, route);
        }
    }
    for (node, rect) in graph.nodes.iter().zip(&layout.nodes) {
        write_node(&mut out, node, rect);
    }
    pill(&mut out, &layout.start, "event");
    pill(&mut out, &layout.end, "end");
    out.push_str("</svg>\n");
    out
}

/// The drawing in words.
fn description(graph: &Graph) -> String {
    let stages: Vec<_> = graph.nodes.iter().filter(|node| node.kind == NodeKind::Stage).collect();
    let dead: Vec<_> = stages.iter().filter(|node| node.dead.is_some()).map(|node| node.name.as_str()).collect();
    let mut text = format!("{} in the order of their turns, from top to bottom.", count(stages.len() as u64, "stage"));
    if !dead.is_empty() {
        text += &format!(" Never run: {}.", dead.join(", "));
    }
    for edge in &graph.edges {
        text += &format!(" {}.", sentence(graph, edge));
    }
    text
}

/// An edge in words.
fn sentence(graph: &Graph, edge: &Edge) -> String {
    let name = |end| match end {
        super::model::End::Node(node) => graph.nodes.get(node).map_or("", |node| node.name.as_str()),
        super::model::End::End => "the end",
    };
    let to = match edge.kind {
        EdgeKind::End | EdgeKind::Drain => String::new(),
        _ => format!(" → {}", name(edge.to)),
    };
    let never = if edge.dead { "never: " } else { "" };
    format!("{}{to}: {never}{} by {}", name(edge.from), edge.kind.word(), edge.labels.join(", "))
}

fn place(rect: &Rect) -> String {
    format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", rect.x, rect.y, rect.width, rect.height)
}

fn write_edge(out: &mut String, graph: &Graph, edge: &Edge, route: &Route) {
    let class = match edge.kind {
        EdgeKind::End => "end",
        EdgeKind::Drain => "drain",
        EdgeKind::SkipTo => "skip_to",
        EdgeKind::Enable => "enable",
        EdgeKind::Disable => "disable",
    };
    let dead = if edge.dead { " dead" } else { "" };
    let [(x1, y1), (lane, _), _, (x2, y2)] = route.points;
    let (tip, back, anchor) = if route.right { (x2 + 6, 7, "start") } else { (x2 - 6, -7, "end") };
    let _ = writeln!(out, "  <g class=\"{class}{dead}\"><title>{}</title>", escape(&sentence(graph, edge)));
    let _ = writeln!(out, "    <path class=\"way\" d=\"M{x1} {y1}H{lane}V{y2}H{tip}\"/>");
    let _ = writeln!(out, "    <path class=\"head\" d=\"M{x2} {y2}l{back} -4v8z\"/>");
    let (x, y) = route.label;
    let label = escape(&edge.label());
    let _ = writeln!(out, "    <text class=\"label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}</text></g>");
}

fn write_node(out: &mut String, node: &Node, rect: &Rect) {
    let dead = if node.dead.is_some() { " class=\"dead\"" } else { "" };
    let off = if node.enabled { "" } else { " off" };
    let said = node.dead.as_deref().unwrap_or(&node.name);
    let _ = writeln!(out, "  <g{dead}><title>{}</title>", escape(said));
    let _ = writeln!(out, "    <rect class=\"node{off}\" {} rx=\"6\"/>", place(rect));
    let (x, mut y) = (rect.x + PADDING, rect.y + TITLE);
    let name = escape(&shortened(&node.name, MAX_LINE_CHARS));
    let _ = writeln!(out, "    <text class=\"name\" x=\"{x}\" y=\"{}\">{name}</text>", y - 4);
    for line in &node.lines {
        y += LINE;
        let line = escape(&shortened(line, MAX_LINE_CHARS));
        let _ = writeln!(out, "    <text class=\"soft\" x=\"{x}\" y=\"{}\">{line}</text>", y - 4);
    }
    out.push_str("  </g>\n");
}

fn pill(out: &mut String, rect: &Rect, text: &str) {
    let _ = writeln!(out, "  <rect class=\"node\" {} rx=\"{}\"/>", place(rect), rect.height / 2);
    let (x, y) = (rect.x + rect.width / 2, rect.y + rect.height / 2 + 4);
    let _ = writeln!(out, "  <text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>");
}
