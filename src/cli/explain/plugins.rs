//! The plugins of a stage for people: outermost first, what is not the default before what is.

use std::fmt::Write;

use cascata_runtime::engine::StagePlugins;
use cascata_runtime::plugins::{Origin, ResolvedOption, ResolvedPlugin};

use super::render::short;

/// Writes the plugins of a stage, a line each.
pub(super) fn write(out: &mut String, composed: &StagePlugins) {
    // Writing into a string cannot fail; every result below is dropped for that reason.
    if composed.off {
        let _ = writeln!(out, "    plugins: none runs, CASCATA_RESILIENCE__ENABLED is false");
        return;
    }
    let _ = writeln!(out, "    plugins, outermost first:");
    for plugin in &composed.plugins {
        let _ = writeln!(out, "      {}{}", plugin.name, options(plugin));
    }
}

fn options(plugin: &ResolvedPlugin) -> String {
    let (defaults, set): (Vec<_>, Vec<_>) = plugin.options.iter().partition(|option| option.from == Origin::Default);
    let set: Vec<String> = set.iter().map(|option| format!("{} ({})", value(option), origin(&option.from))).collect();
    let defaults: Vec<String> = defaults.iter().map(|option| value(option)).collect();
    let mut text = String::new();
    if !set.is_empty() {
        let _ = write!(text, "  {}", set.join(", "));
    }
    if !defaults.is_empty() {
        let _ = write!(text, "  default: {}", defaults.join(", "));
    }
    text
}

fn value(option: &ResolvedOption) -> String {
    let text = option.value.as_str().map_or_else(|| option.value.to_string(), str::to_owned);
    format!("{} {}", option.name, short(&text))
}

fn origin(from: &Origin) -> String {
    match from {
        Origin::Default => "default".to_owned(),
        Origin::Preset(name) => format!("preset {name}"),
        Origin::Environment(variable) => variable.clone(),
        _ => "cascade".to_owned(),
    }
}
