//! Powers of a daily decay, at any age in microseconds, to about 1e-15.

const US_PER_DAY: f64 = 86_400e6;
/// Beyond this exponent four terms of the series are not exact enough.
const MAX_EXPONENT: f64 = 1e-3;
const FINE_BITS: u32 = 10;

/// `per_day ^ (age in days)`: tables of coarse and of fine steps, times a short series for the rest.
#[derive(Debug, Clone)]
pub struct Decay {
    /// ln(decay) a microsecond
    rate: f64,
    shift: u32,
    coarse: Vec<f64>,
    fine: Vec<f64>,
}

impl Decay {
    /// Powers of `per_day`, in (0, 1], for ages below `window_us`.
    #[must_use]
    pub fn new(per_day: f64, window_us: u64) -> Self {
        let rate = libm::log(per_day) / US_PER_DAY;
        let mut shift = 32;
        while shift > 0 && -rate * (1_u64 << shift) as f64 > MAX_EXPONENT {
            shift -= 1;
        }
        let powers = |count: u64, shift: u32| {
            let power = |step: u64| libm::exp(rate * (step << shift) as f64);
            (0..count).map(power).collect()
        };
        Self {
            rate,
            shift,
            coarse: powers((window_us >> (shift + FINE_BITS)) + 1, shift + FINE_BITS),
            fine: powers(1 << FINE_BITS, shift),
        }
    }

    /// What is left of 1 at an age below the window.
    #[inline]
    #[must_use]
    pub fn at(&self, age_us: u64) -> f64 {
        let rest = age_us & ((1 << self.shift) - 1);
        let x = self.rate * rest as f64;
        let series = 1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0))));
        let step = (age_us >> self.shift) as usize;
        self.coarse[step >> FINE_BITS] * self.fine[step & ((1 << FINE_BITS) - 1)] * series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_power_at_any_age() {
        let window = 90 * 86_400_000_000_u64;
        for per_day in [0.01, 0.5, 0.95, 0.99, 1.0] {
            let decay = Decay::new(per_day, window);
            for age in (0..window).step_by(777_777_777).chain([window - 1, 1]) {
                let exact = libm::pow(per_day, age as f64 / US_PER_DAY);
                assert!(
                    (decay.at(age) / exact - 1.0).abs() < 1e-12,
                    "{per_day} {age}"
                );
            }
        }
    }
}
