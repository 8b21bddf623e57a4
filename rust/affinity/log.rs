//! The events of some users, as they came, in blocks.

use super::keys::Event;

/// Events a block: what is reserved ahead is at most one block a partition.
pub const BLOCK: usize = 1024;

/// The events of the users whose ids mix to one partition.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// all full but the last
    blocks: Vec<Vec<Event>>,
}

impl Log {
    /// Take events as they come.
    pub fn extend(&mut self, mut events: &[Event]) {
        while !events.is_empty() {
            if self.blocks.last().is_none_or(|block| block.len() >= BLOCK) {
                self.blocks.push(Vec::with_capacity(BLOCK));
            }
            if let Some(block) = self.blocks.last_mut() {
                let (own, rest) = events.split_at(events.len().min(BLOCK - block.len()));
                block.extend_from_slice(own);
                events = rest;
            }
        }
    }

    /// The events, in blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Vec<Event>] {
        &self.blocks
    }

    /// The events held.
    #[must_use]
    pub fn len(&self) -> usize {
        let full = self.blocks.len().saturating_sub(1) * BLOCK;
        full + self.blocks.last().map_or(0, Vec::len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of the events, in bytes, with what is reserved.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.blocks.iter().map(Vec::capacity).sum::<usize>() * size_of::<Event>()
    }

    /// Forget all but the first so many events.
    pub fn truncate(&mut self, len: usize) {
        self.blocks.truncate(len.div_ceil(BLOCK));
        if let Some(block) = self.blocks.last_mut() {
            block.truncate(len - (len - 1) / BLOCK * BLOCK);
        }
    }

    /// Keep no room for more.
    pub fn trim(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_held_in_order_and_may_be_forgotten_from_the_end() {
        let mut log = Log::default();
        let all: Vec<Event> = (0..5000).collect();
        for part in all.chunks(700) {
            log.extend(part);
            log.trim();
        }
        assert_eq!((log.len(), log.blocks().concat()), (5000, all.clone()));
        for len in [4097, 4096, 4095, 1, 0] {
            log.truncate(len);
            assert_eq!(log.blocks().concat(), all[..len]);
        }
        assert!(log.is_empty());
        log.extend(&all);
        assert_eq!(log.len(), 5000);
    }
}
