//! One event that may count, in 16 bytes.

/// What can count, or take back what would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Like,
    Share,
    ProfileView,
    Comment,
    Unlike,
}

/// The kinds by their codes in a record.
const KINDS: [Kind; 5] = [
    Kind::Like,
    Kind::Share,
    Kind::ProfileView,
    Kind::Comment,
    Kind::Unlike,
];
/// Kinds whose counts make up the popularity: all before `Unlike`.
pub const COUNTED_KINDS: usize = 4;
/// Bits of a place in the window.
pub const AT_BITS: u32 = 45;
const KIND_BITS: u32 = 3;
/// A record tells its post among those of its bucket with so many bits.
pub const MOST_POST_BITS: u32 = 64 - AT_BITS - KIND_BITS;

/// Who did what when, with which post of a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record {
    /// The user.
    pub user: u64,
    packed: u64,
}

impl Record {
    /// Pack; the post is the place in the bucket.
    pub fn new(user: i64, post: usize, kind: Kind, at: u64) -> Self {
        let packed = (post as u64) << (AT_BITS + KIND_BITS) | (kind as u64) << AT_BITS | at;
        Self {
            user: user as u64,
            packed,
        }
    }

    /// The place of the post in its bucket.
    pub fn post(self) -> usize {
        (self.packed >> (AT_BITS + KIND_BITS)) as usize
    }

    /// What was done.
    pub fn kind(self) -> Kind {
        KINDS[(self.packed >> AT_BITS) as usize % 8 % KINDS.len()]
    }

    /// When, as a place in the window.
    pub fn at(self) -> u64 {
        self.packed & ((1 << AT_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_what_was_packed() {
        let last = (1 << AT_BITS) - 1;
        for kind in KINDS {
            let record = Record::new(-1, (1 << MOST_POST_BITS) - 1, kind, last);
            assert_eq!(record.user, u64::MAX);
            assert_eq!(
                (record.post(), record.kind(), record.at()),
                (65_535, kind, last)
            );
        }
    }
}
