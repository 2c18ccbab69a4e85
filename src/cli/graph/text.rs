//! The graph for tools that lay it out themselves: Mermaid and DOT.

use std::fmt::Write;

use super::model::{End, Graph, Node, NodeKind};

/// A flowchart of Mermaid, which Markdown on many sites shows as a drawing.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(out, "flowchart TD");
    let _ = writeln!(out, "  accTitle: Cascade {}", plain(&graph.name));
    let _ = writeln!(out, "  start([event])");
    let write = |out: &mut String, at: usize, node: &Node, indent: &str| {
        let lines: Vec<_> = [&node.name].into_iter().chain(&node.lines).map(|line| mermaid_text(line)).collect();
        let (open, close) = if node.kind == NodeKind::Globals { ("{{", "}}") } else { ("[", "]") };
        let _ = writeln!(out, "{indent}n{at}{open}\"{}\"{close}", lines.join("<br/>"));
    };
    for (at, node) in of_no_row(graph) {
        write(&mut out, at, node, "  ");
    }
    for (number, row) in graph.rows.iter().enumerate() {
        if row.len() > 1 {
            let _ = writeln!(out, "  subgraph b{number} [side by side]");
        }
        let indent = if row.len() > 1 { "    " } else { "  " };
        for at in row {
            graph.nodes.get(*at).into_iter().for_each(|node| write(&mut out, *at, node, indent));
        }
        if row.len() > 1 {
            let _ = writeln!(out, "  end");
        }
    }
    let _ = writeln!(out, "  finish([end])");
    let mut count = 0;
    for (from, to) in spine(graph) {
        let _ = writeln!(out, "  {from} --> {to}");
        count += 1;
    }
    let mut dead = Vec::new();
    for edge in &graph.edges {
        let arrow = if edge.dead { "-.->" } else { "==>" };
        let _ = writeln!(out, "  {} {arrow}|\"{}\"| {}", id(edge.from), mermaid_text(&edge.label()), id(edge.to));
        if edge.dead {
            dead.push(count.to_string());
        }
        count += 1;
    }
    let _ = writeln!(out, "  classDef off stroke-dasharray: 6 4");
    let _ = writeln!(out, "  classDef dead stroke-dasharray: 3 3,opacity: 0.6");
    for (at, node) in graph.nodes.iter().enumerate() {
        match (&node.dead, node.enabled) {
            (Some(_), _) => _ = writeln!(out, "  class n{at} dead"),
            (None, false) => _ = writeln!(out, "  class n{at} off"),
            (None, true) => {}
        }
    }
    if !dead.is_empty() {
        let _ = writeln!(out, "  linkStyle {} opacity: 0.6", dead.join(","));
    }
    out
}

/// The language of Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail; every result below is dropped for that reason.
    let _ = writeln!(out, "digraph {} {{", dot_text(&graph.name));
    let _ = writeln!(out, "  node [shape=box, style=rounded];\n  start [label=\"event\", shape=oval];");
    for (at, node) in graph.nodes.iter().enumerate() {
        let lines: Vec<_> = [&node.name].into_iter().chain(&node.lines).map(String::as_str).collect();
        let style = match (&node.dead, node.enabled) {
            (Some(_), _) => ", style=\"rounded,dashed\", color=gray, fontcolor=gray",
            (None, false) => ", style=\"rounded,dashed\"",
            (None, true) => "",
        };
        let _ = writeln!(out, "  n{at} [label={}{style}];", dot_text(&lines.join("\n")));
    }
    let _ = writeln!(out, "  finish [label=\"end\", shape=oval];");
    for (number, row) in graph.rows.iter().enumerate().filter(|(_, row)| row.len() > 1) {
        let members: Vec<_> = row.iter().map(|at| format!("n{at}")).collect();
        let _ = writeln!(out, "  subgraph cluster_{number} {{ label=\"side by side\"; {}; }}", members.join("; "));
    }
    for (from, to) in spine(graph) {
        let _ = writeln!(out, "  {from} -> {to};");
    }
    for edge in &graph.edges {
        let style = if edge.dead { ", style=dashed, color=gray, fontcolor=gray" } else { ", style=bold" };
        let _ = writeln!(out, "  {} -> {} [label={}{style}];", id(edge.from), id(edge.to), dot_text(&edge.label()));
    }
    out.push_str("}\n");
    out
}

fn id(end: End) -> String {
    match end {
        End::Node(at) => format!("n{at}"),
        End::End => "finish".to_owned(),
    }
}

/// Nodes that have no turn.
fn of_no_row(graph: &Graph) -> impl Iterator<Item = (usize, &Node)> {
    graph.nodes.iter().enumerate().filter(|(_, node)| node.kind != NodeKind::Stage)
}

/// The way of a run in which no rule acts, from each row to the next; a frame is entered at its first node and left at its
/// last one.
fn spine(graph: &Graph) -> Vec<(String, String)> {
    let globals = graph.nodes.iter().position(|node| node.kind == NodeKind::Globals);
    let queued =
        graph.rows.iter().filter(|row| row.iter().any(|at| graph.nodes.get(*at).is_some_and(|node| node.queued)));
    let mut last = "start".to_owned();
    let mut spine = Vec::new();
    let rows =
        globals.into_iter().map(|at| (at, at)).chain(queued.filter_map(|row| Some((*row.first()?, *row.last()?))));
    for (first, end) in rows {
        spine.push((last, format!("n{first}")));
        last = format!("n{end}");
    }
    spine.push((last, "finish".to_owned()));
    spine
}

/// Text without line ends, which end what they stand in.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text where nothing can be escaped: without what could mean something.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || "-_.,() ".contains(c) { c } else { ' ' }).collect()
}

/// Text in quotes of Mermaid: what means something there, or in the HTML it becomes, as a number.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '|' | '\\' | '{' | '}' | ';' | '%' => {
                out += &format!("#{};", u32::from(c))
            }
            c => out.push(c),
        }
    }
    out
}

fn dot_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes() {
        assert_eq!(mermaid_text("a\"]; b\n#"), "a#34;]#59; b #35;");
        assert_eq!(dot_text("a\"\\\n"), "\"a\\\"\\\\\\n\"");
    }
}
