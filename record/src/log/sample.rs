//! Which decisions are recorded: by a stable hash, so that the same event is chosen on every machine and every day.

use super::{RecordError, RecordSettings};
use crate::Field;

/// Millionths in a whole.
const WHOLE: u64 = 1_000_000;

/// Chooses a share of decisions.
#[derive(Clone, Debug)]
pub struct Sampler {
    /// In millionths.
    share: u64,
    /// The field by whose value is chosen.
    key: Option<Field>,
}

impl Sampler {
    /// What settings say.
    ///
    /// # Errors
    /// The key is no path of a field.
    pub fn new(settings: &RecordSettings) -> Result<Self, RecordError> {
        let key = settings.sample_key.as_deref().map(str::parse).transpose();
        let key = key.map_err(|error: crate::FieldError| RecordError::setting("sample_key", error.to_string()))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 0 to 100")]
        let share = (settings.sample_percent.clamp(0.0, 100.0) * 10_000.0).round() as u64;
        Ok(Self { share, key })
    }

    /// The field that [`takes`](Self::takes) is to be asked with the value of; none stands for the whole event.
    #[must_use]
    pub const fn key(&self) -> Option<&Field> {
        self.key.as_ref()
    }

    /// Whether all are taken, whatever the key.
    #[must_use]
    pub const fn takes_all(&self) -> bool {
        self.share >= WHOLE
    }

    /// Whether decisions with this key are recorded.
    #[must_use]
    pub fn takes(&self, key: &[u8]) -> bool {
        let hash = blake3::hash(key);
        let (first, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        u64::from_le_bytes(*first) % WHOLE < self.share
    }
}
