//! Which examples are fitted, tuned and reported with.

/// A part of the examples. No figure that is reported comes from examples a rule was fitted or chosen with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// 60 %: rules are searched here.
    Fit,
    /// 20 %: how strict to be is chosen here.
    Tune,
    /// 20 %: figures are measured here, once.
    Report,
}

impl Part {
    /// The part an id belongs to: by its hash, so on every machine, in every order and in every run the same.
    #[must_use]
    pub fn of(id: &str) -> Self {
        match rank(id) % 10 {
            0..=5 => Self::Fit,
            6 | 7 => Self::Tune,
            _ => Self::Report,
        }
    }
}

/// A number that the id alone decides, evenly spread.
pub(crate) fn rank(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let first = hash.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_shares_and_never_change() {
        let mut seen = [0; 3];
        for number in 0..10_000 {
            seen[Part::of(&format!("event-{number}")) as usize] += 1;
        }
        for (seen, wanted) in seen.into_iter().zip([6_000, 2_000, 2_000]) {
            assert!((wanted - 150..wanted + 150).contains(&seen), "{seen} of {wanted}");
        }
        assert_eq!(
            [Part::of("flow-000000"), Part::of("flow-000001")].map(|part| part as usize),
            [rank("flow-000000"), rank("flow-000001")].map(|rank| [0, 0, 0, 0, 0, 0, 1, 1, 2, 2][(rank % 10) as usize])
        );
    }
}
