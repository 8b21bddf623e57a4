//! The Python edge of the binary COPY codec. `feedscore.pgcopy` has checked dtypes and made arrays contiguous.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::columns::{HeldColumn, Parts, hold};
use crate::pgcopy::{
    Column, CopyError, Data, Decoded, Decoder, Field, HEADER, Kind, Rows, TRAILER,
    fingerprint_rows, rows_size, write_rows,
};

/// Add the codec to the compiled module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(copy_encode, module)?)?;
    module.add_function(wrap_pyfunction!(copy_fingerprint, module)?)?;
    module.add_class::<CopyDecoder>()
}

impl From<CopyError> for PyErr {
    fn from(error: CopyError) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "pyo3 lends no array within an Option"
)]
/// Encode rows, with what comes before and after them if asked for.
#[pyfunction]
fn copy_encode<'py>(
    py: Python<'py>,
    columns: Vec<Parts<'py>>,
    rows: Option<PyReadonlyArray1<'py, u32>>,
    header: bool,
    trailer: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let held: Vec<_> = columns.into_iter().map(hold).collect::<PyResult<_>>()?;
    let columns: Vec<_> = held
        .iter()
        .map(HeldColumn::column)
        .collect::<PyResult<_>>()?;
    let rows = match &rows {
        Some(rows) => Rows::Picked(rows.as_slice()?),
        None => Rows::All(columns.first().map_or(0, Column::len)),
    };
    let head: &[u8] = if header { HEADER } else { &[] };
    let tail: &[u8] = if trailer { TRAILER } else { &[] };
    let size = py.detach(|| rows_size(&columns, rows))?;
    PyBytes::new_with(py, head.len() + size + tail.len(), |out| {
        out[..head.len()].copy_from_slice(head);
        out[head.len() + size..].copy_from_slice(tail);
        py.detach(|| write_rows(&columns, rows, &mut out[head.len()..head.len() + size]));
        Ok(())
    })
}

/// The fingerprint of each row.
#[pyfunction]
fn copy_fingerprint<'py>(
    py: Python<'py>,
    columns: Vec<Parts<'py>>,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let held: Vec<_> = columns.into_iter().map(hold).collect::<PyResult<_>>()?;
    let columns: Vec<_> = held
        .iter()
        .map(HeldColumn::column)
        .collect::<PyResult<_>>()?;
    let mut fingerprints = vec![0; columns.first().map_or(0, Column::len)];
    py.detach(|| fingerprint_rows(&columns, seed, &mut fingerprints))?;
    Ok(fingerprints.into_pyarray(py))
}

/// values, offsets, valid
type Read<'py> = (
    Bound<'py, PyAny>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
);

/// Reads a stream of binary COPY, chunk by chunk.
#[pyclass(module = "feedscore._native")]
struct CopyDecoder {
    decoder: Option<Decoder>,
}

#[pymethods]
impl CopyDecoder {
    #[new]
    fn new(fields: Vec<(String, String)>) -> PyResult<Self> {
        let fields = fields.into_iter().map(|(name, declared)| {
            let base = declared.strip_suffix('?');
            let kind = Kind::parse(&name, base.unwrap_or(&declared))?;
            Ok(Field {
                name,
                kind,
                nullable: base.is_some(),
            })
        });
        let decoder = Decoder::new(fields.collect::<Result<_, CopyError>>()?)?;
        Ok(Self {
            decoder: Some(decoder),
        })
    }

    fn feed(&mut self, py: Python<'_>, chunk: &[u8]) -> PyResult<()> {
        let Some(decoder) = &mut self.decoder else {
            return Err(finished());
        };
        Ok(py.detach(|| decoder.feed(chunk))?)
    }

    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Read<'py>>> {
        let decoder = self.decoder.as_mut().ok_or_else(finished)?;
        decoder
            .take()?
            .into_iter()
            .map(|decoded| read(py, decoded))
            .collect()
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Read<'py>>> {
        let decoder = self.decoder.take().ok_or_else(finished)?;
        decoder
            .finish()?
            .into_iter()
            .map(|decoded| read(py, decoded))
            .collect()
    }
}

fn finished() -> PyErr {
    PyValueError::new_err("the decoder is finished: a stream needs one of its own")
}

fn read(py: Python<'_>, decoded: Decoded) -> PyResult<Read<'_>> {
    let kind = decoded.field.kind;
    let mut starts = None;
    let values = match decoded.data {
        Data::Int2(values) => values.into_pyarray(py).into_any(),
        Data::Int4(values) => values.into_pyarray(py).into_any(),
        Data::Int8(values) | Data::Date(values) | Data::Timestamptz(values) => {
            values.into_pyarray(py).into_any()
        }
        Data::Float4(values) => values.into_pyarray(py).into_any(),
        Data::Float8(values) => values.into_pyarray(py).into_any(),
        Data::Bool(values) => values.into_pyarray(py).into_any(),
        Data::Bytes { bytes, offsets } if kind == Kind::Bytea => {
            starts = Some(offsets);
            bytes.into_pyarray(py).into_any()
        }
        Data::Bytes { bytes, offsets } => {
            strings(py, &bytes, &offsets, decoded.valid.as_deref())?.into_any()
        }
        Data::Int4Array { values, offsets } => {
            starts = Some(offsets);
            values.into_pyarray(py).into_any()
        }
        Data::Int8Array { values, offsets } => {
            starts = Some(offsets);
            values.into_pyarray(py).into_any()
        }
        Data::Float4Array { values, offsets } => {
            starts = Some(offsets);
            values.into_pyarray(py).into_any()
        }
        Data::TextArray {
            bytes,
            ends,
            offsets,
        } => {
            starts = Some(offsets);
            strings(py, &bytes, &ends, None)?.into_any()
        }
    };
    let offsets = starts.map(|starts| starts.into_pyarray(py).into_any());
    let valid = decoded.valid.map(|valid| valid.into_pyarray(py).into_any());
    Ok((values, offsets, valid))
}

/// Texts laid end to end as a list of str, None where not valid.
fn strings<'py>(
    py: Python<'py>,
    bytes: &[u8],
    offsets: &[i64],
    valid: Option<&[bool]>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (i, ends) in offsets.windows(2).enumerate() {
        if valid.is_some_and(|valid| !valid[i]) {
            list.append(py.None())?;
            continue;
        }
        list.append(PyString::from_bytes(
            py,
            &bytes[ends[0] as usize..ends[1] as usize],
        )?)?;
    }
    Ok(list)
}
