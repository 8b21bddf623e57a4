//! Columns to rows.
//!
//! Two passes, sizes then bytes: the caller gives exactly the space that is needed, and no cell asks whether there is room.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::cells::Column;
use super::error::CopyError;

/// The largest field, and the largest row, that Postgres takes: its palloc limit of 1 GiB less one byte.
const LARGEST: usize = 0x3fff_ffff;
const NULL: i32 = -1;

/// Which rows, in which order.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// all of so many
    All(usize),
    /// these, which may repeat
    Picked(&'a [u32]),
}

impl Rows<'_> {
    fn len(self) -> usize {
        match self {
            Rows::All(n) => n,
            Rows::Picked(rows) => rows.len(),
        }
    }

    fn get(self, i: usize) -> usize {
        match self {
            Rows::All(_) => i,
            Rows::Picked(rows) => rows[i] as usize,
        }
    }
}

/// Check the columns, and tell how many bytes their rows take, without header and trailer.
///
/// # Errors
/// See [`Column::check`]; also when there are no columns, a picked row does not exist, or a row is too large.
pub fn rows_size(columns: &[Column<'_>], rows: Rows<'_>) -> Result<usize, CopyError> {
    let n = check(columns)?;
    let mut size = 0;
    for i in 0..rows.len() {
        let row = rows.get(i);
        if row >= n {
            return Err(CopyError::Row { seen: row, rows: n });
        }
        size += row_size(columns, row)?;
    }
    Ok(size)
}

/// Write rows to exactly the bytes that [`rows_size`] told; it must have accepted the same columns and rows.
pub fn write_rows(columns: &[Column<'_>], rows: Rows<'_>, mut out: &mut [u8]) {
    for i in 0..rows.len() {
        out = write_row(columns, rows.get(i), out);
    }
}

/// The xxh3-64 of each row's bytes in COPY format, field count included: equal for equal content, on every platform.
///
/// # Errors
/// As [`rows_size`]; also when `out` is not one number a row.
pub fn fingerprint_rows(
    columns: &[Column<'_>],
    seed: u64,
    out: &mut [i64],
) -> Result<(), CopyError> {
    let n = check(columns)?;
    if out.len() != n {
        return Err(CopyError::Row {
            seen: out.len(),
            rows: n,
        });
    }
    let mut bytes = Vec::new();
    for (row, slot) in out.iter_mut().enumerate() {
        bytes.resize(row_size(columns, row)?, 0);
        write_row(columns, row, &mut bytes);
        *slot = xxh3_64_with_seed(&bytes, seed) as i64;
    }
    Ok(())
}

/// Check every column against the length of the first, and tell that length.
fn check(columns: &[Column<'_>]) -> Result<usize, CopyError> {
    let (1..=0x7fff, Some(first)) = (columns.len(), columns.first()) else {
        return Err(CopyError::Columns {
            seen: columns.len(),
        });
    };
    columns
        .iter()
        .try_for_each(|column| column.check(first.len()))?;
    Ok(first.len())
}

fn row_size(columns: &[Column<'_>], row: usize) -> Result<usize, CopyError> {
    let mut size = 2;
    for column in columns {
        size += 4;
        if !column.is_null(row) {
            size += column.cell_size(row);
        }
        if size > LARGEST {
            let fault = "the row is larger than Postgres can take (1 GiB)".to_owned();
            return Err(CopyError::Cell {
                column: column.name.to_owned(),
                row: row as u64,
                fault,
            });
        }
    }
    Ok(size)
}

/// Write one row, and give the space behind it.
fn write_row<'a>(columns: &[Column<'_>], row: usize, out: &'a mut [u8]) -> &'a mut [u8] {
    let (count, mut out) = out.split_at_mut(2);
    count.copy_from_slice(&(columns.len() as i16).to_be_bytes());
    for column in columns {
        let (length, rest) = out.split_at_mut(4);
        out = rest;
        if column.is_null(row) {
            length.copy_from_slice(&NULL.to_be_bytes());
            continue;
        }
        let size = column.cell_size(row);
        length.copy_from_slice(&(size as i32).to_be_bytes());
        let (cell, rest) = out.split_at_mut(size);
        column.write_cell(row, cell);
        out = rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Cells, Ragged};
    use super::*;

    fn encoded(columns: &[Column<'_>], rows: Rows<'_>) -> Vec<u8> {
        let mut out = vec![0; rows_size(columns, rows).expect("the columns are sound")];
        write_rows(columns, rows, &mut out);
        out
    }

    #[test]
    fn a_row_has_the_bytes_of_the_documentation() {
        let (ids, flags) = ([7_i32, -1], [true, false]);
        let columns = [
            Column {
                name: "id",
                cells: Cells::Int4(&ids),
                valid: None,
            },
            Column {
                name: "flag",
                cells: Cells::Bool(&flags),
                valid: Some(&[true, false]),
            },
        ];
        let expected = b"\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x01\x01\0\x02\0\0\0\x04\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(encoded(&columns, Rows::All(2)), expected);
        assert_eq!(encoded(&columns, Rows::Picked(&[1])), expected[15..]);
    }

    #[test]
    fn an_array_carries_its_dimension_and_an_empty_one_does_not() {
        let lists = Ragged {
            values: &[9_i64, 5],
            offsets: &[1, 2, 2],
        };
        let columns = [Column {
            name: "ids",
            cells: Cells::Int8Array(lists),
            valid: None,
        }];
        let full = b"\0\x01\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x05";
        assert_eq!(encoded(&columns, Rows::Picked(&[0])), full);
        let empty = b"\0\x01\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\x14";
        assert_eq!(encoded(&columns, Rows::Picked(&[1])), empty);
    }

    #[test]
    fn a_fingerprint_depends_on_content_and_seed_alone() {
        let ids = [1_i64, 2, 1];
        let columns = [Column {
            name: "id",
            cells: Cells::Int8(&ids),
            valid: None,
        }];
        let (mut plain, mut seeded) = ([0; 3], [0; 3]);
        fingerprint_rows(&columns, 0, &mut plain).expect("the columns are sound");
        fingerprint_rows(&columns, 1, &mut seeded).expect("the columns are sound");
        assert_eq!(plain[0], plain[2]);
        assert_ne!(plain[0], plain[1]);
        assert_ne!(plain, seeded);
        assert_eq!(
            plain[0],
            xxh3_64_with_seed(&encoded(&columns, Rows::Picked(&[0])), 0) as i64
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_name_of_the_column() {
        let offsets = |offsets| {
            Cells::Int8Array(Ragged {
                values: &[1, 2],
                offsets,
            })
        };
        let words = Ragged {
            values: b"ab",
            offsets: &[0, 1, 2],
        };
        let cases = [
            offsets(&[0, 2, 1]),
            offsets(&[0, 3]),
            offsets(&[-1, 1]),
            offsets(&[]),
            Cells::Date(&[i64::MIN]),
            Cells::Timestamptz(&[i64::MIN]),
            Cells::Coded {
                codes: &[2],
                vocabulary: words,
            },
            Cells::Coded {
                codes: &[-1],
                vocabulary: words,
            },
            Cells::TextArray {
                codes: Ragged {
                    values: &[0, 5],
                    offsets: &[0, 2],
                },
                vocabulary: words,
            },
            Cells::Block {
                bytes: &[1, 2, 3],
                width: 2,
                rows: 2,
            },
        ];
        for cells in cases {
            let column = Column {
                name: "looked_at",
                cells,
                valid: None,
            };
            let error = rows_size(&[column], Rows::All(column.len())).expect_err("unsound");
            assert!(error.to_string().contains("looked_at"), "{error}");
        }
        assert_eq!(
            rows_size(&[], Rows::All(0)),
            Err(CopyError::Columns { seen: 0 })
        );
    }
}
