//! A budget of retries: a stage that is down gets a share more calls, not a multiple of them.
//!
//! Every call pays in a share of a retry, every retry takes a whole one out. Counted in millionths, so that shares add up exactly.

use super::super::sync::AtomicU64;
use std::sync::atomic::Ordering;

/// One retry.
const WHOLE: u64 = 1_000_000;

/// What is saved up for the retries of one stage.
#[derive(Debug)]
pub(in crate::plugins) struct Budget {
    saved: AtomicU64,
    most: u64,
    /// What a call pays in.
    share: u64,
}

impl Budget {
    /// A full budget: `burst` retries, and `percent` more for a hundred calls.
    pub(in crate::plugins) fn new(percent: f64, burst: u32) -> Self {
        let most = u64::from(burst).saturating_mul(WHOLE);
        // A percentage has at most four places here; the cast holds any.
        Self { saved: AtomicU64::new(most), most, share: (percent * 10_000.0).round() as u64 }
    }

    /// A call was made.
    pub(in crate::plugins) fn pay_in(&self) {
        let paid = |saved: u64| Some(saved.saturating_add(self.share).min(self.most)).filter(|more| *more != saved);
        // Fails only where nothing changes.
        let _full = self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid);
    }

    /// Takes out a retry; false when there is none.
    pub(in crate::plugins) fn take_out(&self) -> bool {
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| saved.checked_sub(WHOLE)).is_ok()
    }
}
