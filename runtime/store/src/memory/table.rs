//! The maps of the memory store and what bounds them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::MemoryStats;
use crate::StoreError;
use crate::clock::micros;
use crate::record::{Body, Record, Space};
use crate::transition::Write;

/// Records by space and key.
#[derive(Debug)]
pub(super) struct Table {
    entries: HashMap<Box<str>, Record>,
    limits: HashMap<Box<str>, Record>,
    counters: HashMap<Box<str>, Record>,
    /// Values in the order they were written, with the version each had then; a later one makes an element void.
    order: VecDeque<(Box<str>, u64)>,
    pending: usize,
    last_version: u64,
    evicted: u64,
    max_entries: usize,
    cleanup_us: i64,
    next_cleanup: i64,
}

impl Table {
    pub(super) fn new(max_entries: usize, cleanup_interval: Duration, now: i64) -> Self {
        let cleanup_us = micros(cleanup_interval);
        Self {
            entries: HashMap::new(),
            limits: HashMap::new(),
            counters: HashMap::new(),
            order: VecDeque::new(),
            pending: 0,
            last_version: 0,
            evicted: 0,
            max_entries: max_entries.max(1),
            cleanup_us,
            next_cleanup: now.saturating_add(cleanup_us),
        }
    }

    pub(super) fn keep_at_least(&mut self, entries: usize) {
        self.max_entries = self.max_entries.max(entries);
    }

    /// The record, unless it has expired.
    pub(super) fn get(&self, space: Space, key: &str, now: i64) -> Option<&Record> {
        self.map(space).get(key).filter(|record| !record.is_expired(now))
    }

    /// Writes a record and gives its version.
    pub(super) fn write(&mut self, space: Space, key: &str, write: Write, now: i64) -> Result<u64, StoreError> {
        if now >= self.next_cleanup {
            self.purge(now);
        }
        let pending = matches!(write.body, Body::Pending { .. });
        self.make_room(space, key, pending, now)?;
        self.last_version = self.last_version.saturating_add(1);
        let version = self.last_version;
        let Write { body, token, expires_us } = write;
        let value = matches!(body, Body::Value(_));
        let record = Record { version, token, written_us: now, expires_us, body };
        let old = self.map_mut(space).insert(key.into(), record);
        self.forget(old.as_ref());
        self.pending = self.pending.saturating_add(usize::from(pending));
        if value {
            self.order.push_back((key.into(), version));
            self.evict();
        }
        Ok(version)
    }

    pub(super) fn remove(&mut self, space: Space, key: &str) -> u64 {
        let old = self.map_mut(space).remove(key);
        self.forget(old.as_ref());
        0
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.limits.clear();
        self.counters.clear();
        self.order.clear();
        self.pending = 0;
    }

    /// Removes what has expired.
    pub(super) fn purge(&mut self, now: i64) -> u64 {
        self.next_cleanup = now.saturating_add(self.cleanup_us);
        let before = self.len();
        for map in [&mut self.entries, &mut self.limits, &mut self.counters] {
            map.retain(|_, record| !record.is_expired(now));
        }
        self.pending = self.entries.values().filter(|record| is_pending(record)).count();
        self.tidy();
        u64::try_from(before.saturating_sub(self.len())).unwrap_or(u64::MAX)
    }

    pub(super) fn stats(&self, now: i64) -> MemoryStats {
        let all = self.entries.values().chain(self.limits.values()).chain(self.counters.values());
        let expired = all.filter(|record| record.is_expired(now)).count();
        let total = self.len();
        MemoryStats {
            total,
            active: total.saturating_sub(expired),
            expired,
            pending: self.entries.values().filter(|record| is_pending(record) && !record.is_expired(now)).count(),
            evicted: self.evicted,
            waited_for: 0,
        }
    }

    fn len(&self) -> usize {
        self.entries.len().saturating_add(self.limits.len()).saturating_add(self.counters.len())
    }

    /// Refuses what may not be dropped and would be too much; what has expired makes room first.
    fn make_room(&mut self, space: Space, key: &str, pending: bool, now: i64) -> Result<(), StoreError> {
        let what = match (space, pending) {
            (Space::Entries, true) => "pending claims",
            (Space::Entries, false) => return Ok(()),
            (Space::Limits, _) => "limits",
            (Space::Counters, _) => "counters",
        };
        // A record that is written again takes no more room.
        if self.map(space).get(key).is_some_and(|old| !pending || is_pending(old))
            || self.held(space) < self.max_entries
        {
            return Ok(());
        }
        self.purge(now);
        if self.held(space) < self.max_entries {
            return Ok(());
        }
        Err(StoreError::Full { what, limit: self.max_entries })
    }

    fn held(&self, space: Space) -> usize {
        if space == Space::Entries { self.pending } else { self.map(space).len() }
    }

    fn forget(&mut self, old: Option<&Record>) {
        if old.is_some_and(is_pending) {
            self.pending = self.pending.saturating_sub(1);
        }
    }

    /// Drops the oldest values while there are too many.
    fn evict(&mut self) {
        while self.entries.len().saturating_sub(self.pending) > self.max_entries {
            let Some((key, version)) = self.order.pop_front() else { return };
            if self.entries.get(&key).is_some_and(|record| record.version == version) {
                self.entries.remove(&key);
                self.evicted = self.evicted.saturating_add(1);
            }
        }
        if self.order.len() > self.max_entries.saturating_mul(2) {
            self.tidy();
        }
    }

    /// Drops void elements of the order.
    fn tidy(&mut self) {
        let entries = &self.entries;
        self.order.retain(|(key, version)| entries.get(key).is_some_and(|record| record.version == *version));
    }

    const fn map(&self, space: Space) -> &HashMap<Box<str>, Record> {
        match space {
            Space::Entries => &self.entries,
            Space::Limits => &self.limits,
            Space::Counters => &self.counters,
        }
    }

    const fn map_mut(&mut self, space: Space) -> &mut HashMap<Box<str>, Record> {
        match space {
            Space::Entries => &mut self.entries,
            Space::Limits => &mut self.limits,
            Space::Counters => &mut self.counters,
        }
    }
}

const fn is_pending(record: &Record) -> bool {
    matches!(record.body, Body::Pending { .. })
}
