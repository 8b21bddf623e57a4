//! Checks of columns that have rows of several entries.

use crate::matching::error::{Error, Result};
use crate::matching::population::Sparse;

/// Refuse offsets that do not cut `values` into `rows` rows.
pub fn check_rows<T>(names: (&str, &str), sparse: &Sparse<'_, T>, rows: usize) -> Result<()> {
    let (name, values) = names;
    let offsets = sparse.offsets;
    if offsets.len() != rows + 1 {
        let rule = format!("must be {}, one more than rows", rows + 1);
        return Err(Error::argument(
            &format!("len({name})"),
            offsets.len(),
            &rule,
        ));
    }
    if offsets[0] != 0 {
        return Err(Error::element(name, 0, offsets[0], "must be 0"));
    }
    if let Some(at) = offsets.windows(2).position(|pair| pair[1] < pair[0]) {
        let rule = "must not descend";
        return Err(Error::element(name, at + 1, offsets[at + 1], rule));
    }
    if offsets[rows] != sparse.values.len() as i64 {
        let rule = format!("must be {}, the length of {values}", sparse.values.len());
        return Err(Error::element(name, rows, offsets[rows], &rule));
    }
    Ok(())
}

/// Refuse a column that is not `length` long.
pub fn check_length(name: &str, seen: usize, length: usize) -> Result<()> {
    if seen == length {
        return Ok(());
    }
    let rule = format!("must be {length}");
    Err(Error::argument(&format!("len({name})"), seen, &rule))
}

/// Refuse values that are not within 0 and 1.
pub fn check_shares(name: &str, values: &[f32]) -> Result<()> {
    match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
        Some(at) => Err(Error::element(
            name,
            at,
            values[at],
            "must be within 0 and 1",
        )),
        None => Ok(()),
    }
}
