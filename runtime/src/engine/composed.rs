//! The plugins around the stages, as they are composed.

use cascata_config::StageHost;
use serde::Serialize;

use super::Engine;
use super::load::{Runner, plugin_list};
use crate::plugins::ResolvedPlugin;

/// The plugins around one stage.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct StagePlugins {
    /// The stage.
    pub stage: String,
    /// Its plugins, the outermost first.
    pub plugins: Vec<ResolvedPlugin>,
    /// The environment turned plugins off, so none runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
}

impl Engine {
    /// The plugins of every stage that has a handler and plugins around it, in the order of the program.
    #[must_use]
    pub fn stage_plugins(&self) -> Vec<StagePlugins> {
        let current = self.inner.current.load_full();
        let loaded = &current.loaded;
        let mut all = Vec::new();
        for stage in loaded.program.stages() {
            // Read when the program was loaded, so it is readable.
            let Ok(host) = serde_json::from_str::<StageHost>(stage.host_json()) else { continue };
            let wrapped = loaded.stage(stage.id()).is_some_and(|stage| matches!(stage.runner, Runner::Service(_)));
            let uses = plugin_list(&loaded.program, &stage, &host);
            if !wrapped || uses.is_empty() {
                continue;
            }
            let plugins: Option<Vec<_>> =
                uses.iter().map(|plugin| self.inner.plugins.resolve(plugin, stage.name())).collect();
            let off = plugins.is_none();
            all.push(StagePlugins { stage: stage.name().to_owned(), plugins: plugins.unwrap_or_default(), off });
        }
        all
    }
}
