//! The columns that become rows: slices, and how wide each cell is on the wire.

use super::kind::Fixed;
use super::{EPOCH_DAYS, EPOCH_MICROSECONDS};

/// Lists laid end to end: list i is `values[offsets[i]..offsets[i + 1]]`. The first offset need not be 0, so that a part
/// of a longer column is cut out by cutting its offsets.
#[derive(Clone, Copy, Debug)]
pub struct Ragged<'a, T> {
    /// The items of all lists.
    pub values: &'a [T],
    /// One more than there are lists, ascending.
    pub offsets: &'a [i64],
}

impl<'a, T> Ragged<'a, T> {
    /// How many lists there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no lists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// List i.
    #[must_use]
    pub fn get(&self, i: usize) -> &'a [T] {
        &self.values[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }
}

/// The values of one column. Times count from 1970, as in numpy.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// `int2`
    Int2(&'a [i16]),
    /// `int4`
    Int4(&'a [i32]),
    /// `int8`
    Int8(&'a [i64]),
    /// `float4`
    Float4(&'a [f32]),
    /// `float8`
    Float8(&'a [f64]),
    /// `bool`
    Bool(&'a [bool]),
    /// `date`: days
    Date(&'a [i64]),
    /// `timestamptz`: microseconds, UTC
    Timestamptz(&'a [i64]),
    /// `text`, `jsonb` or `bytea`, each cell in its bytes on the wire
    Bytes(Ragged<'a, u8>),
    /// `bytea` of one width
    Block {
        /// row after row
        bytes: &'a [u8],
        /// bytes a row
        width: usize,
        /// how many rows
        rows: usize,
    },
    /// `text` or `jsonb`, each cell a word of a vocabulary
    Coded {
        /// a place in the vocabulary for each row
        codes: &'a [i64],
        /// the words
        vocabulary: Ragged<'a, u8>,
    },
    /// `int4[]`
    Int4Array(Ragged<'a, i32>),
    /// `int8[]`
    Int8Array(Ragged<'a, i64>),
    /// `float4[]`
    Float4Array(Ragged<'a, f32>),
    /// `text[]`, each item a word of a vocabulary
    TextArray {
        /// places in the vocabulary
        codes: Ragged<'a, i64>,
        /// the words
        vocabulary: Ragged<'a, u8>,
    },
}

/// A column with its name, and which of its cells are not NULL (all of them, if that is not given).
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// for messages
    pub name: &'a str,
    /// the values
    pub cells: Cells<'a>,
    /// `false` is NULL; the value is then not looked at
    pub valid: Option<&'a [bool]>,
}

/// Dimensions, whether there are NULLs, and the type of the items: what an array without items consists of.
const EMPTY_ARRAY: usize = 12;
/// ... and the length and lower bound of its one dimension.
const ARRAY_HEADER: usize = 20;
/// `oid` of `text`
const TEXT_OID: u32 = 25;
/// The length in front of each item, as of each field.
const LENGTH: usize = 4;

impl Column<'_> {
    /// How many rows the column has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.cells {
            Cells::Int2(values) => values.len(),
            Cells::Int4(values) => values.len(),
            Cells::Float4(values) => values.len(),
            Cells::Float8(values) => values.len(),
            Cells::Bool(values) => values.len(),
            Cells::Int8(values) | Cells::Date(values) | Cells::Timestamptz(values) => values.len(),
            Cells::Bytes(texts) => texts.len(),
            Cells::Block { rows, .. } => rows,
            Cells::Coded { codes, .. } => codes.len(),
            Cells::Int4Array(lists) => lists.len(),
            Cells::Int8Array(lists) => lists.len(),
            Cells::Float4Array(lists) => lists.len(),
            Cells::TextArray { codes, .. } => codes.len(),
        }
    }

    /// Whether the column has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the cell of this row is NULL.
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.valid.is_some_and(|valid| !valid[row])
    }

    /// Bytes of a cell that is not NULL, without its length.
    pub(super) fn cell_size(&self, row: usize) -> usize {
        match self.cells {
            Cells::Int2(_) => 2,
            Cells::Int4(_) | Cells::Float4(_) | Cells::Date(_) => 4,
            Cells::Int8(_) | Cells::Float8(_) | Cells::Timestamptz(_) => 8,
            Cells::Bool(_) => 1,
            Cells::Bytes(texts) => texts.get(row).len(),
            Cells::Block { width, .. } => width,
            Cells::Coded { codes, vocabulary } => vocabulary.get(codes[row] as usize).len(),
            Cells::Int4Array(lists) => array_size(lists.get(row)),
            Cells::Int8Array(lists) => array_size(lists.get(row)),
            Cells::Float4Array(lists) => array_size(lists.get(row)),
            Cells::TextArray { codes, vocabulary } => match codes.get(row) {
                [] => EMPTY_ARRAY,
                codes => {
                    ARRAY_HEADER
                        + codes
                            .iter()
                            .map(|&code| LENGTH + vocabulary.get(code as usize).len())
                            .sum::<usize>()
                }
            },
        }
    }

    /// Write a cell that is not NULL to exactly `cell_size` bytes.
    pub(super) fn write_cell(&self, row: usize, out: &mut [u8]) {
        match self.cells {
            Cells::Int2(values) => values[row].write(out),
            Cells::Int4(values) => values[row].write(out),
            Cells::Int8(values) => values[row].write(out),
            Cells::Float4(values) => values[row].write(out),
            Cells::Float8(values) => values[row].write(out),
            Cells::Bool(values) => out[0] = u8::from(values[row]),
            Cells::Date(days) => ((days[row] - EPOCH_DAYS) as i32).write(out),
            Cells::Timestamptz(microseconds) => (microseconds[row] - EPOCH_MICROSECONDS).write(out),
            Cells::Bytes(texts) => out.copy_from_slice(texts.get(row)),
            Cells::Block { bytes, width, .. } => {
                out.copy_from_slice(&bytes[row * width..(row + 1) * width]);
            }
            Cells::Coded { codes, vocabulary } => {
                out.copy_from_slice(vocabulary.get(codes[row] as usize));
            }
            Cells::Int4Array(lists) => write_array(lists.get(row), out),
            Cells::Int8Array(lists) => write_array(lists.get(row), out),
            Cells::Float4Array(lists) => write_array(lists.get(row), out),
            Cells::TextArray { codes, vocabulary } => {
                write_text_array(codes.get(row), vocabulary, out);
            }
        }
    }
}

fn array_size<T: Fixed>(items: &[T]) -> usize {
    if items.is_empty() {
        EMPTY_ARRAY
    } else {
        ARRAY_HEADER + items.len() * (LENGTH + T::WIDTH)
    }
}

/// Write what comes before the items, and give the space that is left for them.
fn write_array_header(items: usize, oid: u32, out: &mut [u8]) -> &mut [u8] {
    let dimensions = i32::from(items > 0);
    dimensions.write(&mut out[..4]);
    0_i32.write(&mut out[4..8]);
    out[8..12].copy_from_slice(&oid.to_be_bytes());
    if items > 0 {
        (items as i32).write(&mut out[12..16]);
        1_i32.write(&mut out[16..20]);
        return &mut out[ARRAY_HEADER..];
    }
    &mut []
}

fn write_array<T: Fixed>(items: &[T], out: &mut [u8]) {
    let out = write_array_header(items.len(), T::OID, out);
    for (slot, &item) in out.chunks_exact_mut(LENGTH + T::WIDTH).zip(items) {
        (T::WIDTH as i32).write(&mut slot[..LENGTH]);
        item.write(&mut slot[LENGTH..]);
    }
}

fn write_text_array(codes: &[i64], vocabulary: Ragged<'_, u8>, out: &mut [u8]) {
    let mut out = write_array_header(codes.len(), TEXT_OID, out);
    for &code in codes {
        let word = vocabulary.get(code as usize);
        let (slot, rest) = out.split_at_mut(LENGTH + word.len());
        (word.len() as i32).write(&mut slot[..LENGTH]);
        slot[LENGTH..].copy_from_slice(word);
        out = rest;
    }
}
