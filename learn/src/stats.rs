//! Bounds on what was counted.
//!
//! A share that was counted on a few records is not the share there is. [`wilson`] gives the interval it lies in; where a
//! rule was picked from many, its bound is taken at a level that leaves room for all that were tried ([`z_among`]).

/// The normal quantile of a one-sided 95 % bound.
pub const Z95: f64 = 1.644_853_626_951_472_2;

/// The Wilson interval of `hits` of `total` at `z` standard deviations (E. B. Wilson, 1927): lower and upper bound, 0 to 1.
/// Of nothing it is everything.
#[must_use]
pub fn wilson(hits: u64, total: u64, z: f64) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (n, z2) = (total as f64, z * z);
    let share = hits as f64 / n;
    let center = share + z2 / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((center - spread) / scale).max(0.0), ((center + spread) / scale).min(1.0))
}

/// The lower bound of [`wilson`].
#[must_use]
pub fn lower(hits: u64, total: u64, z: f64) -> f64 {
    wilson(hits, total, z).0
}

/// The upper bound of [`wilson`].
#[must_use]
pub fn upper(hits: u64, total: u64, z: f64) -> f64 {
    wilson(hits, total, z).1
}

/// The normal quantile of a one-sided bound that holds for all of `tried` candidates at once with probability
/// `1 - alpha` (Bonferroni).
#[must_use]
pub fn z_among(alpha: f64, tried: u64) -> f64 {
    upper_quantile(alpha / tried.max(1) as f64)
}

/// The standard deviations above which `tail` of a normal distribution lies; Acklam's rational approximation, off by less
/// than 1.2e-9 relatively.
#[must_use]
pub fn upper_quantile(tail: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.383_577_518_672_69e2,
        -3.066479806614716e+01,
        2.506628277459239e+00,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00,
    ];
    const D: [f64; 5] =
        [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1.0];
    let poly = |terms: &[f64], x: f64| terms.iter().fold(0.0, |sum, term| sum * x + term);
    let tail = tail.clamp(1e-300, 1.0 - 1e-16);
    if tail < 0.02425 {
        let q = (-2.0 * tail.ln()).sqrt();
        -poly(&C, q) / poly(&D, q)
    } else if tail > 1.0 - 0.02425 {
        -upper_quantile(1.0 - tail)
    } else {
        let q = 0.5 - tail;
        let r = q * q;
        q * poly(&A, r) / poly(&B, r)
    }
}

/// How far two shares are apart, in standard deviations of their difference: the pooled two-proportion test. 0 where one
/// of them counted nothing.
#[must_use]
pub fn z_between(first: (u64, u64), second: (u64, u64)) -> f64 {
    let (n, m) = (first.1 as f64, second.1 as f64);
    if first.1 == 0 || second.1 == 0 {
        return 0.0;
    }
    let pooled = (first.0 as f64 + second.0 as f64) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if variance <= 0.0 { 0.0 } else { (second.0 as f64 / m - first.0 as f64 / n) / variance.sqrt() }
}

/// How likely it is that the second sample has so many misses, or more, if both are of one world: Fisher's exact test, one-sided
/// (R. A. Fisher, 1922). Each is (misses, total). Unlike [`z_between`] it holds for a handful of misses too, which is what precise rules have.
/// 1 where one of them counted nothing. Costs as many steps as the first sample has misses.
#[must_use]
pub fn more_misses(first: (u64, u64), second: (u64, u64)) -> f64 {
    let ((missed, n), (missed_later, m)) = (first, second);
    if n == 0 || m == 0 || missed > n || missed_later > m {
        return 1.0;
    }
    let misses = missed + missed_later;
    // The chance of exactly these counts, and of each that has one miss more in the second sample, by its ratio to the one before.
    let exactly = ln_choose(n, missed) + ln_choose(m, missed_later) - ln_choose(n + m, misses);
    let (mut term, mut sum) = (1.0, 1.0);
    for moved in 0..missed.min(m - missed_later) {
        let (here, there) = ((missed - moved) as f64, (missed_later + moved) as f64);
        term *= here / ((n - missed + moved) as f64 + 1.0) * ((m as f64 - there) / (there + 1.0));
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (exactly.exp() * sum).clamp(0.0, 1.0)
}

/// The logarithm of the number of ways to take `k` of `n`.
fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The logarithm of `n!`: a product for small numbers, Stirling's series beyond, off by less than 1e-12 relatively.
fn ln_factorial(n: u64) -> f64 {
    if n < 32 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let x = n as f64;
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(seen: f64, wanted: f64) {
        assert!((seen - wanted).abs() < 1e-6, "{seen} is not {wanted}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        near(upper_quantile(0.05), 1.644_853_6);
        near(upper_quantile(0.5), 0.0);
        near(upper_quantile(0.975), -1.959_964);
        near(upper_quantile(0.001), 3.090_232_3);
        near(upper_quantile(1e-9), 5.997_807_0);
    }

    #[test]
    fn wilson_bounds_are_those_of_the_paper() {
        let (low, high) = wilson(8, 10, 1.959_964);
        near(low, 0.490_162_5);
        near(high, 0.943_317_8);
        assert_eq!(wilson(0, 0, Z95), (0.0, 1.0));
        assert!(lower(10, 10, Z95) < 1.0 && upper(0, 10, Z95) > 0.0);
    }

    #[test]
    fn more_candidates_need_a_farther_bound() {
        near(z_among(0.05, 1), Z95);
        assert!(z_among(0.05, 1_000) > z_among(0.05, 10));
    }

    #[test]
    fn equal_shares_are_not_apart() {
        near(z_between((50, 100), (500, 1_000)), 0.0);
        assert!(z_between((990, 1_000), (950, 1_000)) < -4.0);
    }

    #[test]
    fn misses_are_compared_as_exactly_as_they_can_be() {
        // The lady who tastes tea: four of four right, by guessing 1 of 70 times; three or more, 17 of 70 times.
        near(more_misses((0, 4), (4, 4)), 1.0 / 70.0);
        near(more_misses((1, 4), (3, 4)), 17.0 / 70.0);
        near(more_misses((4, 4), (0, 4)), 1.0);
        near(more_misses((0, 0), (4, 4)), 1.0);
        // Sums of the hypergeometric distribution, by exact fractions.
        near(more_misses((3, 811), (64, 3_500)) * 1e4, 5.875341773);
        near(more_misses((40, 50_000), (75, 50_000)) * 1e3, 0.702052238);
    }

    #[test]
    fn a_check_by_misses_warns_no_more_often_than_it_says() {
        // Each way 400 of which 1 % miss could be split into halves, with its chance, times whether the check speaks.
        let choose = |n: u64, k: u64| ln_choose(n, k);
        let spoken: f64 = (0..=30_u64)
            .flat_map(|first| (0..=30_u64).map(move |second| (first, second)))
            .filter(|(first, second)| more_misses((*first, 200), (*second, 200)) < 0.05)
            .map(|(first, second)| {
                let ln = choose(200, first) + choose(200, second);
                let misses = (first + second) as f64;
                (ln + misses * 0.01_f64.ln() + (400.0 - misses) * 0.99_f64.ln()).exp()
            })
            .sum();
        assert!(spoken > 0.0 && spoken <= 0.05, "{spoken}");
    }
}
