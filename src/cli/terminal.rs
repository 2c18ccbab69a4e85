//! What the terminal can show.

use std::io::IsTerminal;

/// Whether stderr gets colours: a terminal, and neither `NO_COLOR` nor a dumb terminal says no.
pub fn color_stderr() -> bool {
    wants_color() && std::io::stderr().is_terminal()
}

/// Whether stdout gets colours.
pub fn color_stdout() -> bool {
    wants_color() && std::io::stdout().is_terminal()
}

fn wants_color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !set("NO_COLOR") && !dumb
}

/// The width for text that wraps, in columns; 100 where there is no terminal.
pub fn width() -> usize {
    let (_, columns) = console::Term::stderr().size_checked().unwrap_or((24, 100));
    usize::from(columns).clamp(60, 160)
}

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 event`, `2 events`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// Rows below each other: the first column is text, the others stand right.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        for (at, (width, cell)) in widths.iter().zip(row).enumerate() {
            out += &match at {
                0 => format!("  {cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        out.push('\n');
    }
    out
}

/// A time in the unit that reads best.
pub fn duration_us(microseconds: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let us = microseconds as f64;
    match microseconds {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us / 1e3),
        1_000_000..60_000_000 => format!("{:.2} s", us / 1e6),
        _ => format!("{:.1} min", us / 6e7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(12_345_678), "12,345,678");
    }
}
