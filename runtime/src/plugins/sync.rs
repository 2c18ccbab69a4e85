//! What threads meet at: the standard library's, or loom's, which tries every order in which they can.

#[cfg(cascata_loom)]
pub(super) use loom::sync::{Mutex, MutexGuard, atomic::AtomicU64};
#[cfg(not(cascata_loom))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic::AtomicU64};
