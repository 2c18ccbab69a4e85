//! What may stand in a stage's `plugins:` list, and the options of the plugins that come with Cascata.
//!
//! A plugin wraps the handler of a stage on the host's side. The list names the outermost first:
//!
//! ```yaml
//! plugins:
//!   - cache: {ttl_seconds: 60}
//!   - retry: {max_retries: 2, jitter: full}
//!   - metrics
//!   - circuit_breaker
//! ```
//!
//! An entry is a name, or a mapping of one name to its options. [`BUILTIN_PLUGINS`] is the one table of
//! names; any other name is kept as [`PluginUse::Custom`] for the plugins that a host registers.
//! Every option has one canonical key; the keys that older configurations use are accepted through
//! [`BuiltinPlugin::aliases`], and writing a key twice under two names is an error.

mod alias;
mod builder;
mod contextforge;
mod file;
mod options;
mod presets;
mod stack;
mod together;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

pub use alias::{AliasConversion, OptionAlias};
pub use builder::PluginList;
pub use contextforge::Manifest;
pub use file::{PluginStackFile, SharedPluginFile, SharedPluginsFile, StagePluginsFile};
pub use options::{
    AdaptiveBulkheadOptions, BreakerPreset, BulkheadOptions, CacheOptions, CircuitBreakerOptions, CoalesceOptions,
    ErrorPattern, FallbackLevel, FallbackOptions, FallbackStep, HedgeOptions, IdempotencyOptions, Jitter,
    MetricsOptions, OnExhausted, OnLimit, OnOutage, RateLimitOptions, RateStrategy, RetryAdvice, RetryMode,
    RetryOptions, RetryPolicy, RetryPreset, RetryStrategy, StageRetryPolicy, ThrottleOptions, TimeoutOptions,
};
pub use stack::{DEFAULT_STACK, default_stack};

/// One row of the table of plugins that come with Cascata.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BuiltinPlugin {
    /// The name in a `plugins:` list.
    pub name: &'static str,
    /// What the plugin does, one line.
    pub about: &'static str,
    /// Older names of its options.
    pub aliases: &'static [OptionAlias],
}

impl BuiltinPlugin {
    /// The row of a name; `None` when no plugin of that name comes with Cascata.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        BUILTIN_PLUGINS.iter().find(|builtin| builtin.name == name)
    }
}

/// Why an entry of a `plugins:` list cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginUseError {
    /// Neither a name nor a mapping of one name to options.
    #[error("a plugin is a name, or a mapping of one name to its options; this is {found}")]
    Shape {
        /// What stands there.
        found: String,
    },
    /// The options of a plugin are not a mapping.
    #[error("the options of plugin `{plugin}` must be a mapping; this is {found}")]
    OptionsShape {
        /// The plugin.
        plugin: String,
        /// What stands there.
        found: &'static str,
    },
    /// One option is given twice, under two of its names.
    #[error("plugin `{plugin}`: `{first}` and `{second}` are the same option; keep `{canonical}` only")]
    BothNames {
        /// The plugin.
        plugin: String,
        /// The name met first.
        first: String,
        /// The name met second.
        second: String,
        /// The canonical name.
        canonical: &'static str,
    },
    /// The value under an older name cannot be converted to the unit of the canonical one.
    #[error("plugin `{plugin}`: `{alias}` must be {expected}")]
    AliasValue {
        /// The plugin.
        plugin: String,
        /// The older name.
        alias: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// An option is unknown, has the wrong type or is out of its range.
    #[error("plugin `{plugin}`: {message}")]
    Options {
        /// The plugin.
        plugin: String,
        /// What is wrong.
        message: String,
    },
    /// Options that cannot stand together.
    #[error("plugin `{plugin}`: {message}")]
    Together {
        /// The plugin.
        plugin: &'static str,
        /// What is wrong.
        message: String,
        /// What to write instead.
        help: &'static str,
    },
}

impl PluginUseError {
    /// What to write instead, where there is one answer.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Together { help, .. } => Some(*help),
            _ => None,
        }
    }
}

/// The table: documentation, variant, type of the options, name, older option names.
macro_rules! builtins {
    ($( $(#[doc = $about:literal])+ $variant:ident($options:ty) = $name:literal, $aliases:path; )+) => {
        /// One entry of a stage's `plugins:` list.
        #[derive(Clone, PartialEq, Debug)]
        #[non_exhaustive]
        #[expect(clippy::large_enum_variant, reason = "a few for each stage, made when a program is read")]
        pub enum PluginUse {
            $( $(#[doc = $about])+ $variant($options), )+
            /// A plugin that the host registers under a name of its own.
            Custom {
                /// The name it is registered under.
                name: String,
                /// Its options as written; an empty mapping when there are none.
                options: Value,
            },
        }

        /// Every plugin that comes with Cascata.
        pub const BUILTIN_PLUGINS: &[BuiltinPlugin] = &[
            $( BuiltinPlugin { name: $name, about: concat!($($about),+).trim_ascii(), aliases: $aliases }, )+
        ];

        impl PluginUse {
            /// The name in the list.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $name, )+
                    Self::Custom { name, .. } => name,
                }
            }

            /// Reads a name with its options: the typed ones of [`BUILTIN_PLUGINS`], or a custom plugin's.
            ///
            /// # Errors
            /// When an option of a built-in plugin is unknown, given twice, of the wrong type or out of range.
            pub fn new(name: &str, options: Value) -> Result<Self, PluginUseError> {
                let plugin = match name {
                    $( $name => typed::<$options>($name, $aliases, options).map(Self::$variant), )+
                    _ => Ok(Self::Custom {
                        name: name.to_owned(),
                        options: if options.is_null() { Value::Object(Map::new()) } else { options },
                    }),
                }?;
                together::check(&plugin)?;
                Ok(plugin)
            }

            /// The options as JSON, every one that is set, under canonical names.
            #[must_use]
            pub fn options(&self) -> Value {
                match self {
                    $( Self::$variant(options) => serde_json::to_value(options).unwrap_or_default(), )+
                    Self::Custom { options, .. } => options.clone(),
                }
            }

            /// Whether every option has its default.
            #[must_use]
            pub fn is_plain(&self) -> bool {
                match self {
                    $( Self::$variant(options) => *options == <$options>::default(), )+
                    Self::Custom { options, .. } => options.as_object().is_some_and(Map::is_empty),
                }
            }
        }

        /// The schema of the options of every built-in plugin, by name.
        fn option_schemas(generator: &mut SchemaGenerator) -> Map<String, Value> {
            let mut all = Map::new();
            $( all.insert($name.to_owned(), optional(generator.subschema_for::<$options>())); )+
            all
        }
    };
}

builtins! {
    /// Answers from an earlier result for the same input.
    Cache(CacheOptions) = "cache", alias::CACHE;
    /// Calls again after a failure that may pass.
    Retry(RetryOptions) = "retry", alias::RETRY;
    /// Counts calls, failures and time.
    Metrics(MetricsOptions) = "metrics", alias::NONE;
    /// Rejects calls for a while after too many failures.
    CircuitBreaker(CircuitBreakerOptions) = "circuit_breaker", alias::CIRCUIT_BREAKER;
    /// Bounds one call of what stands behind it.
    Timeout(TimeoutOptions) = "timeout", alias::TIMEOUT;
    /// Bounds how many calls run at a time.
    Bulkhead(BulkheadOptions) = "bulkhead", alias::BULKHEAD;
    /// Bounds how many calls run at a time, by how fast they are.
    AdaptiveBulkhead(AdaptiveBulkheadOptions) = "adaptive_bulkhead", alias::ADAPTIVE_BULKHEAD;
    /// Refuses calls over a rate.
    RateLimit(RateLimitOptions) = "rate_limit", alias::RATE;
    /// Makes calls over a rate wait their turn.
    Throttle(ThrottleOptions) = "throttle", alias::RATE;
    /// Gives a result where the handler has none.
    Fallback(FallbackOptions) = "fallback", alias::FALLBACK;
    /// Makes one call of several with the same input at the same time.
    Coalesce(CoalesceOptions) = "coalesce", alias::NONE;
    /// Makes a second call when the first is slow.
    Hedge(HedgeOptions) = "hedge", alias::HEDGE;
    /// Runs a call once for each key, and gives its result to all others.
    Idempotency(IdempotencyOptions) = "idempotency", alias::IDEMPOTENCY;
}

impl PluginUse {
    /// Reads an entry of the list.
    ///
    /// # Errors
    /// When it is neither a name nor a mapping of one name to options, or [`PluginUse::new`] refuses it.
    pub fn from_value(value: Value) -> Result<Self, PluginUseError> {
        match value {
            Value::String(name) => Self::new(&name, Value::Null),
            Value::Object(map) if map.len() > 1 => {
                Err(PluginUseError::Shape { found: format!("a mapping with {} keys", map.len()) })
            }
            Value::Object(map) => match map.into_iter().next() {
                Some((name, options)) => Self::new(&name, options),
                None => Err(PluginUseError::Shape { found: "an empty mapping".to_owned() }),
            },
            other => Err(PluginUseError::Shape { found: kind(&other).to_owned() }),
        }
    }
}

impl PluginUse {
    /// What is called in place of the handler, in the order in which it is tried.
    pub fn fallbacks(&self) -> impl Iterator<Item = &FallbackStep> {
        let steps: &[FallbackStep] = match self {
            Self::Fallback(options) => &options.steps,
            Self::CircuitBreaker(options) => &options.fallback,
            Self::RateLimit(options) => &options.fallback,
            Self::Throttle(options) => &options.fallback,
            _ => &[],
        };
        steps.iter()
    }

    /// The name of the store that its state is kept in; none where that is memory of the process.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        match self {
            Self::Idempotency(options) => options.store.as_deref(),
            Self::CircuitBreaker(options) => options.store.as_deref(),
            Self::RateLimit(options) => options.store.as_deref(),
            Self::Throttle(options) => options.store.as_deref(),
            Self::Cache(options) => options.store.as_deref(),
            _ => None,
        }
    }
}

/// Options of a built-in plugin: older names replaced, then read strictly.
fn typed<T: DeserializeOwned>(
    plugin: &'static str,
    aliases: &'static [OptionAlias],
    options: Value,
) -> Result<T, PluginUseError> {
    let map = match options {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        other => {
            return Err(PluginUseError::OptionsShape { plugin: plugin.to_owned(), found: kind(&other) });
        }
    };
    let map = presets::filled_in(plugin, alias::canonical(plugin, aliases, map)?);
    serde_json::from_value(Value::Object(map))
        .map_err(|error| PluginUseError::Options { plugin: plugin.to_owned(), message: error.to_string() })
}

/// What a JSON value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

impl<'de> Deserialize<'de> for PluginUse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The name alone where every option has its default, else a mapping with canonical keys.
impl Serialize for PluginUse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            return serializer.serialize_str(self.name());
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name(), &self.options())?;
        map.end()
    }
}

impl JsonSchema for PluginUse {
    fn schema_name() -> Cow<'static, str> {
        "PluginUse".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = BUILTIN_PLUGINS.iter().map(|builtin| builtin.name).collect();
        let options = option_schemas(generator);
        json_schema!({
            "description": "A plugin around the stage's handler: a name, or a mapping of one name to its options. \
                The first of the list is the outermost.",
            "anyOf": [
                { "type": "string", "enum": names },
                { "type": "string", "description": "A plugin that the host registers." },
                { "type": "object", "minProperties": 1, "maxProperties": 1, "properties": options },
            ],
        })
    }
}

/// A schema that also takes null: `- cache:` in YAML is a mapping to null and means the defaults.
fn optional(schema: Schema) -> Value {
    serde_json::json!({ "anyOf": [schema.to_value(), { "type": "null" }] })
}

#[cfg(test)]
mod tests;
