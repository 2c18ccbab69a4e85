//! Memory and tables: what wasmtime asks before either grows.

use wasmtime::{Error, ResourceLimiter};

/// What was refused, for the message of the trap that usually follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Bytes of memory that were asked for, all together.
    Memory(u64),
    /// Elements of tables that were asked for, all together.
    Table(u64),
}

/// Counts the memories and tables of one store together, where wasmtime's own limiter looks at each alone.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_limit: u64,
    table_limit: u64,
    memory: u64,
    tables: u64,
    last_growth: u64,
    high_water: u64,
    denied: Option<Denied>,
}

impl Limiter {
    pub const fn new(memory_limit: u64, table_limit: u64) -> Self {
        Self { memory_limit, table_limit, memory: 0, tables: 0, last_growth: 0, high_water: 0, denied: None }
    }

    /// The most memory held so far, in bytes.
    pub const fn high_water(&self) -> u64 {
        self.high_water
    }

    /// The last growth that was refused.
    pub const fn denied(&self) -> Option<Denied> {
        self.denied
    }

    pub const fn forget_denied(&mut self) {
        self.denied = None;
    }
}

/// usize has at most 64 bits on every platform wasmtime runs on.
fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let growth = wide(desired.saturating_sub(current));
        let total = self.memory.saturating_add(growth);
        if total > self.memory_limit {
            self.denied = Some(Denied::Memory(total));
            return Ok(false);
        }
        self.last_growth = growth;
        self.memory = total;
        self.high_water = self.high_water.max(total);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: Error) -> wasmtime::Result<()> {
        self.memory = self.memory.saturating_sub(self.last_growth);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(wide(desired.saturating_sub(current)));
        if total > self.table_limit {
            self.denied = Some(Denied::Table(total));
            return Ok(false);
        }
        self.tables = total;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_memories_share_one_limit() {
        let mut limiter = Limiter::new(100, 10);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(limiter.denied(), Some(Denied::Memory(120)));
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        limiter.memory_grow_failed(Error::msg("no")).unwrap();
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert_eq!(limiter.high_water(), 100);
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(10, 11, None).unwrap());
    }
}
