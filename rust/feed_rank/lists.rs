//! Lists of small numbers, one list a code.

/// Lists of places, one a code.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    offsets: Vec<u32>,
    pub places: Vec<u32>,
}

impl Lists {
    /// Gather entries (code, place), already in the order that they shall have within a code.
    pub fn of<I: Iterator<Item = (u32, u32)>>(codes: usize, entries: impl Fn() -> I) -> Self {
        let mut offsets = vec![0; codes + 2];
        for (code, _) in entries() {
            offsets[code as usize + 2] += 1;
        }
        for at in 2..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut places = vec![0; offsets[codes + 1] as usize];
        for (code, place) in entries() {
            let next = &mut offsets[code as usize + 1];
            places[*next as usize] = place;
            *next += 1;
        }
        offsets.pop();
        Self { offsets, places }
    }

    /// The places of one code.
    #[inline(always)]
    pub fn row(&self, code: u32) -> &[u32] {
        &self.places[self.range(code)]
    }

    /// Where the places of one code stand.
    #[inline(always)]
    pub fn range(&self, code: u32) -> std::ops::Range<usize> {
        let code = code as usize;
        self.offsets[code] as usize..self.offsets[code + 1] as usize
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn nbytes(&self) -> usize {
        size_of_val(self.offsets.as_slice()) + size_of_val(self.places.as_slice())
    }
}
