//! Where everything stands in the drawing.
//!
//! A cascade has an order already: that of its queue. So all nodes stand in one column in that order, those that run side by
//! side in a frame; ends and jumps run in lanes on the right, switches in lanes on the left. No line crosses a
//! node or a label, whatever the cascade, which general layouts of graphs cannot promise.
//!
//! ```text
//!    enable ┌──────┐ label
//!    ┌──────┤ node ├────────┐
//!    │      └──┬───┘        │ lane
//!    │      ┌──▼───┐        │
//!    └─────▶│ node │◀───────┘
//!           └──────┘
//! ```

use std::collections::HashMap;

use super::model::{Edge, EdgeKind, End, Graph, Node, NodeKind};

/// The height of the line with a node's name, of another line, and of the room around them, in pixels.
pub const TITLE: i64 = 24;
/// The height of a line of text.
pub const LINE: i64 = 17;
/// The room between a border and what it is around.
pub const PADDING: i64 = 10;
/// The height of the place where an edge leaves or reaches a node.
const PORT: i64 = 22;
/// The room between two rows.
const GAP: i64 = 34;
/// The room between two lanes.
const LANE: i64 = 16;
/// The room between labels and the first lane.
const MARGIN: i64 = 20;
/// The least width of a node.
const NARROWEST: i64 = 170;
/// The most characters of a line in a node.
pub const MAX_LINE_CHARS: usize = 60;
/// The height of where the run begins and ends.
const PILL: i64 = 30;

/// A place with a size, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// The left border.
    pub x: i64,
    /// The upper border.
    pub y: i64,
    /// Width.
    pub width: i64,
    /// Height.
    pub height: i64,
}

impl Rect {
    /// The middle of the upper border.
    pub const fn top(&self) -> (i64, i64) {
        (self.x + self.width / 2, self.y)
    }

    /// The middle of the lower border.
    pub const fn bottom(&self) -> (i64, i64) {
        (self.x + self.width / 2, self.y + self.height)
    }
}

/// The way of an edge.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which edge.
    pub edge: usize,
    /// From the node to the lane, along it, and to where it leads.
    pub points: [(i64, i64); 4],
    /// Where its label begins, or ends on the left side.
    pub label: (i64, i64),
    /// Whether it is on the right side.
    pub right: bool,
}

/// The whole drawing.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
    /// Where the run begins and ends.
    pub start: Rect,
    /// Where the run ends.
    pub end: Rect,
    /// The nodes, by number.
    pub nodes: Vec<Rect>,
    /// The frames around nodes that run side by side.
    pub frames: Vec<Rect>,
    /// The way of a run in which no rule acts: from one to the next.
    pub spine: Vec<((i64, i64), (i64, i64))>,
    /// The edges.
    pub routes: Vec<Route>,
}

/// Lays a graph out.
pub fn layout(graph: &Graph) -> Layout {
    let ports = Ports::of(graph);
    let mut layout = column(graph, &ports);
    route(graph, &ports, &mut layout);
    layout
}

/// About how wide a text is, in pixels; `size` is that of its font.
pub fn text_width(text: &str, size: i64) -> i64 {
    let tenths: i64 = text.chars().map(|c| if c.is_ascii() { 6 } else { 10 }).sum();
    tenths * size / 10
}

/// Whether edges of this kind leave on the right.
const fn is_right(kind: EdgeKind) -> bool {
    matches!(kind, EdgeKind::End | EdgeKind::Drain | EdgeKind::SkipTo)
}

/// How many edges leave and reach each node on each side.
#[derive(Default)]
struct Ports {
    /// Edges that leave, by node and side, in order.
    leaving: HashMap<(usize, bool), Vec<usize>>,
    /// Nodes and sides that some edge reaches: all at one place.
    reached: HashMap<(usize, bool), ()>,
}

impl Ports {
    fn of(graph: &Graph) -> Self {
        let mut ports = Self::default();
        for (at, edge) in graph.edges.iter().enumerate() {
            let right = is_right(edge.kind);
            if let End::Node(from) = edge.from {
                ports.leaving.entry((from, right)).or_default().push(at);
            }
            if let End::Node(to) = edge.to {
                ports.reached.insert((to, right), ());
            }
        }
        ports
    }

    fn height(&self, node: usize, right: bool) -> i64 {
        let leaving = self.leaving.get(&(node, right)).map_or(0, Vec::len);
        let reached = usize::from(self.reached.contains_key(&(node, right)));
        i64::try_from(leaving + reached).unwrap_or(i64::MAX / PORT) * PORT
    }
}

fn node_width(node: &Node) -> i64 {
    let lines = node.lines.iter().map(|line| text_width(&super::model::shortened(line, MAX_LINE_CHARS), 12));
    let name = text_width(&super::model::shortened(&node.name, MAX_LINE_CHARS), 15);
    lines.chain([name]).max().unwrap_or(0) + 2 * PADDING
}

/// The column, with its left border at 0.
fn column(graph: &Graph, ports: &Ports) -> Layout {
    let mut layout = Layout { nodes: vec![Rect::default(); graph.nodes.len()], ..Layout::default() };
    let width = graph.nodes.iter().map(node_width).max().unwrap_or(0).max(NARROWEST);
    let pill = |y| Rect { x: width / 2 - 40, y, width: 80, height: PILL };
    layout.start = pill(PADDING);
    let mut y = PADDING + PILL + GAP;
    let mut last = layout.start;
    let globals: Vec<_> = kinds(graph, NodeKind::Globals).map(|node| vec![node]).collect();
    let is_queued = |row: &&Vec<usize>| row.iter().any(|node| graph.nodes.get(*node).is_some_and(|node| node.queued));
    let queued: Vec<_> = globals.iter().chain(graph.rows.iter().filter(is_queued)).collect();
    for row in queued {
        let placed = place(graph, ports, &mut layout, row, width, y);
        layout.spine.push((last.bottom(), placed.top()));
        y += placed.height + GAP;
        last = placed;
    }
    layout.end = pill(y);
    layout.spine.push((last.bottom(), layout.end.top()));
    y += PILL + GAP;
    let sets: Vec<_> = kinds(graph, NodeKind::Ruleset).map(|node| vec![node]).collect();
    let others: Vec<_> = graph.rows.iter().filter(|row| !is_queued(row)).chain(&sets).collect();
    for row in others {
        y += place(graph, ports, &mut layout, row, width, y).height + GAP;
    }
    layout.width = width;
    layout.height = y - GAP + PADDING;
    layout
}

fn kinds(graph: &Graph, kind: NodeKind) -> impl Iterator<Item = usize> {
    graph.nodes.iter().enumerate().filter(move |(_, node)| node.kind == kind).map(|(at, _)| at)
}

/// Places the nodes of a row below each other; what they take up together.
fn place(graph: &Graph, ports: &Ports, layout: &mut Layout, row: &[usize], width: i64, y: i64) -> Rect {
    let framed = row.len() > 1;
    let mut at = if framed { y + LINE + PADDING } else { y };
    for (position, node) in row.iter().enumerate() {
        let lines = graph.nodes.get(*node).map_or(0, |node| node.lines.len());
        let text = TITLE + i64::try_from(lines).unwrap_or(0) * LINE;
        let height = text.max(ports.height(*node, true)).max(ports.height(*node, false)) + PADDING;
        at += if position > 0 { PADDING } else { 0 };
        if let Some(place) = layout.nodes.get_mut(*node) {
            *place = Rect { x: 0, y: at, width, height };
        }
        at += height;
    }
    if !framed {
        return Rect { x: 0, y, width, height: at - y };
    }
    let frame = Rect { x: -PADDING, y, width: width + 2 * PADDING, height: at - y + PADDING };
    layout.frames.push(frame);
    frame
}

/// The ways of the edges; moves everything so that the drawing begins at 0.
fn route(graph: &Graph, ports: &Ports, layout: &mut Layout) {
    let frame = if layout.frames.is_empty() { 0 } else { PADDING };
    let mut left_edge = -frame - PADDING;
    let mut right_edge = layout.width + frame + PADDING;
    for right in [true, false] {
        let labels = graph.edges.iter().filter(|edge| is_right(edge.kind) == right);
        let Some(widest) = labels.map(|edge| text_width(&edge.label(), 12)).max() else { continue };
        let first = frame + widest + 2 * MARGIN;
        let lanes = Lanes::assign(graph, ports, layout, right);
        let outermost = first + lanes.count * LANE;
        let x_of = |lane: i64| if right { layout.width + first + lane * LANE } else { -first - lane * LANE };
        let border = if right { layout.width } else { 0 };
        let mut routes = Vec::new();
        for lane in lanes.taken {
            let (from, to) = lane.span;
            let target = match graph.edges.get(lane.edge).map(|edge| edge.to) {
                // The end is narrower than the nodes.
                Some(End::End) => layout.end.x + layout.end.width,
                _ => border,
            };
            let x = x_of(lane.lane);
            let label = if right { border + frame + 8 } else { border - frame - 8 };
            let points = [(border, from), (x, from), (x, to), (target, to)];
            routes.push(Route { edge: lane.edge, points, label: (label, from - 4), right });
        }
        layout.routes.append(&mut routes);
        if right {
            right_edge = layout.width + outermost + PADDING;
        } else {
            left_edge = -outermost - PADDING;
        }
    }
    layout.routes.sort_by_key(|route| route.edge);
    shift(layout, -left_edge);
    layout.width = right_edge - left_edge;
}

fn shift(layout: &mut Layout, by: i64) {
    let places = layout.nodes.iter_mut().chain(&mut layout.frames).chain([&mut layout.start, &mut layout.end]);
    places.for_each(|place| place.x += by);
    layout.spine.iter_mut().for_each(|(from, to)| {
        from.0 += by;
        to.0 += by;
    });
    for route in &mut layout.routes {
        route.points.iter_mut().for_each(|point| point.0 += by);
        route.label.0 += by;
    }
}

/// Which lane each edge of a side takes.
struct Lanes {
    taken: Vec<Taken>,
    count: i64,
}

struct Taken {
    edge: usize,
    /// Where it leaves and where it arrives.
    span: (i64, i64),
    lane: i64,
}

impl Lanes {
    /// Short ways first, each in the innermost free lane. Ways that lead to the same place in the same manner share one.
    fn assign(graph: &Graph, ports: &Ports, layout: &Layout, right: bool) -> Self {
        let mut ways: Vec<(usize, &Edge, (i64, i64))> = Vec::new();
        for (at, edge) in graph.edges.iter().enumerate().filter(|(_, edge)| is_right(edge.kind) == right) {
            let End::Node(from) = edge.from else { continue };
            let (Some(node), Some(leaving)) = (layout.nodes.get(from), ports.leaving.get(&(from, right))) else {
                continue;
            };
            let port = leaving.iter().position(|edge| *edge == at).unwrap_or(0);
            let leaves = node.y + PORT + i64::try_from(port).unwrap_or(0) * PORT;
            let arrives = match edge.to {
                End::End => layout.end.y + PILL / 2,
                End::Node(to) => layout.nodes.get(to).map_or(0, |to| to.y + to.height - PADDING),
            };
            ways.push((at, edge, (leaves, arrives)));
        }
        ways.sort_by_key(|(at, _, (from, to))| ((from - to).abs(), *at));
        let mut lanes: Vec<Vec<(i64, i64, End, EdgeKind)>> = Vec::new();
        let mut taken = Vec::new();
        for (edge, way, span) in ways {
            let (low, high) = (span.0.min(span.1), span.0.max(span.1));
            let fits = |lane: &Vec<(i64, i64, End, EdgeKind)>| {
                lane.iter().all(|(from, to, end, kind)| {
                    (*end, *kind) == (way.to, way.kind) || high + PORT / 2 < *from || low - PORT / 2 > *to
                })
            };
            let lane = lanes.iter().position(fits).unwrap_or_else(|| {
                lanes.push(Vec::new());
                lanes.len() - 1
            });
            lanes[lane].push((low, high, way.to, way.kind));
            taken.push(Taken { edge, span, lane: i64::try_from(lane).unwrap_or(0) });
        }
        Self { taken, count: i64::try_from(lanes.len()).unwrap_or(0) }
    }
}
