//! What all stages of a host share, as settings.

use std::path::PathBuf;

use crate::secrets::Secrets;

/// Limits shared by all stages of a host, and where compiled modules are kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WasmHostOptions {
    /// Instances at a time, of all stages together, kept ones included. Each reserves address space (4 GiB and a guard), no memory.
    /// Default 256.
    pub max_instances: u32,
    /// Calls of all stages together that may wait for an instance; one more fails at once. Default 4096.
    pub max_waiting: u32,
    /// Whether the call stack of a trap names files and lines, where a module carries DWARF. Off for modules that nobody vouches for: their
    /// debugging information is read by the host, outside of every limit. Default false.
    pub source_lines: bool,
    /// The directory of the module cache, private to this user. Default: none, so every start compiles every module.
    pub cache_dir: Option<PathBuf>,
    /// What stages with the capability `secrets` may be shown. Default: none.
    pub secrets: Secrets,
    /// What sends the requests of stages with the capability `http`. Default: a host with default options for each.
    #[cfg(feature = "http")]
    pub http: Option<crate::http::HttpHost>,
}

impl Default for WasmHostOptions {
    fn default() -> Self {
        Self {
            max_instances: 256,
            max_waiting: 4_096,
            source_lines: false,
            cache_dir: None,
            secrets: Secrets::default(),
            #[cfg(feature = "http")]
            http: None,
        }
    }
}

impl WasmHostOptions {
    /// Sets how many instances there may be at a time.
    #[must_use]
    pub const fn with_max_instances(mut self, max: u32) -> Self {
        self.max_instances = max;
        self
    }

    /// Sets how many calls may wait for an instance.
    #[must_use]
    pub const fn with_max_waiting(mut self, max: u32) -> Self {
        self.max_waiting = max;
        self
    }

    /// Sets whether the call stack of a trap names files and lines.
    #[must_use]
    pub const fn with_source_lines(mut self, wanted: bool) -> Self {
        self.source_lines = wanted;
        self
    }

    /// Sets the directory of the module cache.
    #[must_use]
    pub fn with_cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// Sets what stages with the capability `secrets` may be shown.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets what sends the requests of stages with the capability `http`.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn with_http(mut self, http: crate::http::HttpHost) -> Self {
        self.http = Some(http);
        self
    }

    /// Where the command line keeps compiled modules: `$XDG_CACHE_HOME/cascata/modules`, else `~/.cache/cascata/modules`.
    #[must_use]
    pub fn default_cache_dir() -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
        Some(base.join("cascata").join("modules"))
    }
}
