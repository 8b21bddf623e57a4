//! Powers of a daily decay, at any age in microseconds, to about 1e-13.

const US_PER_DAY: f64 = 86_400e6;
/// Added to a number below 2^51, it leaves the nearest whole number in the low bits.
const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;
/// Halvings after which nothing is left, in two steps that are both normal numbers.
const MOST_HALVINGS: f64 = 2040.0;
/// 1 / n!, from n = 11 down to 0: the series of the exponential, to 1e-14 within half a halving.
const SERIES: [f64; 12] = [
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// `per_day ^ (age in days)`, without a branch or a table: of many ages at once by vectors, with the same bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decay {
    /// halvings a microsecond
    rate: f64,
}

impl Decay {
    /// Powers of `per_day`, in (0, 1].
    #[must_use]
    pub fn new(per_day: f64) -> Self {
        Self {
            rate: -libm::log2(per_day) / US_PER_DAY,
        }
    }

    /// What is left of 1 at an age below 2^53.
    #[inline(always)]
    #[must_use]
    pub fn at(self, age_us: u64) -> f64 {
        let halvings = age_us as i64 as f64 * self.rate;
        let halvings = if halvings < MOST_HALVINGS {
            halvings
        } else {
            MOST_HALVINGS
        };
        let rounded = halvings + ROUND;
        let whole = rounded.to_bits() & 0xFFFF;
        let x = (rounded - ROUND - halvings) * std::f64::consts::LN_2;
        let mut sum = 0.0;
        for term in SERIES {
            sum = sum * x + term;
        }
        let half = whole / 2;
        sum * power_of_half(half) * power_of_half(whole - half)
    }
}

#[inline(always)]
fn power_of_half(n: u64) -> f64 {
    f64::from_bits((1023 - n) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_power_at_any_age() {
        let window = 90 * 86_400_000_000_u64;
        for per_day in [0.01, 0.5, 0.95, 0.99, 1.0] {
            let decay = Decay::new(per_day);
            for age in (0..window).step_by(777_777_777).chain([window - 1, 1]) {
                let exact = libm::pow(per_day, age as f64 / US_PER_DAY);
                assert!(
                    (decay.at(age) / exact - 1.0).abs() < 1e-12,
                    "{per_day} {age}"
                );
            }
        }
    }

    #[test]
    fn of_what_is_very_old_nothing_is_left() {
        let decay = Decay::new(0.01);
        let days = |n: u64| n * 86_400_000_000;
        assert!((decay.at(days(155)) / libm::pow(0.01, 155.0) - 1.0).abs() < 1e-3);
        assert!(decay.at(days(200)) + decay.at(days(36_525)) <= 0.0);
    }
}
