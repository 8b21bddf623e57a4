//! One column while its cells come in.

use super::decode::Field;
use super::error::CopyError;
use super::kind::{Fixed, Kind};
use super::{EPOCH_DAYS, EPOCH_MICROSECONDS};

/// The types whose arrays pass for `text[]`: name, text, bpchar, varchar.
const TEXT_OIDS: [u32; 4] = [19, 25, 1042, 1043];

/// The values of one column that was read; at a NULL stands 0, NaN, `i64::MIN` (`NaT` of numpy) or nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `int2`
    Int2(Vec<i16>),
    /// `int4`
    Int4(Vec<i32>),
    /// `int8`
    Int8(Vec<i64>),
    /// `float4`
    Float4(Vec<f32>),
    /// `float8`
    Float8(Vec<f64>),
    /// `bool`
    Bool(Vec<bool>),
    /// `date`: days since 1970
    Date(Vec<i64>),
    /// `timestamptz`: microseconds since 1970
    Timestamptz(Vec<i64>),
    /// `text`, `jsonb` (both valid UTF-8) or `bytea`: cells end to end
    Bytes {
        /// all cells
        bytes: Vec<u8>,
        /// where each begins, and the end
        offsets: Vec<i64>,
    },
    /// `int4[]`
    Int4Array {
        /// the items of all cells
        values: Vec<i32>,
        /// where each cell begins, and the end
        offsets: Vec<i64>,
    },
    /// `int8[]`
    Int8Array {
        /// the items of all cells
        values: Vec<i64>,
        /// where each cell begins, and the end
        offsets: Vec<i64>,
    },
    /// `float4[]`
    Float4Array {
        /// the items of all cells
        values: Vec<f32>,
        /// where each cell begins, and the end
        offsets: Vec<i64>,
    },
    /// `text[]`, without its NULL items
    TextArray {
        /// all items, valid UTF-8
        bytes: Vec<u8>,
        /// where each item begins, and the end
        ends: Vec<i64>,
        /// where each cell begins among the items, and the end
        offsets: Vec<i64>,
    },
}

impl Data {
    fn new(kind: Kind) -> Self {
        let offsets = vec![0];
        match kind {
            Kind::Int2 => Self::Int2(Vec::new()),
            Kind::Int4 => Self::Int4(Vec::new()),
            Kind::Int8 => Self::Int8(Vec::new()),
            Kind::Float4 => Self::Float4(Vec::new()),
            Kind::Float8 => Self::Float8(Vec::new()),
            Kind::Bool => Self::Bool(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
            Kind::Timestamptz => Self::Timestamptz(Vec::new()),
            Kind::Text | Kind::Bytea | Kind::Jsonb => Self::Bytes {
                bytes: Vec::new(),
                offsets,
            },
            Kind::Int4Array => Self::Int4Array {
                values: Vec::new(),
                offsets,
            },
            Kind::Int8Array => Self::Int8Array {
                values: Vec::new(),
                offsets,
            },
            Kind::Float4Array => Self::Float4Array {
                values: Vec::new(),
                offsets,
            },
            Kind::TextArray => Self::TextArray {
                bytes: Vec::new(),
                ends: vec![0],
                offsets,
            },
        }
    }
}

/// A column that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// as declared
    pub field: Field,
    /// the values
    pub data: Data,
    /// which are not NULL; only of a column declared nullable
    pub valid: Option<Vec<bool>>,
}

#[derive(Clone, Debug)]
pub(super) struct Gather {
    decoded: Decoded,
}

impl Gather {
    pub(super) fn new(field: Field) -> Self {
        let (data, valid) = (Data::new(field.kind), field.nullable.then(Vec::new));
        Self {
            decoded: Decoded { field, data, valid },
        }
    }

    /// The same column, without values.
    pub(super) fn emptied(&self) -> Self {
        Self::new(self.decoded.field.clone())
    }

    pub(super) fn finish(self) -> Decoded {
        self.decoded
    }

    /// Add a NULL.
    pub(super) fn push_null(&mut self, row: u64) -> Result<(), CopyError> {
        let Some(valid) = &mut self.decoded.valid else {
            let fault = "NULL, in a column declared without (a kind with '?' allows it)".to_owned();
            return Err(CopyError::Cell {
                column: self.decoded.field.name.clone(),
                row,
                fault,
            });
        };
        valid.push(false);
        match &mut self.decoded.data {
            Data::Int2(values) => values.push(0),
            Data::Int4(values) => values.push(0),
            Data::Int8(values) => values.push(0),
            Data::Float4(values) => values.push(f32::NAN),
            Data::Float8(values) => values.push(f64::NAN),
            Data::Bool(values) => values.push(false),
            Data::Date(values) | Data::Timestamptz(values) => values.push(i64::MIN),
            Data::Bytes { bytes, offsets } => offsets.push(bytes.len() as i64),
            Data::Int4Array { values, offsets } => offsets.push(values.len() as i64),
            Data::Int8Array { values, offsets } => offsets.push(values.len() as i64),
            Data::Float4Array { values, offsets } => offsets.push(values.len() as i64),
            Data::TextArray { ends, offsets, .. } => offsets.push(ends.len() as i64 - 1),
        }
        Ok(())
    }

    /// Add a value.
    pub(super) fn push(&mut self, row: u64, cell: &[u8]) -> Result<(), CopyError> {
        if let Some(valid) = &mut self.decoded.valid {
            valid.push(true);
        }
        let kind = self.decoded.field.kind;
        let pushed = match &mut self.decoded.data {
            Data::Int2(values) => fixed(cell).map(|value| values.push(value)),
            Data::Int4(values) => fixed(cell).map(|value| values.push(value)),
            Data::Int8(values) => fixed(cell).map(|value| values.push(value)),
            Data::Float4(values) => fixed(cell).map(|value| values.push(value)),
            Data::Float8(values) => fixed(cell).map(|value| values.push(value)),
            Data::Bool(values) => boolean(cell).map(|value| values.push(value)),
            Data::Date(values) => date(cell).map(|value| values.push(value)),
            Data::Timestamptz(values) => timestamptz(cell).map(|value| values.push(value)),
            Data::Bytes { bytes, offsets } => content(kind, cell).map(|content| {
                bytes.extend_from_slice(content);
                offsets.push(bytes.len() as i64);
            }),
            Data::Int4Array { values, offsets } => array(cell, values, offsets),
            Data::Int8Array { values, offsets } => array(cell, values, offsets),
            Data::Float4Array { values, offsets } => array(cell, values, offsets),
            Data::TextArray {
                bytes,
                ends,
                offsets,
            } => text_array(cell, bytes, ends, offsets),
        };
        pushed.map_err(|seen| CopyError::Cell {
            column: self.decoded.field.name.clone(),
            row,
            fault: format!("{seen}, expected {}", kind.name()),
        })
    }
}

/// A value, or what was seen in its place.
type Read<T> = Result<T, String>;

fn fixed<T: Fixed>(cell: &[u8]) -> Read<T> {
    if cell.len() == T::WIDTH {
        Ok(T::read(cell))
    } else {
        Err(format!("{} bytes", cell.len()))
    }
}

fn boolean(cell: &[u8]) -> Read<bool> {
    match cell {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(format!("byte {other}")),
        _ => Err(format!("{} bytes", cell.len())),
    }
}

fn date(cell: &[u8]) -> Read<i64> {
    match fixed(cell)? {
        i32::MAX => Err("infinity".to_owned()),
        i32::MIN => Err("-infinity".to_owned()),
        days => Ok(i64::from(days) + EPOCH_DAYS),
    }
}

fn timestamptz(cell: &[u8]) -> Read<i64> {
    match fixed::<i64>(cell)? {
        i64::MAX => Err("infinity".to_owned()),
        i64::MIN => Err("-infinity".to_owned()),
        time => time
            .checked_add(EPOCH_MICROSECONDS)
            .ok_or_else(|| "a time after the year 294246".to_owned()),
    }
}

/// The bytes of a cell that count, checked.
fn content(kind: Kind, cell: &[u8]) -> Read<&[u8]> {
    match (kind, cell) {
        (Kind::Bytea, _) => Ok(cell),
        (Kind::Jsonb, [1, text @ ..]) => text_of(text),
        (Kind::Jsonb, _) => Err("no jsonb of version 1".to_owned()),
        _ => text_of(cell),
    }
}

fn text_of(bytes: &[u8]) -> Read<&[u8]> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!(
            "bytes that are not UTF-8 after {} of {}",
            error.valid_up_to(),
            bytes.len()
        )),
    }
}

/// The items of an array of one dimension, each with its length, and how many there are.
fn items<'a>(cell: &'a [u8], oids: &[u32]) -> Read<(usize, &'a [u8])> {
    if cell.len() < 12 {
        return Err(format!("{} bytes", cell.len()));
    }
    let (dimensions, oid) = (i32::read(cell), i32::read(&cell[8..]) as u32);
    if !oids.contains(&oid) {
        return Err(format!("an array of the type with oid {oid}"));
    }
    match (dimensions, cell.len()) {
        (0, 12) => Ok((0, &[])),
        (1, 20..) => match usize::try_from(i32::read(&cell[12..])) {
            Ok(count) => Ok((count, &cell[20..])),
            Err(_) => Err("an array of negative length".to_owned()),
        },
        (0 | 1, length) => Err(format!("an array in {length} bytes")),
        _ => Err(format!("an array of {dimensions} dimensions")),
    }
}

fn array<T: Fixed>(cell: &[u8], values: &mut Vec<T>, offsets: &mut Vec<i64>) -> Read<()> {
    let (count, items) = items(cell, &[T::OID])?;
    let width = 4 + T::WIDTH;
    if count.checked_mul(width) != Some(items.len()) {
        // A NULL item is shorter than the others: the one way in which a sound array gets here.
        return Err(format!(
            "an array of {count} items in {} bytes, as with a NULL item",
            items.len()
        ));
    }
    for item in items.chunks_exact(width) {
        if i32::read(item) != T::WIDTH as i32 {
            return Err(format!("an array item of {} bytes", i32::read(item)));
        }
        values.push(T::read(&item[4..]));
    }
    offsets.push(values.len() as i64);
    Ok(())
}

fn text_array(
    cell: &[u8],
    bytes: &mut Vec<u8>,
    ends: &mut Vec<i64>,
    offsets: &mut Vec<i64>,
) -> Read<()> {
    let (count, mut rest) = items(cell, &TEXT_OIDS)?;
    for _ in 0..count {
        let Some((length, behind)) = rest.split_at_checked(4) else {
            return Err("an array that ends within an item".to_owned());
        };
        rest = behind;
        let Ok(length) = usize::try_from(i32::read(length)) else {
            continue; // NULL
        };
        let Some((item, behind)) = rest.split_at_checked(length) else {
            return Err("an array that ends within an item".to_owned());
        };
        rest = behind;
        bytes.extend_from_slice(text_of(item)?);
        ends.push(bytes.len() as i64);
    }
    if !rest.is_empty() {
        return Err(format!("an array with {} bytes too many", rest.len()));
    }
    offsets.push(ends.len() as i64 - 1);
    Ok(())
}
