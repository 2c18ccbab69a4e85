//! wasmtime's engines: one for each combination of settings that code is compiled under.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cascata_config::{Determinism, Interruption, WasmHandler};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Settings that are fixed when code is compiled. Stages with equal profiles share an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    interruption: Interruption,
    determinism: Determinism,
    wasm_stack_bytes: usize,
    pub is_pooling: bool,
}

impl Profile {
    pub fn new(handler: &WasmHandler) -> Self {
        Self {
            interruption: handler.interruption,
            determinism: handler.determinism,
            wasm_stack_bytes: usize::try_from(handler.wasm_stack_bytes).unwrap_or(usize::MAX),
            is_pooling: true,
        }
    }

    /// The same without a pool: for modules that don't fit its slots, and where address space is short.
    pub const fn on_demand(mut self) -> Self {
        self.is_pooling = false;
        self
    }

    /// Elements of a table that a pool's slot has room for.
    pub const POOL_TABLE_ELEMENTS: u64 = 100_000;
    /// Tables of a module that a pool's slot has room for.
    const POOL_TABLES: u32 = 4;

    fn config(self, max_instances: u32) -> Config {
        /// What host functions may use of a fiber's stack beyond what the guest has.
        const HOST_STACK: usize = 1 << 20;
        let mut config = Config::new();
        // Off: it costs time on every call, and stages don't use component-model concurrency.
        config.concurrency_support(false);
        config.wasm_memory64(false);
        config.max_wasm_stack(self.wasm_stack_bytes);
        config.async_stack_size(self.wasm_stack_bytes.saturating_add(HOST_STACK));
        config.memory_init_cow(true);
        match self.interruption {
            Interruption::Fuel => config.consume_fuel(true),
            Interruption::Epoch => config.epoch_interruption(true),
        };
        if self.determinism == Determinism::Strict {
            config.cranelift_nan_canonicalization(true);
            config.relaxed_simd_deterministic(true);
        }
        if self.is_pooling {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(Self::pool(max_instances)));
        }
        config
    }

    /// Slots that stay resident in part, so that a fresh instance touches few pages: together with copy-on-write images and
    /// the page-map scan this is what makes instantiation cost microseconds.
    fn pool(max_instances: u32) -> PoolingAllocationConfig {
        const KEEP_RESIDENT: usize = 256 << 10;
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(max_instances);
        pool.total_memories(max_instances);
        pool.total_tables(max_instances.saturating_mul(Self::POOL_TABLES));
        pool.total_stacks(max_instances);
        pool.max_tables_per_module(Self::POOL_TABLES);
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
    pub fn new(profile: Profile, max_instances: u32) -> wasmtime::Result<Self> {
        let engine = Engine::new(&profile.config(max_instances))?;
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
