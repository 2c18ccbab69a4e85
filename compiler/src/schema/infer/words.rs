//! The different texts of a field, as long as they are few.

/// Texts longer than this are no names of anything.
const LONGEST: usize = 64;

/// How often each text has to have come on average to be taken for one of few.
const REPEATS: u64 = 5;

/// The texts that were seen; nothing once they are too many or too long.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words(Option<Vec<String>>);

impl Default for Words {
    fn default() -> Self {
        Self(Some(Vec::new()))
    }
}

impl Words {
    pub(super) fn add(&mut self, text: &str, most: usize) {
        let Some(known) = &mut self.0 else { return };
        if known.iter().any(|other| other == text) {
            return;
        }
        if known.len() >= most || text.len() > LONGEST {
            self.0 = None;
        } else {
            known.push(text.to_owned());
        }
    }

    pub(super) fn merge(&mut self, other: Self, most: usize) {
        match other.0 {
            Some(words) => words.iter().for_each(|word| self.add(word, most)),
            None => self.0 = None,
        }
    }

    /// The texts in order, if they came often enough to be all there are.
    pub(super) fn few(&self, seen: u64) -> Option<Vec<&str>> {
        let words = self.0.as_ref().filter(|words| !words.is_empty())?;
        let wanted = u64::try_from(words.len()).unwrap_or(u64::MAX).saturating_mul(REPEATS);
        let mut words: Vec<_> = words.iter().map(String::as_str).collect();
        words.sort_unstable();
        (seen >= wanted).then_some(words)
    }
}
