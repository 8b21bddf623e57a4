//! The first times at which each user did each thing with one post.

use super::record::AT_BITS;

/// The place of no time: the code above it is one that nothing has.
const EMPTY: u64 = u64::MAX;
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const ODD: u64 = 0xD6E8_FEB8_6659_FD93;

/// A user, what was done and when.
#[derive(Debug, Clone, Copy)]
struct Entry {
    user: u64,
    /// The code above the time.
    packed: u64,
}

/// A table of open addresses, empty between two posts.
#[derive(Debug, Default)]
pub struct Distinct {
    entries: Vec<Entry>,
    used: Vec<u32>,
    mask: usize,
}

impl Distinct {
    /// Make room for so many; the table is empty.
    pub fn begin(&mut self, records: usize) {
        let room = (2 * records.max(2)).next_power_of_two();
        if self.entries.len() < room {
            let empty = Entry {
                user: 0,
                packed: EMPTY,
            };
            self.entries.resize(room, empty);
        }
        self.mask = room - 1;
    }

    /// Keep the first distinct times of a user, one under each code, earliest first; the order of calls is of no matter.
    pub fn keep_first(&mut self, user: u64, codes: std::ops::Range<u64>, at: u64) {
        let mut at = at;
        for code in codes {
            let slot = self.slot(user, code);
            let entry = &mut self.entries[slot];
            if entry.packed == EMPTY {
                *entry = Entry {
                    user,
                    packed: code << AT_BITS | at,
                };
                self.used.push(slot as u32);
                return;
            }
            let kept = entry.packed & ((1 << AT_BITS) - 1);
            if at == kept {
                return;
            }
            entry.packed = code << AT_BITS | at.min(kept);
            at = at.max(kept);
        }
    }

    /// Tell all codes and times, and empty the table.
    pub fn drain(&mut self, mut tell: impl FnMut(u64, u64)) {
        for slot in self.used.drain(..) {
            let packed = std::mem::replace(&mut self.entries[slot as usize].packed, EMPTY);
            tell(packed >> AT_BITS, packed & ((1 << AT_BITS) - 1));
        }
    }

    fn slot(&self, user: u64, code: u64) -> usize {
        let mut slot = mix(user ^ code.wrapping_mul(ODD)) as usize & self.mask;
        loop {
            let entry = self.entries[slot];
            if entry.packed == EMPTY || (entry.user == user && entry.packed >> AT_BITS == code) {
                return slot;
            }
            slot = (slot + 1) & self.mask;
        }
    }
}

/// Spread a number over all bits.
pub fn mix(value: u64) -> u64 {
    let product = u128::from(value ^ ODD) * u128::from(GOLDEN);
    (product >> 64) as u64 ^ product as u64
}
