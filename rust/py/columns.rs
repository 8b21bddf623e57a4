//! From the parts of a Python column to the slices that the codec takes.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyUnicodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::pgcopy::{Cells, Column, Kind, Ragged, Texts};

/// name, kind, values, offsets, valid, vocabulary
pub type Parts<'py> = (
    String,
    String,
    Bound<'py, PyAny>,
    Option<PyReadonlyArray1<'py, i64>>,
    Option<PyReadonlyArray1<'py, bool>>,
    Option<Bound<'py, PyAny>>,
);

/// What a column borrows from while it is encoded.
enum Held<'py> {
    Int2(PyReadonlyArray1<'py, i16>),
    Int4(PyReadonlyArray1<'py, i32>),
    Int8(PyReadonlyArray1<'py, i64>),
    Float4(PyReadonlyArray1<'py, f32>),
    Float8(PyReadonlyArray1<'py, f64>),
    Bool(PyReadonlyArray1<'py, bool>),
    Bytes(PyReadonlyArray1<'py, u8>),
    Block(PyReadonlyArray2<'py, u8>),
    Texts(Texts),
    Coded(PyReadonlyArray1<'py, i64>, Texts),
    /// a `text[]` whose items are texts, not codes: each is its own word
    Items(Vec<i64>, Texts),
}

/// A column from Python, while it is encoded.
pub struct HeldColumn<'py> {
    name: String,
    kind: Kind,
    values: Held<'py>,
    offsets: Option<PyReadonlyArray1<'py, i64>>,
    valid: Option<PyReadonlyArray1<'py, bool>>,
    /// which texts are not None, where one is, and `valid` in the same
    not_none: Option<Vec<bool>>,
}

/// Take hold of what Python gave.
pub fn hold(parts: Parts<'_>) -> PyResult<HeldColumn<'_>> {
    let (name, kind, values, offsets, valid, vocabulary) = parts;
    let kind = Kind::parse(&name, &kind)?;
    let mut not_none = None;
    let held = match kind {
        Kind::Int2 => Held::Int2(values.extract()?),
        Kind::Int4 | Kind::Int4Array => Held::Int4(values.extract()?),
        Kind::Int8 | Kind::Date | Kind::Timestamptz | Kind::Int8Array => {
            Held::Int8(values.extract()?)
        }
        Kind::Float4 | Kind::Float4Array => Held::Float4(values.extract()?),
        Kind::Float8 => Held::Float8(values.extract()?),
        Kind::Bool => Held::Bool(values.extract()?),
        Kind::Bytea if offsets.is_some() => Held::Bytes(values.extract()?),
        Kind::Bytea => Held::Block(values.extract()?),
        Kind::Text | Kind::Jsonb | Kind::TextArray => {
            let (texts, nones) = texts_of(&name, kind, vocabulary.as_ref().unwrap_or(&values))?;
            let none = nones
                .as_ref()
                .and_then(|nones| nones.iter().position(|given| !given));
            if let (Some(at), true) = (none, vocabulary.is_some() || kind == Kind::TextArray) {
                let message = format!("column {name}: the text at {at} is None");
                return Err(PyTypeError::new_err(message));
            }
            match vocabulary {
                Some(_) => Held::Coded(values.extract()?, texts),
                None if kind == Kind::TextArray => {
                    let count = texts.ragged().len() as i64;
                    Held::Items((0..count).collect(), texts)
                }
                None => {
                    not_none = nones;
                    Held::Texts(texts)
                }
            }
        }
    };
    if let (Some(nones), Some(valid)) = (&mut not_none, &valid) {
        let valid = valid.as_slice()?;
        if valid.len() == nones.len() {
            nones
                .iter_mut()
                .zip(valid)
                .for_each(|(given, &valid)| *given &= valid);
        }
    }
    Ok(HeldColumn {
        name,
        kind,
        values: held,
        offsets,
        valid,
        not_none,
    })
}

/// Lay texts end to end; the second value tells which are not None, if any is.
fn texts_of(
    name: &str,
    kind: Kind,
    values: &Bound<'_, PyAny>,
) -> PyResult<(Texts, Option<Vec<bool>>)> {
    let mut texts = Texts::new(kind);
    let mut not_none: Option<Vec<bool>> = None;
    for (index, value) in values.try_iter()?.enumerate() {
        let value = value?;
        if value.is_none() {
            texts.push_null();
            not_none
                .get_or_insert_with(|| vec![true; index])
                .push(false);
            continue;
        }
        let text = value.cast::<PyString>().map_err(|_| {
            let seen = value
                .get_type()
                .name()
                .map_or_else(|_| "something else".to_owned(), |name| name.to_string());
            PyTypeError::new_err(format!(
                "column {name}: the text at {index} is {seen}, expected str"
            ))
        })?;
        let text = text.to_str().map_err(|error| {
            if error.is_instance_of::<PyUnicodeError>(value.py()) {
                return PyValueError::new_err(format!(
                    "column {name}: the text at {index} cannot be written in UTF-8"
                ));
            }
            error
        })?;
        texts.push(name, text)?;
        if let Some(not_none) = &mut not_none {
            not_none.push(true);
        }
    }
    Ok((texts, not_none))
}

impl HeldColumn<'_> {
    pub fn column(&self) -> PyResult<Column<'_>> {
        let cells = match (&self.values, self.kind) {
            (Held::Int2(values), _) => Cells::Int2(values.as_slice()?),
            (Held::Int4(values), Kind::Int4Array) => {
                Cells::Int4Array(self.ragged(values.as_slice()?)?)
            }
            (Held::Int4(values), _) => Cells::Int4(values.as_slice()?),
            (Held::Int8(values), Kind::Int8Array) => {
                Cells::Int8Array(self.ragged(values.as_slice()?)?)
            }
            (Held::Int8(days), Kind::Date) => Cells::Date(days.as_slice()?),
            (Held::Int8(times), Kind::Timestamptz) => Cells::Timestamptz(times.as_slice()?),
            (Held::Int8(values), _) => Cells::Int8(values.as_slice()?),
            (Held::Float4(values), Kind::Float4Array) => {
                Cells::Float4Array(self.ragged(values.as_slice()?)?)
            }
            (Held::Float4(values), _) => Cells::Float4(values.as_slice()?),
            (Held::Float8(values), _) => Cells::Float8(values.as_slice()?),
            (Held::Bool(values), _) => Cells::Bool(values.as_slice()?),
            (Held::Bytes(values), _) => Cells::Bytes(self.ragged(values.as_slice()?)?),
            (Held::Block(block), _) => {
                let (rows, width) = (block.shape()[0], block.shape()[1]);
                Cells::Block {
                    bytes: block.as_slice()?,
                    width,
                    rows,
                }
            }
            (Held::Texts(texts), _) => Cells::Bytes(texts.ragged()),
            (Held::Coded(codes, words), Kind::TextArray) => Cells::TextArray {
                codes: self.ragged(codes.as_slice()?)?,
                vocabulary: words.ragged(),
            },
            (Held::Coded(codes, words), _) => Cells::Coded {
                codes: codes.as_slice()?,
                vocabulary: words.ragged(),
            },
            (Held::Items(codes, words), _) => Cells::TextArray {
                codes: self.ragged(codes)?,
                vocabulary: words.ragged(),
            },
        };
        let given = self
            .valid
            .as_ref()
            .map(|valid| valid.as_slice())
            .transpose()?;
        // A `valid` of the wrong length comes first, so that its check is not hidden by the one of the Nones.
        let valid = match (&self.not_none, given) {
            (Some(not_none), Some(given)) if given.len() == not_none.len() => {
                Some(not_none.as_slice())
            }
            (Some(not_none), None) => Some(not_none.as_slice()),
            (_, given) => given,
        };
        Ok(Column {
            name: &self.name,
            cells,
            valid,
        })
    }

    fn ragged<'a, T>(&'a self, values: &'a [T]) -> PyResult<Ragged<'a, T>> {
        let Some(offsets) = &self.offsets else {
            return Err(PyValueError::new_err(format!(
                "column {}: offsets are missing",
                self.name
            )));
        };
        Ok(Ragged {
            values,
            offsets: offsets.as_slice()?,
        })
    }
}
