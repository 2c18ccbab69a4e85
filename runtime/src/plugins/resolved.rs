//! The options a plugin runs with, each with the place it comes from.

use super::Registry;
use cascata_config::PluginUse;
use serde::Serialize;
use serde_json::{Map, Value};

/// A plugin of a stage's list as it is composed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct ResolvedPlugin {
    /// Its name in the list.
    pub name: String,
    /// Every option that has a value, under canonical names.
    pub options: Vec<ResolvedOption>,
}

/// An option with its value.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct ResolvedOption {
    /// The canonical name.
    pub name: String,
    /// The value that counts.
    pub value: Value,
    /// Who set it.
    pub from: Origin,
}

/// Where the value of an option comes from. Images hold values, not how they were written: one that the cascade writes and
/// that would stand there anyway is that of the preset or the default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// It is the default.
    Default,
    /// It is that of the preset of this name.
    Preset(String),
    /// The cascade has it.
    Cascade,
    /// The environment variable of this name sets it.
    Environment(String),
}

impl Registry {
    /// The options that an entry of a stage's list runs with. None when the environment turns plugins off.
    #[must_use]
    pub fn resolve(&self, plugin: &PluginUse, stage: &str) -> Option<ResolvedPlugin> {
        if self.overrides.disabled() {
            return None;
        }
        let written = map(plugin);
        let mut options = Value::Object(written.clone());
        self.overrides.apply(plugin.name(), stage, &mut options);
        // Those of the environment were read one by one when they were set, so what is wrong here fails at loading too.
        let options = PluginUse::new(plugin.name(), options.clone()).map_or(options, |plugin| plugin.options());
        let bases = Bases::of(plugin, &written);
        let own = |(name, value): (&String, &Value)| ResolvedOption {
            from: match self.overrides.variable(plugin.name(), stage, name) {
                Some(variable) => Origin::Environment(variable),
                None => bases.origin(name, value),
            },
            name: name.clone(),
            value: value.clone(),
        };
        let options = options.as_object().map(|options| options.iter().map(own).collect()).unwrap_or_default();
        Some(ResolvedPlugin { name: plugin.name().to_owned(), options })
    }
}

/// What stands where nothing is written.
struct Bases {
    defaults: Map<String, Value>,
    preset: Option<(String, Map<String, Value>)>,
}

impl Bases {
    fn of(plugin: &PluginUse, written: &Map<String, Value>) -> Self {
        let with = |options: Value| PluginUse::new(plugin.name(), options).map(|plugin| map(&plugin));
        let preset = written.get("preset").filter(|_| !matches!(plugin, PluginUse::Custom { .. }));
        let preset = preset.and_then(|preset| {
            let name = preset.as_str()?.to_owned();
            Some((name, with(serde_json::json!({ "preset": preset })).ok()?))
        });
        Self { defaults: with(Value::Null).unwrap_or_default(), preset }
    }

    fn origin(&self, name: &str, value: &Value) -> Origin {
        let default = self.defaults.get(name);
        match &self.preset {
            Some((preset, options)) if name != "preset" && options.get(name) != default => match options.get(name) {
                Some(there) if there == value => Origin::Preset(preset.clone()),
                _ => Origin::Cascade,
            },
            _ if default == Some(value) => Origin::Default,
            _ => Origin::Cascade,
        }
    }
}

fn map(plugin: &PluginUse) -> Map<String, Value> {
    match plugin.options() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Overrides;
    use crate::plugins::tests::uses;
    use serde_json::json;

    fn resolved(vars: &[(&str, &str)], entry: Value) -> Option<ResolvedPlugin> {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (overrides, unused) = Overrides::from_vars(vars);
        assert_eq!(unused, []);
        Registry::with_builtins().with_overrides(overrides).resolve(&uses(json!([entry]))[0], "my stage")
    }

    fn option(plugin: &ResolvedPlugin, name: &str) -> (Value, Origin) {
        let found = plugin.options.iter().find(|option| option.name == name).unwrap();
        (found.value.clone(), found.from.clone())
    }

    #[test]
    fn every_option_names_its_origin() {
        let variable = "CASCATA_RESILIENCE__STAGES__MY_STAGE__RETRY__CAP_MS";
        let retry = json!({"retry": {"preset": "aggressive", "max_retries": 7, "cap_ms": 9000, "multiplier": 2}});
        let plugin = resolved(&[("CASCATA_RESILIENCE__RETRY__CAP_MS", "4"), (variable, "5000")], retry).unwrap();
        assert_eq!(option(&plugin, "max_retries"), (json!(7), Origin::Cascade));
        assert_eq!(option(&plugin, "cap_ms"), (json!(5000), Origin::Environment(variable.to_owned())));
        assert_eq!(option(&plugin, "jitter"), (json!("equal"), Origin::Preset("aggressive".to_owned())));
        // The default, but the preset says otherwise, so the cascade must have written it.
        assert_eq!(option(&plugin, "multiplier"), (json!(2.0), Origin::Cascade));
        assert_eq!(option(&plugin, "strategy"), (json!("exponential"), Origin::Default));
        assert_eq!(option(&plugin, "preset"), (json!("aggressive"), Origin::Cascade));
    }

    #[test]
    fn plugins_of_the_host_have_what_the_cascade_says() {
        let plugin = resolved(&[], json!({"audit": {"preset": "all", "depth": 2}})).unwrap();
        assert_eq!(option(&plugin, "depth"), (json!(2), Origin::Cascade));
        assert_eq!(option(&plugin, "preset"), (json!("all"), Origin::Cascade));
    }

    #[test]
    fn nothing_is_composed_where_the_environment_turns_plugins_off() {
        assert_eq!(resolved(&[("CASCATA_RESILIENCE__ENABLED", "false")], json!("retry")), None);
    }
}
