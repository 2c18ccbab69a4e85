//! Why the plugins of a stage cannot be put together. All of these are found when a program is loaded, never at an event.

/// A plugin list that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// No plugin is registered under this name.
    #[error("stage `{stage}`: there is no plugin `{name}`; registered are {}", known.join(", "))]
    Unknown {
        /// The stage.
        stage: String,
        /// The name in its list.
        name: String,
        /// Every registered name, sorted.
        known: Vec<String>,
    },
    /// The plugin does not take these options.
    #[error("stage `{stage}`, plugin `{name}`: {message}")]
    Options {
        /// The stage.
        stage: String,
        /// The plugin.
        name: String,
        /// What is wrong with them.
        message: String,
    },
    /// Two stages of one program give a shared instance different options.
    #[error("stage `{stage}`: {plugin} `{name}` is shared, but another stage of this cascade gives it other options")]
    Conflict {
        /// The stage met second.
        stage: String,
        /// The plugin.
        plugin: &'static str,
        /// The name of the shared instance.
        name: String,
    },
    /// The stage may read what its cache key cannot hold.
    #[error(
        "stage `{stage}`: its results depend on {} too, which no cache key can hold; \
         `cacheable: true` on the cache plugin says that they may be reused all the same",
        because.join(", ")
    )]
    NotCacheable {
        /// The stage.
        stage: String,
        /// What it may use: `http`, `kv`, `clock`.
        because: Vec<String>,
    },
    /// A fallback leads to a stage or handler that does not exist.
    #[error("stage `{stage}`: a fallback calls {what}, which has no handler here")]
    NoFallback {
        /// The stage whose plugin it is.
        stage: String,
        /// What it calls.
        what: String,
    },
    /// A plugin that makes calls more than once stands before a stage that nobody said may be called so.
    #[error("stage `{stage}`: `{plugin}` makes calls more than once, and the stage does not say `idempotent: true`")]
    NotIdempotent {
        /// The stage.
        stage: String,
        /// The plugin.
        plugin: &'static str,
    },
    /// A store that a plugin names cannot be had.
    #[error("stage `{stage}`, store `{store}`: {message}")]
    Store {
        /// The stage.
        stage: String,
        /// The name of the store.
        store: String,
        /// What is wrong.
        message: String,
    },
    /// A plugin of the host could not be built.
    #[error("stage `{stage}`, plugin `{name}`: {message}")]
    Build {
        /// The stage.
        stage: String,
        /// The plugin.
        name: String,
        /// What it says.
        message: String,
    },
}

impl PluginError {
    /// The stable code, `R2001` and so on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "R2001",
            Self::Options { .. } => "R2002",
            Self::Conflict { .. } => "R2003",
            Self::NotCacheable { .. } => "R2004",
            Self::Build { .. } => "R2005",
            Self::NoFallback { .. } => "R2006",
            Self::NotIdempotent { .. } => "R2007",
            Self::Store { .. } => "R2008",
        }
    }
}
