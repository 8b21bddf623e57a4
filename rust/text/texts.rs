//! Texts laid end to end, as UTF-8.

use std::str::from_utf8;

use crate::matching::error::{Error, Result};

/// Texts end to end: text i is `data[offsets[i]..offsets[i + 1]]`.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    data: &'a [u8],
    offsets: &'a [i64],
}

impl<'a> Texts<'a> {
    /// Borrow texts.
    ///
    /// # Errors
    /// The offsets are none, descend, or point outside the data.
    pub fn new(data: &'a [u8], offsets: &'a [i64]) -> Result<Self> {
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
            return Err(Error::argument(
                "offsets",
                "[]",
                "one more than there are texts",
            ));
        };
        if first < 0 || usize::try_from(last).map_or(true, |last| last > data.len()) {
            let seen = format!("{first} to {last}");
            let rule = format!("must lie within the {} bytes of data", data.len());
            return Err(Error::argument("offsets", seen, &rule));
        }
        if let Some(place) = offsets.windows(2).position(|pair| pair[1] < pair[0]) {
            return Err(Error::element(
                "offsets",
                place + 1,
                offsets[place + 1],
                "must not descend",
            ));
        }
        Ok(Self { data, offsets })
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One text.
    ///
    /// # Errors
    /// It is no UTF-8.
    pub fn get(&self, place: usize) -> Result<&'a str> {
        let (start, stop) = (self.offsets[place], self.offsets[place + 1]);
        from_utf8(&self.data[start as usize..stop as usize])
            .map_err(|error| Error::element("data", place, error, "each text must be UTF-8"))
    }
}
