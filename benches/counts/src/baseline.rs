//! The counts that the project last agreed on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How far the reference work may be off, in thousandths, for counts to be comparable.
const REFERENCE_THOUSANDTHS: u64 = 2;

/// baseline.json.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// Instructions of the reference work, where the rest was counted.
    pub reference: u64,
    /// Instructions by workload.
    pub counts: BTreeMap<String, u64>,
}

/// What a count is beside its baseline, with the difference in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Within the threshold.
    Same { percent: f64 },
    /// Beyond it.
    Slower { percent: f64, threshold: f64 },
    /// So much less that the baseline would let a later change lose it again.
    Faster { percent: f64 },
    /// There is no baseline.
    Unknown,
}

impl Baseline {
    fn path() -> PathBuf {
        // From the checkout it was built in; a script that copies the program elsewhere names the file.
        std::env::var_os("CASCATA_COUNTS_BASELINE")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json")), PathBuf::from)
    }

    pub fn read() -> Result<Self, String> {
        let path = Self::path();
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn write(&self) -> Result<(), String> {
        let path = Self::path();
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(&path, format!("{text}\n")).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Whether the reference work takes here what it took there.
    pub fn is_comparable(&self, reference: u64) -> bool {
        self.reference.abs_diff(reference).saturating_mul(1000) <= self.reference.saturating_mul(REFERENCE_THOUSANDTHS)
    }

    pub fn judge(&self, name: &str, threshold: f64, count: u64) -> Verdict {
        let Some(known) = self.counts.get(name).copied().filter(|known| *known > 0) else { return Verdict::Unknown };
        let percent = (count as f64 - known as f64) / known as f64 * 100.0;
        if percent > threshold {
            Verdict::Slower { percent, threshold }
        } else if percent < -GAIN {
            Verdict::Faster { percent }
        } else {
            Verdict::Same { percent }
        }
    }
}

/// A gain beyond this, in percent, is worth a new baseline.
const GAIN: f64 = 5.0;

impl Verdict {
    /// Whether a change with this count has to be looked at.
    pub const fn fails(self) -> bool {
        matches!(self, Self::Slower { .. } | Self::Unknown)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same { percent } => write!(f, "{percent:+.2} %"),
            Self::Slower { percent, threshold } => write!(f, "{percent:+.2} %, more than {threshold} % SLOWER"),
            Self::Faster { percent } => write!(f, "{percent:+.2} %, worth a new baseline"),
            Self::Unknown => f.write_str("has no baseline"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_judged_by_its_threshold_and_a_gain_fails_nothing() {
        let counts = [("w".to_owned(), 1_000_000)].into_iter().collect();
        let baseline = Baseline { reference: 500_000, counts };
        assert_eq!(baseline.judge("w", 3.0, 1_030_000), Verdict::Same { percent: 3.0 });
        assert_eq!(baseline.judge("w", 3.0, 1_040_000), Verdict::Slower { percent: 4.0, threshold: 3.0 });
        assert_eq!(baseline.judge("w", 3.0, 700_000), Verdict::Faster { percent: -30.0 });
        let fails = [1_030_000, 1_040_000, 700_000].map(|count| baseline.judge("w", 3.0, count).fails());
        assert_eq!(fails, [false, true, false]);
        assert_eq!(baseline.judge("other", 3.0, 1), Verdict::Unknown);
    }

    #[test]
    fn another_machine_is_known_by_the_reference_work() {
        let baseline = Baseline { reference: 500_000, ..Baseline::default() };
        assert!(baseline.is_comparable(500_900));
        assert!(baseline.is_comparable(499_100));
        assert!(!baseline.is_comparable(502_000));
    }

    #[test]
    fn every_workload_has_a_baseline() {
        let baseline = Baseline::read().unwrap();
        let known: Vec<_> = baseline.counts.keys().map(String::as_str).collect();
        let mut names: Vec<_> = crate::workloads::ALL.iter().map(|workload| workload.name).collect();
        names.sort_unstable();
        assert_eq!(known, names);
        assert!(baseline.reference > 0);
    }
}
