//! A map from 64-bit ids to dense numbers, open addressing.

/// No number.
pub const NONE: u32 = u32::MAX;

/// Spread an id over 64 bits; the mix can be undone, so different ids stay different.
#[inline]
#[must_use]
pub fn mix(id: i64) -> u64 {
    let mut x = id as u64;
    x ^= x >> 32;
    x = x.wrapping_mul(0x9FB2_1C65_1E98_DF25);
    x ^= x >> 29;
    x = x.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 32)
}

/// The id of a mix.
#[inline]
#[must_use]
pub fn unmix(mixed: u64) -> i64 {
    let mut x = mixed ^ (mixed >> 32);
    x = x.wrapping_mul(inverse(0xD6E8_FEB8_6659_FD93));
    x ^= (x >> 29) ^ (x >> 58);
    x = x.wrapping_mul(inverse(0x9FB2_1C65_1E98_DF25));
    (x ^ (x >> 32)) as i64
}

/// The number whose product with an odd one is 1, by Newton's steps.
const fn inverse(odd: u64) -> u64 {
    let (mut x, mut step) = (odd, 0);
    while step < 6 {
        x = x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x)));
        step += 1;
    }
    x
}

/// Ids numbered in the order in which they were first seen.
#[derive(Debug, Clone, Default)]
pub struct IdTable {
    /// (id, number), a power of two of them, at most half in use
    slots: Vec<(i64, u32)>,
    ids: Vec<i64>,
}

impl IdTable {
    /// The ids, each at its number.
    #[must_use]
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// The memory held, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.slots.capacity() * size_of::<(i64, u32)>() + self.ids.capacity() * size_of::<i64>()
    }

    /// The number of an id, given its mix; `NONE` if it has none.
    #[inline]
    #[must_use]
    pub fn find(&self, id: i64, mixed: u64) -> u32 {
        if self.slots.is_empty() {
            return NONE;
        }
        self.slots[self.slot(id, mixed)].1
    }

    /// The number of an id, given its mix; the next one if it has none yet.
    #[inline]
    pub fn intern(&mut self, id: i64, mixed: u64) -> u32 {
        if self.ids.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(id, mixed);
        if self.slots[slot].1 == NONE {
            self.slots[slot] = (id, self.ids.len() as u32);
            self.ids.push(id);
        }
        self.slots[slot].1
    }

    /// The slot of an id, or the free one where it belongs.
    #[inline]
    fn slot(&self, id: i64, mixed: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = mixed as usize & mask;
        while self.slots[at].1 != NONE && self.slots[at].0 != id {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots = vec![(0, NONE); size];
        for (number, &id) in self.ids.iter().enumerate() {
            let slot = self.slot(id, mix(id));
            self.slots[slot] = (id, number as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_whole_range_get_numbers_in_order_of_arrival() {
        let ids = [i64::MIN, -1, 0, 1, i64::MAX, 7];
        let mut table = IdTable::default();
        assert_eq!(table.find(0, mix(0)), NONE);
        for (number, &id) in ids.iter().enumerate() {
            assert_eq!(table.intern(id, mix(id)), number as u32);
        }
        for step in 0..1000_i64 {
            table.intern(step << 32, mix(step << 32));
        }
        for (number, &id) in ids.iter().enumerate() {
            assert_eq!(table.find(id, mix(id)), number as u32);
        }
        assert_eq!(table.find(8, mix(8)), NONE);
        assert!(ids.iter().all(|&id| unmix(mix(id)) == id));
    }
}
