//! What counts of one user, added up by code.

/// Of a sum of weights less than this part is nothing: the rounding of what was added and taken off.
pub const LEAST_NET: f64 = 1e-9;
const FIRST_SLOTS: usize = 64;
/// The golden ratio, which spreads codes that follow each other.
const SPREAD: u32 = 0x9E37_79B9;

/// What a user's actions say of one creator or topic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Liking {
    /// Rank of the creator, or code of the topic.
    pub code: u32,
    /// Number of actions.
    pub actions: u32,
    /// Number of hides.
    pub hides: u32,
    /// Weight of the actions.
    pub positive: f64,
    /// Weight of the hides.
    pub negative: f64,
}

/// Likings by code, in the order in which they were first added to.
#[derive(Debug)]
pub struct Likings {
    entries: Vec<Liking>,
    /// (round, place among the entries); of an earlier round is free
    slots: Vec<(u32, u32)>,
    round: u32,
    used_slots: usize,
}

impl Default for Likings {
    fn default() -> Self {
        let mut likings = Self {
            entries: Vec::new(),
            slots: Vec::new(),
            round: 0,
            used_slots: 0,
        };
        likings.clear();
        likings
    }
}

impl Likings {
    /// Begin with another user.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.use_slots(FIRST_SLOTS);
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[Liking] {
        &self.entries
    }

    /// Add an action.
    #[inline]
    pub fn act(&mut self, code: u32, weight: f64) {
        let liking = self.entry(code);
        liking.actions += 1;
        liking.positive += weight;
    }

    /// Add a hide.
    #[inline]
    pub fn hide(&mut self, code: u32, weight: f64) {
        let liking = self.entry(code);
        liking.hides += 1;
        liking.negative += weight;
    }

    /// The weight of the hides of a code.
    #[must_use]
    pub fn negative(&self, code: u32) -> f64 {
        let slot = self.slot(code);
        if self.slots[slot].0 == self.round {
            self.entries[self.slots[slot].1 as usize].negative
        } else {
            0.0
        }
    }

    #[inline]
    fn entry(&mut self, code: u32) -> &mut Liking {
        if self.entries.len() * 2 >= self.used_slots {
            self.use_slots(self.used_slots * 2);
            for at in 0..self.entries.len() {
                let slot = self.slot(self.entries[at].code);
                self.slots[slot] = (self.round, at as u32);
            }
        }
        let slot = self.slot(code);
        if self.slots[slot].0 != self.round {
            self.slots[slot] = (self.round, self.entries.len() as u32);
            self.entries.push(Liking {
                code,
                ..Liking::default()
            });
        }
        let at = self.slots[slot].1 as usize;
        &mut self.entries[at]
    }

    #[inline]
    fn slot(&self, code: u32) -> usize {
        let mask = self.used_slots - 1;
        let mut at = (code.wrapping_mul(SPREAD) >> 7) as usize & mask;
        while self.slots[at].0 == self.round && self.entries[self.slots[at].1 as usize].code != code
        {
            at = (at + 1) & mask;
        }
        at
    }

    /// Free all slots, and use so many of them.
    fn use_slots(&mut self, count: usize) {
        self.used_slots = count;
        if self.slots.len() < count {
            self.slots.resize(count, (0, 0));
        }
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill((0, 0));
            self.round = 1;
        }
    }
}
