//! Scores and what they say.

use alloc::string::String;

use cascata_stage::ToJson;

/// A table of weights, one printable character each: weight = (character - `P`) * `step`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// One character a weight.
    pub characters: &'static [u8],
    /// What one step of a character is worth.
    pub step: f64,
}

impl Table {
    /// The bucket of a hash. Tables hold a power of two of weights.
    #[must_use]
    pub const fn bucket(&self, hash: u32) -> usize {
        hash as usize & (self.characters.len() - 1)
    }

    /// The weight of a bucket in steps; 0 outside the table.
    #[must_use]
    pub fn steps(&self, bucket: usize) -> i32 {
        self.characters
            .get(bucket)
            .map_or(0, |&character| steps(character))
    }
}

/// The steps that a character stands for.
#[must_use]
pub const fn steps(character: u8) -> i32 {
    character as i32 - b'P' as i32
}

/// How likely the positive label is: the logistic function of a score.
#[must_use]
pub fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-logit))
}

/// Square root; 0 for a negative number.
#[must_use]
pub fn root(value: f64) -> f64 {
    libm::sqrt(value.max(0.0))
}

/// Natural logarithm.
#[must_use]
pub fn log(value: f64) -> f64 {
    libm::log(value)
}

/// A probability as a label and how sure it is, rounded to four decimals so that records stay readable.
#[must_use]
pub fn verdict(
    probability: f64,
    positive: &'static str,
    negative: &'static str,
) -> (&'static str, f64) {
    let (label, sure) = if probability >= 0.5 {
        (positive, probability)
    } else {
        (negative, 1.0 - probability)
    };
    (label, rounded(sure))
}

/// To four decimals, half away from zero.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    libm::round(value * 10_000.0) / 10_000.0
}

/// A number that is written as JSON with four decimals. Its digits come from integer arithmetic: the general formatting
/// of floats would be the largest part of a small module.
#[derive(Clone, Copy, Debug)]
pub struct Decimals(pub f64);

impl ToJson for Decimals {
    fn to_json(&self, out: &mut String) {
        // The cast saturates: scores are far inside, and a NaN reads as 0.
        let parts = libm::round(self.0 * 10_000.0) as i64;
        let (whole, rest) = (parts.unsigned_abs() / 10_000, parts.unsigned_abs() % 10_000);
        if parts < 0 {
            out.push('-');
        }
        whole.to_json(out);
        out.push('.');
        for unit in [1000, 100, 10, 1] {
            out.push(char::from(b'0' + (rest / unit % 10) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_four_and_rounded() {
        let text = [0.0, -0.00004, 1.25, -12.34567, f64::NAN].map(|number| {
            let mut out = String::new();
            Decimals(number).to_json(&mut out);
            out
        });
        assert_eq!(text, ["0.0000", "0.0000", "1.2500", "-12.3457", "0.0000"]);
    }

    #[test]
    fn a_verdict_is_sure_of_its_own_label() {
        assert_eq!(verdict(probability(0.0), "yes", "no"), ("yes", 0.5));
        assert_eq!(verdict(probability(-1e3), "yes", "no"), ("no", 1.0));
        assert_eq!(verdict(probability(1e3), "yes", "no"), ("yes", 1.0));
    }

    #[test]
    fn characters_are_signed_steps_around_p() {
        let table = Table {
            characters: b"PQO#",
            step: 0.5,
        };
        assert_eq!(
            [0, 1, 2, 3, 4].map(|bucket| table.steps(bucket)),
            [0, 1, -1, -45, 0]
        );
        assert_eq!(table.bucket(7), 3);
    }
}
