//! The state of one instance: what its store holds beside wasmtime's own.

use std::sync::Arc;

use cascata_config::{Determinism, WasmHandler};
use cascata_vm::{PathId, Segment, json};
use wasmtime::Memory;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::answer::{Answer, GuestFailure, cut, threshold};
use super::arena::{self, Arena, Texts};
use super::budget::Meter;
use super::capability::Random;
use super::command;
use super::limits::Limiter;
use super::pipe::Pipe;
use super::slots::{Fields, Slots};
use super::stop::Stop;
use crate::stage::{LogLevel, StageCall};
use crate::state::State;

/// What is the same for every instance of a stage.
#[derive(Debug)]
pub(super) struct Spec {
    pub stage: String,
    pub handler: WasmHandler,
    /// The `with:` block as JSON text.
    pub config: String,
    /// The manifest's fields, which are slots 0 to n-1.
    pub fields: Arc<Fields>,
    /// The manifest's labels; empty means any.
    pub labels: Vec<String>,
    pub output_bytes: u64,
    pub log_bytes: u64,
    pub log_threshold: u8,
    /// What it keeps, where it has the capability `kv`.
    pub kv: Option<Arc<super::kv::Space>>,
    /// The secrets it is shown, with their names.
    pub secrets: super::secrets::Shown,
    /// What it measures, where it has the capability `metrics`.
    pub figures: Option<Arc<super::metrics::Measured>>,
    /// What its requests may be, where it has the capability.
    #[cfg(feature = "http")]
    pub http: Option<Arc<crate::http::Access>>,
    /// Seeds the random numbers of a deterministic guest: the module's hash.
    pub seed: [u8; 32],
}

impl Spec {
    pub fn new(
        stage: &str,
        handler: &WasmHandler,
        fields: Vec<(String, Vec<Segment>)>,
        labels: Vec<String>,
        seed: [u8; 32],
    ) -> Self {
        Self {
            stage: stage.to_owned(),
            config: serde_json::Value::Object(handler.config.clone()).to_string(),
            fields: Arc::new(Fields::new(fields)),
            labels,
            output_bytes: handler.output_bytes,
            log_bytes: handler.log_bytes,
            log_threshold: threshold(handler.log_level),
            seed,
            kv: None,
            secrets: super::secrets::Shown::default(),
            figures: None,
            #[cfg(feature = "http")]
            http: None,
            handler: handler.clone(),
        }
    }

    /// Whether the stage has a capability.
    pub fn allows(&self, capability: &str) -> bool {
        self.handler.allow.iter().any(|allowed| allowed == capability)
    }

    pub const fn is_strict(&self) -> bool {
        matches!(self.handler.determinism, Determinism::Strict)
    }
}

/// Which of the guest's exports runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Start function, `_initialize`, `stage_init`: the event is not there yet, as the instance may see many.
    Init,
    /// `stage_run` or `_start`.
    Run,
}

/// WASI for guests that ask for it, and what they wrote.
pub(super) struct Wasi {
    pub context: WasiP1Ctx,
    pub stdout: Pipe,
    pub stderr: Pipe,
}

/// The state of one instance.
pub(super) struct Guest {
    pub spec: Arc<Spec>,
    pub phase: Phase,
    pub call: Option<StageCall>,
    pub memory: Option<Memory>,
    pub arena: Arena,
    pub slots: Slots,
    pub answer: Answer,
    pub meter: Meter,
    pub limiter: Limiter,
    pub random: Random,
    pub keeping: super::kv::Keeping,
    #[cfg(feature = "http")]
    pub exchange: super::http::Exchange,
    pub wasi: Option<Box<Wasi>>,
}

impl Guest {
    pub fn new(spec: Arc<Spec>, wasi: Option<Box<Wasi>>) -> Self {
        Self {
            phase: Phase::Init,
            call: None,
            memory: None,
            arena: Arena::new(spec.handler.memory_bytes),
            slots: Slots::new(Arc::clone(&spec.fields)),
            answer: Answer::default(),
            meter: Meter::default(),
            limiter: Limiter::new(spec.handler.memory_bytes, spec.handler.table_elements),
            random: Random::default(),
            keeping: super::kv::Keeping::default(),
            #[cfg(feature = "http")]
            exchange: super::http::Exchange::default(),
            wasi,
            spec,
        }
    }

    /// WASI, made when it is first asked for.
    pub fn wasi(&mut self) -> &mut Wasi {
        self.wasi.get_or_insert_with(|| Box::new(command::inert(&self.spec)))
    }

    /// What an import needs to follow handles.
    pub fn reading(&mut self) -> (&mut Arena, Texts<'_>, &mut Meter) {
        let event = self.call.as_ref().map_or("", |call| call.state.event_text());
        (&mut self.arena, Texts { event, config: &self.spec.config }, &mut self.meter)
    }

    /// The event's value at a slot, tagged; there is none before an event is.
    #[inline]
    pub fn field(&mut self, import: &'static str, slot: u32) -> Result<i64, Stop> {
        if let (Phase::Run, Some(call)) = (self.phase, &self.call) {
            if let Some(tagged) = self.slots.given(slot, self.arena.call()) {
                return Ok(tagged);
            }
            let plain = self.slots.path(slot).and_then(|path| self.arena.give_plain(&call.state, path));
            if let Some(tagged) = plain {
                self.slots.keep(slot, self.arena.call(), tagged);
                return Ok(tagged);
            }
        }
        self.other_field(import, slot)
    }

    /// The same for what is rare: results of stages, containers, texts with escapes, limits.
    #[inline(never)]
    fn other_field(&mut self, import: &'static str, slot: u32) -> Result<i64, Stop> {
        let (Phase::Run, Some(call)) = (self.phase, &self.call) else {
            return Err(Stop::NotInInit { import });
        };
        let Some(value) = self.slots.read(slot, &call.state) else { return Ok(arena::ERROR) };
        let texts = Texts { event: call.state.event_text(), config: &self.spec.config };
        let tagged = self.arena.give(&texts, value)?;
        self.slots.keep(slot, self.arena.call(), tagged);
        Ok(tagged)
    }

    /// Where the value of a slot may lie plainly in the event.
    pub fn plain(&self, slot: u32) -> Option<(&State, PathId)> {
        let call = self.call.as_ref().filter(|_| self.phase == Phase::Run)?;
        Some((&call.state, self.slots.path(slot)?))
    }

    /// A key of the `with:` block, tagged; the empty key is the whole block.
    pub fn configured(&mut self, key: &str) -> Result<i64, Stop> {
        self.meter.add(self.spec.config.len());
        let event = self.call.as_ref().map_or("", |call| call.state.event_text());
        let texts = Texts { event, config: &self.spec.config };
        let whole = json::parse(texts.config);
        let value = if key.is_empty() { whole } else { arena::entry(&whole, key) };
        self.arena.give(&texts, value)
    }

    pub fn only_in_run(&self, import: &'static str) -> Result<(), Stop> {
        match self.phase {
            Phase::Run => Ok(()),
            Phase::Init => Err(Stop::NotInInit { import }),
        }
    }

    /// Takes up a call.
    pub fn begin(&mut self, call: StageCall) {
        self.answer.clear();
        self.slots.bind(call.state.plan());
        self.call = Some(call);
    }

    /// Lets go of the call and everything read in it; handles given out are stale from here on. What the guest said is
    /// kept until it is taken, at the latest until the next call.
    pub fn end(&mut self) {
        self.call = None;
        self.keeping.forget();
        #[cfg(feature = "http")]
        {
            self.exchange = super::http::Exchange::default();
        }
        self.arena.clear();
        if let Some(wasi) = &self.wasi {
            let was_cut = wasi.stderr.was_cut();
            self.answer.log_lines(LogLevel::Info, &wasi.stderr.take(), was_cut, &self.spec);
        }
    }

    /// Keeps the failure that the guest reports, without the secrets in it, cut to its limit.
    pub fn fail(&mut self, mut failure: GuestFailure) {
        self.meter.add(failure.message.len());
        self.spec.secrets.hide(&mut failure.message);
        let kept = cut(&failure.message, self.spec.output_bytes).len();
        failure.message.truncate(kept);
        self.answer.fail(failure);
    }

    /// Keeps a log line, if lines of its level are kept, without the secrets in it.
    pub fn log(&mut self, level: u8, text: &str) {
        if level >= self.spec.log_threshold {
            self.meter.add(text.len());
            self.answer.log(level, &self.spec.secrets.hidden(text), self.spec.log_bytes);
        }
    }
}

/// Components reach WASI through this, core modules through the same context and its preview 1.
impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi().context.ctx()
    }
}
