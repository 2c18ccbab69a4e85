//! The bare engine: the same guest with the same crossings, fuel on, no other limit, nothing looked up.
//!
//! A bench that cannot be set up ends there: each `expect` says what was missing.

use std::hint::black_box;

use wasmtime::{
    Caller, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, PoolingAllocationConfig,
};
use wasmtime::{Store, TypedFunc};

/// What the guest said.
type Said = (String, String);

/// A module with its imports resolved.
pub struct Bare {
    engine: Engine,
    pre: InstancePre<Said>,
}

/// An instance that is called again and again.
pub struct Kept {
    store: Store<Said>,
    run: TypedFunc<(), i32>,
}

fn text(caller: &mut Caller<'_, Said>, ptr: u32, len: u32) -> String {
    let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory).expect("a memory");
    let (start, len) = (ptr as usize, len as usize);
    String::from_utf8(memory.data(&caller)[start..start + len].to_vec()).expect("text")
}

impl Bare {
    pub fn new(bytes: &[u8]) -> Self {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_core_instances(256).total_memories(256).total_tables(256).linear_memory_keep_resident(64 << 10);
        let mut config = Config::new();
        config.consume_fuel(true).concurrency_support(false);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("an engine");
        let module = Module::new(&engine, bytes).expect("a module");
        let mut linker = Linker::<Said>::new(&engine);
        let defined = linker
            .func_wrap("cascata_v1", "get", |slot: i32| i64::from(slot))
            .and_then(|linker| linker.func_wrap("cascata_v1", "as_f64", |handle: i32| f64::from(handle)))
            .and_then(|linker| {
                linker.func_wrap(
                    "cascata_v1",
                    "set_result",
                    |mut caller: Caller<'_, Said>, ptr: u32, len: u32, _: f64| {
                        caller.data_mut().0 = text(&mut caller, ptr, len);
                    },
                )
            })
            .and_then(|linker| {
                linker.func_wrap("cascata_v1", "set_data", |mut caller: Caller<'_, Said>, ptr: u32, len: u32| {
                    caller.data_mut().1 = text(&mut caller, ptr, len);
                })
            });
        defined.expect("functions");
        let pre = linker.instantiate_pre(&module).expect("imports that fit");
        Self { engine, pre }
    }

    pub fn kept(&self) -> Kept {
        let mut store = Store::new(&self.engine, Said::default());
        store.set_fuel(1_000_000).expect("fuel");
        let instance = self.pre.instantiate(&mut store).expect("an instance");
        let run = instance.get_typed_func(&mut store, "stage_run").expect("a function");
        Kept { store, run }
    }

    /// One call on an instance of its own.
    pub fn fresh(&self) -> Said {
        self.kept().call()
    }
}

impl Kept {
    pub fn call(&mut self) -> Said {
        self.store.set_fuel(1_000_000).expect("fuel");
        black_box(self.run.call(&mut self.store, ()).expect("an answer"));
        std::mem::take(self.store.data_mut())
    }
}
