//! wasmtime's engines: one for each combination of settings that code is compiled under.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cascata_config::{Determinism, Interruption, WasmHandler};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use super::options::WasmHostOptions;
use super::shape::Shape;

/// Settings that are fixed when code is compiled. Stages with equal profiles share an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    interruption: Interruption,
    determinism: Determinism,
    wasm_stack_bytes: usize,
    pub is_pooling: bool,
    /// Components have engines of their own: their pools have more slots for each instance.
    pub is_component: bool,
}

impl Profile {
    pub fn new(handler: &WasmHandler, is_component: bool) -> Self {
        Self {
            interruption: handler.interruption,
            determinism: handler.determinism,
            wasm_stack_bytes: usize::try_from(handler.wasm_stack_bytes).unwrap_or(usize::MAX),
            is_pooling: true,
            is_component,
        }
    }

    /// The same without a pool: for modules that don't fit its slots, and where address space is short.
    pub const fn on_demand(mut self) -> Self {
        self.is_pooling = false;
        self
    }

    /// Elements of a table that a pool's slot has room for.
    const POOL_TABLE_ELEMENTS: u64 = 100_000;
    /// Tables of a module that a pool's slot has room for.
    const POOL_TABLES: u32 = 4;
    /// Core instances of a component: its own modules, the adapters and shims that tools put between them, shared libraries.
    const POOL_CORE_INSTANCES: u32 = 32;

    /// Memories and tables of one instance that the pool has room for.
    const fn slots(self) -> (u32, u32) {
        if self.is_component { (2, 2 * Self::POOL_TABLES) } else { (1, Self::POOL_TABLES) }
    }

    /// Whether a module fits a slot of the pool, as far as can be told before it is compiled.
    pub fn has_room(self, shape: &Shape) -> bool {
        let (memories, tables) = self.slots();
        shape.memories <= memories && shape.tables <= tables && shape.table_elements <= Self::POOL_TABLE_ELEMENTS
    }

    fn config(self, options: &WasmHostOptions) -> Config {
        /// What host functions may use of a fiber's stack beyond what the guest has.
        const HOST_STACK: usize = 1 << 20;
        let mut config = Config::new();
        // Off: it costs time on every call, and stages don't use component-model concurrency.
        config.concurrency_support(false);
        config.wasm_memory64(false);
        // Left to itself the engine takes instructions of this proposal although the cargo feature behind it is not built.
        config.wasm_gc(false);
        config.max_wasm_stack(self.wasm_stack_bytes);
        config.async_stack_size(self.wasm_stack_bytes.saturating_add(HOST_STACK));
        config.memory_init_cow(true);
        config.wasm_backtrace_details(match options.source_lines {
            true => WasmBacktraceDetails::Enable,
            false => WasmBacktraceDetails::Disable,
        });
        match self.interruption {
            Interruption::Fuel => config.consume_fuel(true),
            Interruption::Epoch => config.epoch_interruption(true),
        };
        if self.determinism == Determinism::Strict {
            config.cranelift_nan_canonicalization(true);
            config.relaxed_simd_deterministic(true);
        }
        if self.is_pooling {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(self.pool(options.max_instances.max(1))));
        }
        config
    }

    /// Slots that stay resident in part, so that a fresh instance touches few pages: together with copy-on-write images and
    /// the page-map scan this is what makes instantiation cost microseconds.
    fn pool(self, max_instances: u32) -> PoolingAllocationConfig {
        const KEEP_RESIDENT: usize = 256 << 10;
        let (memories, tables) = self.slots();
        let core_instances = if self.is_component { Self::POOL_CORE_INSTANCES } else { 1 };
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(max_instances);
        pool.total_core_instances(max_instances.saturating_mul(core_instances));
        pool.total_memories(max_instances.saturating_mul(memories));
        pool.total_tables(max_instances.saturating_mul(tables));
        pool.total_stacks(max_instances);
        pool.max_core_instances_per_component(core_instances);
        pool.max_memories_per_component(memories);
        pool.max_tables_per_component(tables);
        pool.max_tables_per_module(tables.min(Self::POOL_TABLES));
        pool.table_elements(usize::try_from(Self::POOL_TABLE_ELEMENTS).unwrap_or(usize::MAX));
        pool.linear_memory_keep_resident(KEEP_RESIDENT);
        pool.table_keep_resident(KEEP_RESIDENT);
        pool.async_stack_keep_resident(16 << 10);
        pool.max_unused_warm_slots(max_instances);
        pool.pagemap_scan(Enabled::Auto);
        pool
    }
}

/// An engine, with its clock if it needs one.
pub(super) struct StageEngine {
    pub engine: Engine,
    /// Ends the clock's thread when dropped.
    _ticker: Option<Sender<()>>,
}

impl StageEngine {
    pub fn new(profile: Profile, options: &WasmHostOptions) -> wasmtime::Result<Self> {
        let engine = Engine::new(&profile.config(options))?;
        let ticker = match profile.interruption {
            Interruption::Epoch => Some(tick(&engine)?),
            Interruption::Fuel => None,
        };
        Ok(Self { engine, _ticker: ticker })
    }
}

/// Moves an engine's epoch on every millisecond until the sender is dropped.
fn tick(engine: &Engine) -> wasmtime::Result<Sender<()>> {
    const TICK: Duration = Duration::from_millis(1);
    let (sender, ended) = channel();
    let engine = engine.weak();
    std::thread::Builder::new().name("cascata-epoch".to_owned()).spawn(move || {
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
        }
    })?;
    Ok(sender)
}
