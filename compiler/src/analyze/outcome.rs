//! How a test can come out.

/// A set of outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcomes(u8);

/// One outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    True,
    False,
    Error,
}

impl Outcome {
    pub(super) const ALL: [Self; 3] = [Self::True, Self::False, Self::Error];
}

impl Outcomes {
    pub(super) const TRUE: Self = Self(1);
    pub(super) const FALSE: Self = Self(2);
    pub(super) const ERROR: Self = Self(4);
    pub(super) const DECIDED: Self = Self(3);
    pub(super) const ANY: Self = Self(7);

    /// What is known about a yes or no.
    pub(super) const fn of(answer: Option<bool>) -> Self {
        match answer {
            Some(true) => Self::TRUE,
            Some(false) => Self::FALSE,
            None => Self::DECIDED,
        }
    }

    pub(super) const fn has(self, outcome: Outcome) -> bool {
        let bit = match outcome {
            Outcome::True => 1,
            Outcome::False => 2,
            Outcome::Error => 4,
        };
        self.0 & bit != 0
    }

    /// Whether there is more than one.
    pub(super) const fn is_open(self) -> bool {
        self.0.count_ones() > 1
    }

    /// True for false and the other way round.
    pub(super) const fn flip(self) -> Self {
        Self(self.0 & 4 | (self.0 & 1) << 1 | (self.0 & 2) >> 1)
    }
}
