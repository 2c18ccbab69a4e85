//! Options of plugins that the environment sets, over those that programs say.
//!
//! ```text
//! CASCATA_RESILIENCE__ENABLED=false                            no plugin runs
//! CASCATA_RESILIENCE__RETRY__MAX_RETRIES=0                     an option of a plugin, wherever it is listed
//! CASCATA_RESILIENCE__STAGES__SCORE__RETRY__MAX_RETRIES=0      the same for one stage; stronger
//! ```
//!
//! Names are compared without case, and what is neither letter nor digit in a stage's name is written as one `_`. Values are JSON,
//! or else text.

use cascata_config::{BUILTIN_PLUGINS, PluginUse};
use serde_json::{Map, Value};

/// What all names begin with.
const PREFIX: &str = "CASCATA_RESILIENCE__";

/// What the environment says of plugins.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Overrides {
    disabled: bool,
    /// In the order in which they count: those for one stage last.
    options: Vec<Override>,
}

#[derive(Clone, PartialEq, Debug)]
struct Override {
    /// The variable that says it.
    variable: String,
    /// The stage's name as a variable has it; none for every stage.
    stage: Option<String>,
    plugin: &'static str,
    option: Vec<String>,
    value: Value,
}

/// A variable that says nothing of plugins that there are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{variable}: {message}")]
pub struct UnusedVariable {
    /// Its name.
    pub variable: String,
    /// What is wrong with it.
    pub message: String,
}

impl Overrides {
    /// Reads variables, `std::env::vars()` for example; others than its own are passed over. Those that cannot be used are returned
    /// and have no effect.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> (Self, Vec<UnusedVariable>) {
        let (mut all, mut unused) = (Self::default(), Vec::new());
        for (variable, text) in vars {
            let Some(path) = variable.strip_prefix(PREFIX) else { continue };
            if let Err(message) = all.read(&variable, path, &text) {
                unused.push(UnusedVariable { variable, message });
            }
        }
        all.options.sort_by_key(|one| one.stage.is_some());
        (all, unused)
    }

    fn read(&mut self, variable: &str, path: &str, text: &str) -> Result<(), String> {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
        let (stage, path) = match path.as_slice() {
            [enabled] if enabled == "enabled" => {
                self.disabled = !value.as_bool().ok_or("is true or false")?;
                return Ok(());
            }
            [stages, stage, rest @ ..] if stages == "stages" => (Some(stage.clone()), rest),
            path => (None, path),
        };
        let [plugin, option @ ..] = path else { return Err("names no plugin".to_owned()) };
        let Some(builtin) = BUILTIN_PLUGINS.iter().find(|builtin| builtin.name == plugin.as_str()) else {
            return Err(format!("there is no plugin `{plugin}`"));
        };
        if option.is_empty() {
            return Err(format!("names no option of `{plugin}`"));
        }
        if option.first().is_some_and(|name| name == "preset") {
            // A program has every option that its preset stands for; another preset would change nothing.
            return Err("a preset is named by the cascade; variables set the options it stands for".to_owned());
        }
        let variable = variable.to_owned();
        let one = Override { variable, stage, plugin: builtin.name, option: option.to_vec(), value };
        let mut alone = Value::Object(Map::new());
        one.apply(&mut alone);
        PluginUse::new(builtin.name, alone).map_err(|error| error.to_string())?;
        self.options.push(one);
        Ok(())
    }

    /// Whether plugins run at all.
    pub(super) const fn disabled(&self) -> bool {
        self.disabled
    }

    /// The options of a plugin with what the environment says of them.
    pub(super) fn apply(&self, plugin: &str, stage: &str, options: &mut Value) {
        for one in self.of(plugin, stage) {
            one.apply(options);
        }
    }

    /// The variable that sets an option of a plugin, or a part of it, last.
    pub(super) fn variable(&self, plugin: &str, stage: &str, option: &str) -> Option<String> {
        let last = self.of(plugin, stage).filter(|one| one.option.first().is_some_and(|name| name == option)).last();
        last.map(|one| one.variable.clone())
    }

    /// What is said of a plugin around a stage, in the order in which it counts.
    fn of<'o>(&'o self, plugin: &'o str, stage: &str) -> impl Iterator<Item = &'o Override> {
        let stage = as_variable(stage);
        self.options
            .iter()
            .filter(move |one| one.plugin == plugin && one.stage.as_ref().is_none_or(|named| *named == stage))
    }
}

impl Override {
    fn apply(&self, options: &mut Value) {
        let mut at = options;
        for key in &self.option {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            let Some(map) = at.as_object_mut() else { return };
            at = map.entry(key.clone()).or_insert(Value::Null);
        }
        *at = self.value.clone();
    }
}

/// A stage's name as it stands in a variable, in lower case.
fn as_variable(stage: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    stage.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;
    use crate::plugins::tests::{Do, PROGRAM, Script, call, run, uses};
    use crate::plugins::{PluginContext, Registry, compose};
    use serde_json::json;

    fn read(vars: &[(&str, &str)]) -> (Overrides, Vec<UnusedVariable>) {
        Overrides::from_vars(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    async fn calls(vars: &[(&str, &str)], stage: &str) -> usize {
        let (overrides, unused) = read(vars);
        assert_eq!(unused, []);
        let script = Script::new([Do::Fail(FailureKind::Handler)]);
        let registry = Registry::with_builtins().with_overrides(overrides);
        let cx = PluginContext::new(stage, PROGRAM);
        let list = uses(json!([{"retry": {"max_retries": 4, "base_ms": 1}}]));
        let service = compose(&registry, &list, script.service(), &cx).unwrap();
        run(&service, call()).await.unwrap_err();
        script.count()
    }

    #[tokio::test(start_paused = true)]
    async fn the_environment_counts_over_the_program_and_a_stage_over_all() {
        assert_eq!(calls(&[], "my stage").await, 5);
        assert_eq!(calls(&[("CASCATA_RESILIENCE__RETRY__MAX_RETRIES", "2"), ("OTHER", "x")], "my stage").await, 3);
        let both = [
            ("CASCATA_RESILIENCE__STAGES__MY_STAGE__RETRY__MAX_RETRIES", "1"),
            ("CASCATA_RESILIENCE__RETRY__MAX_RETRIES", "2"),
        ];
        assert_eq!(calls(&both, "my stage").await, 2);
        assert_eq!(calls(&both, "other").await, 3);
        assert_eq!(calls(&[("CASCATA_RESILIENCE__ENABLED", "false")], "s").await, 1);
    }

    #[test]
    fn what_says_nothing_is_reported_and_has_no_effect() {
        let (overrides, unused) = read(&[
            ("CASCATA_RESILIENCE__ENABLED", "perhaps"),
            ("CASCATA_RESILIENCE__RETRIES__MAX_RETRIES", "2"),
            ("CASCATA_RESILIENCE__RETRY__MAX_RETRYS", "2"),
            ("CASCATA_RESILIENCE__RETRY__MAX_RETRIES", "many"),
            ("CASCATA_RESILIENCE__RETRY", "2"),
            ("CASCATA_RESILIENCE__STAGES__S", "2"),
            ("CASCATA_RESILIENCE__RETRY__PRESET", "aggressive"),
        ]);
        assert_eq!((overrides, unused.len()), (Overrides::default(), 7));
        assert!(unused[2].to_string().contains("max_retrys"), "{}", unused[2]);
    }

    #[test]
    fn nested_options_and_text_can_be_set() {
        let (overrides, unused) = read(&[
            ("CASCATA_RESILIENCE__RETRY__ANNOTATE__POLICY", "false"),
            ("CASCATA_RESILIENCE__RETRY__JITTER", "full"),
        ]);
        assert_eq!(unused, []);
        let mut options = json!({"annotate": {"attempt_count": false}, "jitter": "none"});
        overrides.apply("retry", "s", &mut options);
        assert_eq!(options, json!({"annotate": {"attempt_count": false, "policy": false}, "jitter": "full"}));
    }
}
