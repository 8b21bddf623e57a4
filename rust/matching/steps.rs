//! A function of large numbers in steps of half octaves: fit for bounds, found without arithmetic.

use super::vector::Vector;

/// Number of steps.
pub const STEPS: usize = 32;
/// Below the exponent of a number, and the first bit after it.
const SHIFT: u32 = 22;

/// The value of each step. Numbers below the first step count as within it, and those above the last likewise.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub struct Steps {
    /// Low five bits of the place of a step -> value.
    pub values: [f32; STEPS],
    /// The place of the first step.
    pub first: u32,
}

impl Steps {
    /// `STEPS` steps that end with the one that a number above 1 is in; each value is made of the smallest number of its
    /// step, of the first one from 0.
    #[must_use]
    pub fn up_to(last: f32, value: impl Fn(f32) -> f32) -> Self {
        let first = (last.to_bits() >> SHIFT) + 1 - STEPS as u32;
        let mut values = [0.0; STEPS];
        for place in first..first + STEPS as u32 {
            let start = if place == first { 0 } else { place << SHIFT };
            values[place as usize % STEPS] = value(f32::from_bits(start));
        }
        Self { values, first }
    }

    /// The place of the last step.
    #[inline(always)]
    #[must_use]
    pub fn last(&self) -> u32 {
        self.first + STEPS as u32 - 1
    }

    /// The value of the step that a number of 0 or more is in.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, number: f32) -> f32 {
        let place = (number.to_bits() >> SHIFT).clamp(self.first, self.last());
        self.values[place as usize % STEPS]
    }

    /// The same of sixteen numbers.
    #[inline(always)]
    #[must_use]
    pub fn of<V: Vector>(&self, numbers: V) -> V {
        numbers.stepwise::<SHIFT>(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_half_an_octave() {
        let steps = Steps::up_to(1000.0, |start| start);
        assert_eq!(steps.at(700.0), 512.0);
        assert_eq!(steps.at(768.0), 768.0);
        assert_eq!(steps.at(f32::INFINITY), 768.0);
        assert_eq!(steps.at(0.0), 0.0);
        assert_eq!(steps.at(1024.0 / 65536.0), 0.0);
        assert_eq!(steps.at(1024.0 / 65536.0 * 1.5), 1.5 / 64.0);
    }
}
