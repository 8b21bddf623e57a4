//! Records that only grow, in blocks that never move.

use super::record::Record;

const FEWEST: usize = 16;
/// 64 kB.
const MOST: usize = 4096;

/// The records of some posts, in the order in which they came.
#[derive(Debug, Default)]
pub struct Bucket {
    full: Vec<Vec<Record>>,
    open: Vec<Record>,
    in_full: usize,
}

impl Bucket {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.in_full + self.open.len()
    }

    /// Append; what there is stays where it is, so that growing copies nothing.
    #[inline]
    pub fn push(&mut self, record: Record) {
        if self.open.len() == self.open.capacity() {
            self.open_block();
        }
        self.open.push(record);
    }

    /// Forget all but the first records.
    pub fn truncate(&mut self, length: usize) {
        while self.in_full > length {
            self.open = self.full.pop().unwrap_or_default();
            self.in_full -= self.open.len();
        }
        self.open.truncate(length - self.in_full);
    }

    /// The records, block by block.
    pub fn blocks(&self) -> impl Iterator<Item = &[Record]> {
        let blocks = self.full.iter().chain(std::iter::once(&self.open));
        blocks.map(Vec::as_slice)
    }

    /// The memory, in bytes.
    pub fn nbytes(&self) -> usize {
        let room: usize = self.full.iter().map(Vec::capacity).sum::<usize>() + self.open.capacity();
        let headers = size_of::<Self>() + self.full.capacity() * size_of::<Vec<Record>>();
        room * size_of::<Record>() + headers
    }

    #[cold]
    fn open_block(&mut self) {
        // An eighth of what there is, so that little room is to spare.
        let room = (self.len() / 8).clamp(FEWEST, MOST);
        let filled = std::mem::replace(&mut self.open, Vec::with_capacity(room));
        self.in_full += filled.len();
        if !filled.is_empty() {
            self.full.push(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Kind;
    use super::*;

    fn users(bucket: &Bucket) -> Vec<u64> {
        bucket
            .blocks()
            .flatten()
            .map(|record| record.user)
            .collect()
    }

    #[test]
    fn a_bucket_is_cut_back_to_what_it_was() {
        let record = |user| Record::new(user, 0, Kind::Like, 0);
        for length in [0, 1, 16, 17, 100, 900] {
            let mut bucket = Bucket::default();
            (0..1000).for_each(|user| bucket.push(record(user)));
            assert_eq!(users(&bucket), (0..1000).collect::<Vec<_>>());
            bucket.truncate(length);
            assert_eq!(bucket.len(), length);
            bucket.push(record(7));
            let expected: Vec<u64> = (0..length as u64).chain([7]).collect();
            assert_eq!(users(&bucket), expected);
        }
    }
}
