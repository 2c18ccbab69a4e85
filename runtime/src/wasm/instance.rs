//! One instance of a stage: made, initialised, called, and let go or kept.

use std::pin::{Pin, pin};
use std::sync::Arc;

use cascata_config::{GuestForm, Interruption};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::{ModuleExport, Store, TypedFunc, WasmParams, WasmResults};

use super::budget::{Budget, Late, drive, drive_with_timer};
use super::component::{self, LinkedComponent};
use super::failure::{self, Ended};
use super::guest::{Guest, Phase, Wasi};
use super::link::{CoreModule, Linked, Template};
use crate::stage::{FailureKind, StageCall, StageFailure, StageOutput};

/// An instance with its store. Fields are dropped in order: the store first, then the permit for its place in the pool.
pub(super) struct Instance {
    store: Store<Guest>,
    live: Option<Live>,
    /// The function that is called for an event.
    run: Option<Run>,
    /// The store was set up to yield, after which wasmtime lets it run asynchronously only.
    is_async: bool,
    waits: bool,
    /// Calls made so far.
    pub calls: u64,
    /// The sweep of its pool that it was made in.
    pub made: u64,
    _permit: OwnedSemaphorePermit,
}

/// What was instantiated.
enum Live {
    Core(wasmtime::Instance),
    Component(wasmtime::component::Instance),
}

/// The stage's function, which says 0, or that it failed.
enum Run {
    Core(TypedFunc<(), i32>),
    Component(component::Run),
}

impl Run {
    fn call(&self, store: &mut Store<Guest>) -> wasmtime::Result<i32> {
        match self {
            Self::Core(function) => function.call(store, ()),
            Self::Component(function) => {
                let said = function.call(&mut *store, ())?;
                component::answered(store, said).map(|()| 0)
            }
        }
    }

    async fn call_async(&self, store: &mut Store<Guest>) -> wasmtime::Result<i32> {
        match self {
            Self::Core(function) => function.call_async(store, ()).await,
            Self::Component(function) => {
                let said = function.call_async(&mut *store, ()).await?;
                component::answered(store, said).map(|()| 0)
            }
        }
    }
}

/// What came of a call, and whether the instance may be used again.
pub(super) struct Finished {
    pub result: Result<StageOutput, StageFailure>,
    pub is_reusable: bool,
}

impl Instance {
    /// A store with nothing in it yet.
    pub fn new(template: &Template, wasi: Option<Box<Wasi>>, permit: OwnedSemaphorePermit) -> Self {
        let mut store = Store::new(&template.engine, Guest::new(Arc::clone(&template.spec), wasi));
        store.limiter(|guest| &mut guest.limiter);
        // What a component hands over in one call is copied at the host's expense, before an import can look at it.
        store.set_hostcall_fuel(usize::try_from(template.spec.handler.memory_bytes).unwrap_or(usize::MAX));
        let is_epoch = template.spec.handler.interruption == Interruption::Epoch;
        if is_epoch {
            store.set_epoch_deadline(1);
            store.epoch_deadline_async_yield_and_update(1);
        }
        Self {
            store,
            live: None,
            run: None,
            is_async: template.is_async || is_epoch,
            waits: template.is_async,
            calls: 0,
            made: 0,
            _permit: permit,
        }
    }

    /// Takes up a call.
    pub fn begin(&mut self, call: StageCall) {
        self.store.data_mut().begin(call);
    }

    /// Fills the tank and starts the clock, before anything of the guest runs.
    fn refill(&mut self, budget: &Budget, phase: Phase) -> wasmtime::Result<()> {
        if let Some(fuel) = budget.fuel {
            if self.is_async || budget.interval.is_some() {
                self.store.fuel_async_yield_interval(budget.interval)?;
                self.is_async = true;
            }
            self.store.set_fuel(fuel)?;
        }
        let guest = self.store.data_mut();
        let is_strict = guest.spec.is_strict();
        guest.meter.start(budget, is_strict);
        guest.limiter.forget_denied();
        guest.phase = phase;
        Ok(())
    }

    /// Instantiates the module and runs what comes before the first event: its start function, `_initialize`, `stage_init`.
    pub async fn initialise(&mut self, template: &Template, budget: &Budget) -> Result<(), StageFailure> {
        let outcome = self.try_initialise(template, budget).await;
        let (code, failed) = match outcome {
            Ok(code) => (code, None),
            Err(ended) => (0, Some(failure::ended(&ended, self.store.data(), budget, true))),
        };
        let answer = &self.store.data().answer;
        let reported = answer.failure().cloned().map(failure::reported);
        let refused = (code != 0).then(|| {
            StageFailure::new(FailureKind::Instantiate, format!("`stage_init` returned {code} and reported no failure"))
        });
        match failed.or(reported).or(refused) {
            Some(failure) => Err(self.complete(failure, budget)),
            None => Ok(()),
        }
    }

    async fn try_initialise(&mut self, template: &Template, budget: &Budget) -> Result<i32, Ended> {
        self.refill(budget, Phase::Init).map_err(Ended::Error)?;
        match &template.linked {
            Linked::Core(module) => self.initialise_core(module, template.form, budget).await,
            Linked::Component(component) => self.initialise_component(component, budget).await,
        }
    }

    async fn initialise_core(&mut self, module: &CoreModule, form: GuestForm, budget: &Budget) -> Result<i32, Ended> {
        let instance = if self.is_async {
            let instantiating = pin!(module.pre.instantiate_async(&mut self.store));
            timely(instantiating, self.waits, budget).await?
        } else {
            module.pre.instantiate(&mut self.store).map_err(Ended::Error)?
        };
        self.live = Some(Live::Core(instance));
        self.store.data_mut().memory = instance.get_memory(&mut self.store, "memory");
        if let Some(export) = &module.initialize {
            let initialize: TypedFunc<(), ()> = self.function(export).map_err(Ended::Error)?;
            self.call(&initialize, budget).await?;
        }
        let mut code = 0;
        if let Some(export) = &module.init {
            let init: TypedFunc<(), i32> = self.function(export).map_err(Ended::Error)?;
            self.refill(budget, Phase::Init).map_err(Ended::Error)?;
            code = self.call(&init, budget).await?;
        }
        if form == GuestForm::Core
            && let Some(export) = &module.run
        {
            self.run = Some(Run::Core(self.function(export).map_err(Ended::Error)?));
        }
        Ok(code)
    }

    async fn initialise_component(&mut self, component: &LinkedComponent, budget: &Budget) -> Result<i32, Ended> {
        let instance = if self.is_async {
            let instantiating = pin!(component.instantiate_async(&mut self.store));
            timely(instantiating, self.waits, budget).await?
        } else {
            component.instantiate(&mut self.store).map_err(Ended::Error)?
        };
        self.live = Some(Live::Component(instance));
        let functions = component.functions(&mut self.store, instance).map_err(Ended::Error)?;
        let Some((init, run)) = functions else { return Ok(0) };
        self.run = Some(Run::Component(run));
        let Some(init) = init else { return Ok(0) };
        self.refill(budget, Phase::Init).map_err(Ended::Error)?;
        let said = if self.is_async {
            timely(pin!(init.call_async(&mut self.store, ())), self.waits, budget).await?
        } else {
            init.call(&mut self.store, ()).map_err(Ended::Error)?
        };
        component::initialised(&mut self.store, said);
        Ok(0)
    }

    fn function<P: WasmParams, R: WasmResults>(&mut self, export: &ModuleExport) -> wasmtime::Result<TypedFunc<P, R>> {
        let function = match self.live {
            Some(Live::Core(instance)) => instance.get_module_export(&mut self.store, export),
            _ => None,
        };
        match function.and_then(wasmtime::Extern::into_func) {
            Some(function) => function.typed(&self.store),
            None => wasmtime::bail!("the export is no function"),
        }
    }

    async fn call<R: WasmResults + Send + Sync>(
        &mut self,
        function: &TypedFunc<(), R>,
        budget: &Budget,
    ) -> Result<R, Ended> {
        if self.is_async {
            return timely(pin!(function.call_async(&mut self.store, ())), self.waits, budget).await;
        }
        function.call(&mut self.store, ()).map_err(Ended::Error)
    }

    /// Whether the store was set up to yield.
    pub const fn is_async(&self) -> bool {
        self.is_async
    }

    /// Calls `stage_run` for the call that was taken up.
    pub async fn run(&mut self, budget: &Budget) -> Finished {
        let refilled = self.refill(budget, Phase::Run);
        let outcome = match (refilled, &self.run) {
            (Err(error), _) => Err(Ended::Error(error)),
            (Ok(()), None) => Err(not_initialised()),
            (Ok(()), Some(function)) if self.is_async => {
                timely(pin!(function.call_async(&mut self.store)), self.waits, budget).await
            }
            (Ok(()), Some(function)) => function.call(&mut self.store).map_err(Ended::Error),
        };
        let mut is_reusable = false;
        let result = self.conclude(outcome, budget, &mut is_reusable);
        Finished { result, is_reusable }
    }

    /// The same without yielding, for a store that was not set up to.
    #[inline(always)]
    pub fn run_inline(&mut self, budget: &Budget, is_reusable: &mut bool) -> Result<StageOutput, StageFailure> {
        let refilled = self.refill(budget, Phase::Run);
        let outcome = match (refilled, &self.run) {
            (Err(error), _) => Err(Ended::Error(error)),
            (Ok(()), None) => Err(not_initialised()),
            (Ok(()), Some(function)) => function.call(&mut self.store).map_err(Ended::Error),
        };
        self.conclude(outcome, budget, is_reusable)
    }

    /// Makes the output or the failure of what the guest said and how it ended.
    #[inline(always)]
    fn conclude(
        &mut self,
        outcome: Result<i32, Ended>,
        budget: &Budget,
        is_reusable: &mut bool,
    ) -> Result<StageOutput, StageFailure> {
        self.calls = self.calls.saturating_add(1);
        let guest = self.store.data();
        if !matches!(outcome, Ok(0)) || guest.answer.failure().is_some() || !guest.answer.has_result() {
            return Err(self.failed(outcome, budget, is_reusable));
        }
        let (fuel, memory_bytes) = self.spent(budget);
        let guest = self.store.data_mut();
        guest.end();
        if let Some(name) = guest.answer.repeats(&guest.spec.secrets) {
            let message = format!("the answer repeats the secret `{name}`, and answers are recorded");
            return Err(bad_output(message, fuel, memory_bytes));
        }
        *is_reusable = true;
        Ok(guest.answer.take_output(fuel, memory_bytes))
    }

    /// The failure of a guest that ended early, reported one, or gave no result.
    #[cold]
    fn failed(&mut self, outcome: Result<i32, Ended>, budget: &Budget, is_reusable: &mut bool) -> StageFailure {
        let code = match outcome {
            Ok(code) => code,
            Err(ended) => {
                let failure = failure::ended(&ended, self.store.data(), budget, false);
                return self.complete(failure, budget);
            }
        };
        if let Some(reported) = self.store.data().answer.failure().cloned() {
            *is_reusable = true;
            return self.complete(failure::reported(reported), budget);
        }
        let (fuel, memory_bytes) = self.spent(budget);
        let guest = self.store.data_mut();
        guest.end();
        if code != 0 {
            guest.answer.clear();
            let message = format!("`stage_run` returned {code}, which means failure, and reported none with `fail`");
            return bad_output(message, fuel, memory_bytes);
        }
        bad_output("`stage_run` returned 0 and gave no result with `set_result`".to_owned(), fuel, memory_bytes)
    }

    /// Calls `_start` of a command. Leaving with code 0 counts as returning.
    pub async fn start(&mut self, template: &Template, budget: &Budget) -> Result<(), StageFailure> {
        let outcome = self.try_start(template, budget).await;
        match outcome {
            Ok(()) => Ok(()),
            Err(Ended::Error(error))
                if error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some_and(|exit| exit.0 == 0) =>
            {
                Ok(())
            }
            Err(ended) => {
                let failure = failure::ended(&ended, self.store.data(), budget, false);
                Err(self.complete(failure, budget))
            }
        }
    }

    async fn try_start(&mut self, template: &Template, budget: &Budget) -> Result<(), Ended> {
        match (&template.linked, &self.live) {
            (Linked::Component(component), Some(Live::Component(instance))) => {
                let instance = *instance;
                self.refill(budget, Phase::Run).map_err(Ended::Error)?;
                timely(pin!(component.command(&mut self.store, instance)), self.waits, budget).await
            }
            (Linked::Core(CoreModule { run: Some(export), .. }), _) => {
                let start: TypedFunc<(), ()> = self.function(export).map_err(Ended::Error)?;
                self.refill(budget, Phase::Run).map_err(Ended::Error)?;
                self.call(&start, budget).await
            }
            _ => Err(not_initialised()),
        }
    }

    /// Fuel and the most memory, for the record.
    pub fn spent(&self, budget: &Budget) -> (Option<u64>, Option<u64>) {
        let guest = self.store.data();
        let left = self.store.get_fuel().ok();
        let by_guest = budget.fuel.zip(left).map(|(fuel, left)| fuel.saturating_sub(left));
        let fuel = by_guest.map(|fuel| fuel.saturating_add(guest.meter.fuel_spent()));
        (fuel, Some(guest.limiter.high_water()))
    }

    /// The most memory it has held, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.store.data().limiter.high_water()
    }

    /// Adds what the call cost and what it logged to a failure.
    fn complete(&mut self, mut failure: StageFailure, budget: &Budget) -> StageFailure {
        (failure.fuel, failure.memory_bytes) = self.spent(budget);
        failure.logs = self.end_with_logs();
        self.store.data().spec.secrets.hide(&mut failure.message);
        failure
    }

    fn end_with_logs(&mut self) -> Vec<crate::stage::LogLine> {
        let guest = self.store.data_mut();
        guest.end();
        let logs = guest.answer.take_logs();
        guest.answer.clear();
        logs
    }

    /// Ends a command's call: what it logged and wrote.
    pub fn end(&mut self) -> (Vec<crate::stage::LogLine>, Vec<u8>) {
        let logs = self.end_with_logs();
        let guest = self.store.data();
        let stdout = guest.wasi.as_ref().map(|wasi| wasi.stdout.take()).unwrap_or_default();
        (logs, stdout)
    }
}

/// Awaits a guest under the budget's deadline. `waits`: it may wait for more than its own fuel.
async fn timely<R>(
    running: Pin<&mut impl Future<Output = wasmtime::Result<R>>>,
    waits: bool,
    budget: &Budget,
) -> Result<R, Ended> {
    let outcome =
        if waits { drive_with_timer(running, budget.deadline).await } else { drive(running, budget.deadline).await };
    match outcome {
        Ok(result) => result.map_err(Ended::Error),
        Err(Late) => Err(Ended::Late),
    }
}

fn bad_output(message: String, fuel: Option<u64>, memory_bytes: Option<u64>) -> StageFailure {
    let mut failure = StageFailure::new(FailureKind::BadOutput, message);
    (failure.fuel, failure.memory_bytes) = (fuel, memory_bytes);
    failure
}

fn not_initialised() -> Ended {
    Ended::Error(wasmtime::format_err!("the instance was not initialised"))
}
