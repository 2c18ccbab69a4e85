//! A stage's handler: a linked module and how it is run.

use std::sync::Arc;

use cascata_config::GuestForm;
use cascata_vm::Segment;

use super::engine::StageEngine;
use super::host::Shared;
use super::link::Template;
use super::manifest::Manifest;
use super::pool::Pool;
use super::{command, core};
use crate::stage::{AtOnce, StageCall, StageFuture, StageHandler};

/// What a call of a stage needs.
pub(super) struct Inner {
    // Before the template and the engine: instances go first.
    pub pool: Option<Arc<Pool>>,
    pub template: Template,
    /// The budget may be within one yield interval, and instances are kept: the two things that the shortest way needs.
    pub may_inline: bool,
    /// A command's `fields:`.
    pub fields: Option<Vec<Vec<Segment>>>,
    pub host: Arc<Shared>,
    /// Keeps the clock of an engine with epochs going.
    #[allow(dead_code)] // held, not read
    pub engine: Arc<StageEngine>,
}

/// A stage that runs a WebAssembly module. Made by [`WasmHost::load_stage`](super::WasmHost::load_stage).
pub struct WasmStage {
    inner: Arc<Inner>,
    manifest: Manifest,
    field_paths: Vec<Vec<Segment>>,
    content: [u8; 32],
}

impl WasmStage {
    pub(super) fn new(inner: Inner, manifest: Manifest, field_paths: Vec<Vec<Segment>>, content: [u8; 32]) -> Self {
        Self { inner: Arc::new(inner), manifest, field_paths, content }
    }

    /// What the module says about itself; all empty if it carries no manifest.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How the module talks to the host.
    #[must_use]
    pub fn form(&self) -> GuestForm {
        self.inner.template.form
    }

    /// The paths it says it reads.
    #[must_use]
    pub fn field_paths(&self) -> &[Vec<Segment>] {
        &self.field_paths
    }

    /// BLAKE3 of the module's bytes.
    #[must_use]
    pub const fn module_hash(&self) -> &[u8; 32] {
        &self.content
    }

    /// Instances that are kept at the moment and not in use; 0 for `instance: fresh`.
    #[must_use]
    pub fn idle_instances(&self) -> usize {
        self.inner.pool.as_ref().map_or(0, |pool| pool.kept())
    }
}

impl std::fmt::Debug for WasmStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasmStage")
            .field("stage", &self.inner.template.spec.stage)
            .field("form", &self.inner.template.form)
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

impl StageHandler for WasmStage {
    fn call(&self, call: StageCall) -> StageFuture {
        let inner = Arc::clone(&self.inner);
        if inner.template.form == GuestForm::Command {
            return Box::pin(async move { command::run(&inner, call).await });
        }
        Box::pin(async move { core::run(&inner, call).await })
    }

    fn call_at_once(&self, call: StageCall) -> AtOnce {
        if self.inner.may_inline { core::inline(&self.inner, call) } else { AtOnce::Later(call) }
    }
}
