//! Plots as inline SVG: points joined by lines, and tables of shades.

use std::fmt::Write as _;

/// The drawing area, in pixels, and the room for labels around it.
const SIZE: (f64, f64) = (520.0, 260.0);
const MARGIN: f64 = 48.0;

/// One line of a plot.
pub struct Line {
    /// Its name, in the legend.
    pub name: String,
    /// The class that colours it.
    pub class: &'static str,
    /// x, y and what a pointer shows.
    pub points: Vec<(f64, f64, String)>,
}

/// A plot of lines over the ranges they have.
pub fn lines(title: &str, (x_name, y_name): (&str, &str), all: &[Line], marked: Option<f64>) -> String {
    let points = || all.iter().flat_map(|line| &line.points);
    let (x, y) = (range(points().map(|point| point.0)), range(points().map(|point| point.1)));
    let at = |px: f64, py: f64| {
        let across = MARGIN + (px - x.0) / (x.1 - x.0) * (SIZE.0 - 2.0 * MARGIN);
        let down = SIZE.1 - MARGIN - (py - y.0) / (y.1 - y.0) * (SIZE.1 - 2.0 * MARGIN);
        (across, down)
    };
    let mut out = format!(
        "<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\"><title>{}</title>\n",
        SIZE.0,
        SIZE.1,
        escaped(title),
        escaped(title)
    );
    axes(&mut out, x, y, x_name, y_name);
    if let Some(marked) = marked {
        let (across, _) = at(marked, y.0);
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            out,
            "<line class=\"mark\" x1=\"{across:.1}\" y1=\"{MARGIN}\" x2=\"{across:.1}\" y2=\"{:.1}\"/>",
            SIZE.1 - MARGIN
        );
    }
    for line in all {
        let path: Vec<_> =
            line.points.iter().map(|point| at(point.0, point.1)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polyline class=\"{}\" points=\"{}\"/>", line.class, path.join(" "));
        for point in &line.points {
            let (across, down) = at(point.0, point.1);
            let _ = writeln!(
                out,
                "<circle class=\"{}\" cx=\"{across:.1}\" cy=\"{down:.1}\" r=\"3\"><title>{}</title></circle>",
                line.class,
                escaped(&point.2)
            );
        }
    }
    out.push_str("</svg><figcaption>");
    for line in all {
        let _ = write!(out, "<span class=\"{}\">&#9632;</span> {} ", line.class, escaped(&line.name));
    }
    out + "</figcaption></figure>\n"
}

fn axes(out: &mut String, x: (f64, f64), y: (f64, f64), x_name: &str, y_name: &str) {
    let (right, bottom) = (SIZE.0 - MARGIN, SIZE.1 - MARGIN);
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{MARGIN} {MARGIN}V{bottom}H{right}\"/>");
    let mut text = |x: f64, y: f64, anchor: &str, text: &str| {
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", escaped(text));
    };
    text(MARGIN, bottom + 16.0, "middle", &number(x.0));
    text(right, bottom + 16.0, "middle", &number(x.1));
    text(MARGIN - 6.0, bottom, "end", &number(y.0));
    text(MARGIN - 6.0, MARGIN + 4.0, "end", &number(y.1));
    text(f64::midpoint(MARGIN, right), bottom + 32.0, "middle", x_name);
    text(MARGIN, MARGIN - 12.0, "start", y_name);
}

/// A square table of shades: how much of the row's rule the column's rule answers too.
pub fn shades(names: &[String], table: &[Vec<u64>]) -> String {
    let cell = (440.0 / names.len().max(1) as f64).clamp(8.0, 32.0);
    let side = cell * names.len() as f64 + 24.0;
    let mut out = format!(
        "<figure><svg viewBox=\"0 0 {side} {side}\" style=\"max-width:{side}px\" role=\"img\" aria-label=\"overlap of rules\"><title>overlap of rules</title>\n"
    );
    for (row, counts) in table.iter().enumerate() {
        let own = counts.get(row).copied().unwrap_or(0).max(1) as f64;
        let down = 20.0 + cell * row as f64;
        let _ = writeln!(out, "<text x=\"16\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", down + cell * 0.7, row + 1);
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"14\" text-anchor=\"middle\">{}</text>",
            20.0 + cell * (row as f64 + 0.5),
            row + 1
        );
        for (column, both) in counts.iter().enumerate() {
            let across = 20.0 + cell * column as f64;
            let share = *both as f64 / own;
            let name = |at: usize| names.get(at).map_or("", String::as_str);
            let told =
                format!("{} of {}: {both} also by {}", counts.get(row).copied().unwrap_or(0), name(row), name(column));
            let _ = writeln!(
                out,
                "<rect class=\"shade\" x=\"{across:.1}\" y=\"{down:.1}\" width=\"{cell:.1}\" height=\"{cell:.1}\" fill-opacity=\"{share:.3}\"><title>{}</title></rect>",
                escaped(&told)
            );
        }
    }
    out + "</svg></figure>\n"
}

/// From the least to the most, never empty.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    if high > low { (low, high) } else { (low - 0.5, high + 0.5) }
}

fn number(number: f64) -> String {
    let size = number.abs();
    if size >= 1e6 || (size > 0.0 && size < 1e-3) {
        format!("{number:.1e}")
    } else {
        let text = format!("{number:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// As text of HTML or SVG, in attributes too.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in XML, and nothing to see.
            sign if sign.is_control() && sign != '\n' => out.push(' '),
            sign => out.push(sign),
        }
    }
    out
}
