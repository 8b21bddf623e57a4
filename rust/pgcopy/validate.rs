//! What must hold of a column before its cells may be read: lengths, offsets, codes, times.

use super::cells::{Cells, Column, Ragged};
use super::error::CopyError;
use super::{EPOCH_DAYS, EPOCH_MICROSECONDS};

/// The first date of Postgres, 4714-11-24 BC, and the day after its last, 5874897-12-31, since 1970.
const DAYS: std::ops::Range<i64> = -2_451_545 + EPOCH_DAYS..2_145_031_949 + EPOCH_DAYS;
/// The first time of Postgres, on the same day; its last, in the year 294276, is past what our epoch can count.
const MICROSECONDS: std::ops::RangeFrom<i64> = -211_813_488_000_000_000 + EPOCH_MICROSECONDS..;

impl Column<'_> {
    /// Check everything that encoding relies on.
    ///
    /// # Errors
    /// Lengths do not fit `rows`, offsets are not ascending within the values, a code names no word, or a time is out of
    /// range. What stands at a NULL is not looked at, except offsets.
    pub fn check(&self, rows: usize) -> Result<(), CopyError> {
        self.check_shape()?;
        self.check_length("the column", rows, self.len())?;
        if let Some(valid) = self.valid {
            self.check_length("valid", rows, valid.len())?;
        }
        match self.cells {
            Cells::Date(days) => self.check_times(days, |day| DAYS.contains(&day)),
            Cells::Timestamptz(times) => {
                self.check_times(times, |time| MICROSECONDS.contains(&time))
            }
            Cells::Coded { codes, vocabulary } => {
                self.check_codes(codes, vocabulary.len(), |i| self.is_null(i))
            }
            Cells::TextArray { codes, vocabulary } => {
                let (first, last) = (
                    codes.offsets[0] as usize,
                    codes.offsets[codes.len()] as usize,
                );
                self.check_codes(&codes.values[first..last], vocabulary.len(), |_| false)
            }
            _ => Ok(()),
        }
    }

    fn check_shape(&self) -> Result<(), CopyError> {
        match self.cells {
            Cells::Bytes(texts) => self.check_offsets(&texts),
            Cells::Int4Array(lists) => self.check_offsets(&lists),
            Cells::Int8Array(lists) => self.check_offsets(&lists),
            Cells::Float4Array(lists) => self.check_offsets(&lists),
            Cells::Coded { vocabulary, .. } => self.check_offsets(&vocabulary),
            Cells::TextArray { codes, vocabulary } => {
                self.check_offsets(&vocabulary)?;
                self.check_offsets(&codes)
            }
            Cells::Block { bytes, width, rows } => {
                self.check_length("the block of bytes", width * rows, bytes.len())
            }
            _ => Ok(()),
        }
    }

    fn check_length(&self, part: &str, expected: usize, seen: usize) -> Result<(), CopyError> {
        if seen == expected {
            return Ok(());
        }
        Err(self.fault(format!("{part} has length {seen}, expected {expected}")))
    }

    fn check_offsets<T>(&self, lists: &Ragged<'_, T>) -> Result<(), CopyError> {
        if lists.offsets.is_empty() {
            return Err(
                self.fault("offsets are empty, expected one more than there are rows".to_owned())
            );
        }
        let mut least = 0;
        for (at, &offset) in lists.offsets.iter().enumerate() {
            if offset < least || offset > lists.values.len() as i64 {
                let length = lists.values.len();
                let fault = format!(
                    "offset {offset} at {at} is not between the one before it ({least}) and the {length} values"
                );
                return Err(self.fault(fault));
            }
            least = offset;
        }
        Ok(())
    }

    fn check_codes(
        &self,
        codes: &[i64],
        words: usize,
        is_null: impl Fn(usize) -> bool,
    ) -> Result<(), CopyError> {
        let stray = |&i: &usize| !(0..words as i64).contains(&codes[i]) && !is_null(i);
        match (0..codes.len()).find(stray) {
            None => Ok(()),
            Some(i) => Err(self.fault(format!(
                "code {} at {i} names none of {words} words",
                codes[i]
            ))),
        }
    }

    fn check_times(&self, times: &[i64], holds: impl Fn(i64) -> bool) -> Result<(), CopyError> {
        let Some(row) = (0..times.len()).find(|&row| !holds(times[row]) && !self.is_null(row))
        else {
            return Ok(());
        };
        let fault = match times[row] {
            i64::MIN => "NaT; tell a NULL by valid".to_owned(),
            seen => format!("{seen} since 1970 is no time of Postgres"),
        };
        Err(CopyError::Cell {
            column: self.name.to_owned(),
            row: row as u64,
            fault,
        })
    }

    fn fault(&self, fault: String) -> CopyError {
        CopyError::Column {
            column: self.name.to_owned(),
            fault,
        }
    }
}
