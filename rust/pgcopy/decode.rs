//! Rows to columns, from chunks that may be cut anywhere.
//!
//! Each row is first hopped through by its lengths; only a whole one is read. So there is nothing to take back when a chunk
//! ends within a row, and no length that a stream claims is believed before its bytes are there.

use super::error::CopyError;
use super::gather::{Decoded, Gather};
use super::kind::{Fixed, Kind};
use super::{HEADER, TRAILER};

const SIGNATURE: usize = 11;
/// Bit 16 and above: flags that a reader must know; the only one ever used, for oids, is long gone.
const CRITICAL_FLAGS: u32 = 0xffff_0000;

/// A column as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// for messages
    pub name: String,
    /// what each value is
    pub kind: Kind,
    /// whether NULL may stand in it
    pub nullable: bool,
}

#[derive(Clone, Debug)]
enum State {
    Header,
    Rows,
    Done,
    Failed(CopyError),
}

/// Reads a stream of `COPY ... TO STDOUT (FORMAT binary)`.
#[derive(Clone, Debug)]
pub struct Decoder {
    columns: Vec<Gather>,
    /// What came after the last whole row.
    pending: Vec<u8>,
    state: State,
    rows: u64,
}

impl Decoder {
    /// A decoder of rows with these fields.
    ///
    /// # Errors
    /// There are no fields, or more than the format can count.
    pub fn new(fields: Vec<Field>) -> Result<Self, CopyError> {
        if fields.is_empty() || fields.len() > i16::MAX as usize {
            return Err(CopyError::Columns { seen: fields.len() });
        }
        Ok(Self {
            columns: fields.into_iter().map(Gather::new).collect(),
            pending: Vec::new(),
            state: State::Header,
            rows: 0,
        })
    }

    /// How many rows were read so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Read the next bytes of the stream.
    ///
    /// # Errors
    /// The bytes are no such stream, or not of the declared kinds. The same error comes again at every later call.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), CopyError> {
        if self.pending.is_empty() {
            let used = self.consume(chunk)?;
            self.pending.extend_from_slice(&chunk[used..]);
        } else {
            let mut bytes = std::mem::take(&mut self.pending);
            bytes.extend_from_slice(chunk);
            let used = self.consume(&bytes)?;
            bytes.drain(..used);
            self.pending = bytes;
        }
        Ok(())
    }

    /// Give the rows that were read since the last time, and go on with empty columns.
    ///
    /// # Errors
    /// An earlier chunk was refused.
    pub fn take(&mut self) -> Result<Vec<Decoded>, CopyError> {
        if let State::Failed(error) = &self.state {
            return Err(error.clone());
        }
        let fresh = self.columns.iter().map(Gather::emptied).collect();
        let read = std::mem::replace(&mut self.columns, fresh);
        Ok(read.into_iter().map(Gather::finish).collect())
    }

    /// Give the columns, after the last chunk.
    ///
    /// # Errors
    /// The stream has not come to its end, or an earlier chunk was refused.
    pub fn finish(self) -> Result<Vec<Decoded>, CopyError> {
        match self.state {
            State::Done => Ok(self.columns.into_iter().map(Gather::finish).collect()),
            State::Failed(error) => Err(error),
            State::Header | State::Rows => Err(self.fault("it ends before its trailer")),
        }
    }

    /// Read whole rows, and tell how many bytes they took.
    fn consume(&mut self, bytes: &[u8]) -> Result<usize, CopyError> {
        let mut used = 0;
        loop {
            let step = match &self.state {
                State::Header => self.read_header(&bytes[used..]),
                State::Rows => self.read_row(&bytes[used..]),
                State::Done if used == bytes.len() => return Ok(used),
                State::Done => Err(self.fault("there are bytes after the trailer")),
                State::Failed(error) => return Err(error.clone()),
            };
            match step {
                Ok(0) => return Ok(used),
                Ok(taken) => used += taken,
                Err(error) => {
                    self.state = State::Failed(error.clone());
                    return Err(error);
                }
            }
        }
    }

    /// Read the header; 0 bytes are taken while it is not whole, as in `read_row`.
    fn read_header(&mut self, bytes: &[u8]) -> Result<usize, CopyError> {
        let known = bytes.len().min(SIGNATURE);
        if bytes[..known] != HEADER[..known] {
            return Err(self.fault("the signature is missing"));
        }
        if bytes.len() < HEADER.len() {
            return Ok(0);
        }
        if i32::read(&bytes[11..15]) as u32 & CRITICAL_FLAGS != 0 {
            return Err(self.fault("the header has flags that are not known"));
        }
        let Ok(extension) = usize::try_from(i32::read(&bytes[15..19])) else {
            return Err(self.fault("the length of the header extension is negative"));
        };
        if bytes.len() - HEADER.len() < extension {
            return Ok(0);
        }
        self.state = State::Rows;
        Ok(HEADER.len() + extension)
    }

    fn read_row(&mut self, bytes: &[u8]) -> Result<usize, CopyError> {
        if bytes.len() < TRAILER.len() {
            return Ok(0);
        }
        let seen = i16::read(bytes);
        if seen == -1 {
            self.state = State::Done;
            return Ok(TRAILER.len());
        }
        let expected = self.columns.len();
        if usize::try_from(seen) != Ok(expected) {
            return Err(self.fault(format!("{seen} fields, {expected} columns were declared")));
        }
        let Some(length) = self.row_length(bytes)? else {
            return Ok(0);
        };
        let mut at = 2;
        for column in &mut self.columns {
            let size = i32::read(&bytes[at..]);
            at += 4;
            if size < 0 {
                column.push_null(self.rows)?;
                continue;
            }
            let end = at + size as usize;
            column.push(self.rows, &bytes[at..end])?;
            at = end;
        }
        self.rows += 1;
        Ok(length)
    }

    /// The length of the row that the bytes begin with, if they hold all of it.
    fn row_length(&self, bytes: &[u8]) -> Result<Option<usize>, CopyError> {
        let mut at = 2;
        for _ in &self.columns {
            let Some(length) = bytes.get(at..).and_then(|rest| rest.get(..4)) else {
                return Ok(None);
            };
            at += 4;
            match i32::read(length) {
                -1 => {}
                size if size < 0 => return Err(self.fault("a field has a negative length")),
                size => at += size as usize,
            }
        }
        Ok((at <= bytes.len()).then_some(at))
    }

    fn fault(&self, fault: impl Into<String>) -> CopyError {
        CopyError::Stream {
            row: self.rows,
            fault: fault.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Cells, Column, Ragged};
    use super::super::encode::{Rows, rows_size, write_rows};
    use super::super::gather::Data;
    use super::super::texts::Texts;
    use super::*;

    fn field(name: &str, kind: Kind) -> Field {
        Field {
            name: name.to_owned(),
            kind,
            nullable: kind == Kind::Float8,
        }
    }

    fn fields() -> Vec<Field> {
        let kinds = [
            ("id", Kind::Int8),
            ("day", Kind::Date),
            ("weight", Kind::Float8),
            ("name", Kind::Text),
            ("ids", Kind::Int8Array),
            ("words", Kind::TextArray),
        ];
        kinds.map(|(name, kind)| field(name, kind)).to_vec()
    }

    /// Two rows of those fields.
    fn stream() -> Vec<u8> {
        let mut texts = Texts::new(Kind::Text);
        for text in ["é", "", "ab"] {
            texts.push("name", text).expect("no NUL");
        }
        let words = texts.ragged();
        let column = |name, cells| Column {
            name,
            cells,
            valid: None,
        };
        let columns = [
            column("id", Cells::Int8(&[i64::MIN, i64::MAX])),
            column("day", Cells::Date(&[0, -1])),
            Column {
                name: "weight",
                cells: Cells::Float8(&[f64::INFINITY, 0.0]),
                valid: Some(&[true, false]),
            },
            column(
                "name",
                Cells::Coded {
                    codes: &[0, 1],
                    vocabulary: words,
                },
            ),
            column(
                "ids",
                Cells::Int8Array(Ragged {
                    values: &[5, 6],
                    offsets: &[0, 2, 2],
                }),
            ),
            column(
                "words",
                Cells::TextArray {
                    codes: Ragged {
                        values: &[2, 1, 0],
                        offsets: &[0, 1, 3],
                    },
                    vocabulary: words,
                },
            ),
        ];
        let rows = Rows::All(2);
        let mut out = HEADER.to_vec();
        out.resize(HEADER.len() + rows_size(&columns, rows).expect("sound"), 0);
        write_rows(&columns, rows, &mut out[HEADER.len()..]);
        out.extend_from_slice(TRAILER);
        out
    }

    fn check(decoded: &[Decoded]) {
        assert_eq!(decoded[0].data, Data::Int8(vec![i64::MIN, i64::MAX]));
        assert_eq!(decoded[1].data, Data::Date(vec![0, -1]));
        assert_eq!(decoded[2].valid, Some(vec![true, false]));
        assert_eq!(
            decoded[3].data,
            Data::Bytes {
                bytes: "é".into(),
                offsets: vec![0, 2, 2]
            }
        );
        assert_eq!(
            decoded[4].data,
            Data::Int8Array {
                values: vec![5, 6],
                offsets: vec![0, 2, 2]
            }
        );
        let words = Data::TextArray {
            bytes: "abé".into(),
            ends: vec![0, 2, 2, 4],
            offsets: vec![0, 1, 3],
        };
        assert_eq!(decoded[5].data, words);
    }

    #[test]
    fn what_was_encoded_comes_back_wherever_the_stream_is_cut() {
        let stream = stream();
        for size in 1..=stream.len() {
            let mut decoder = Decoder::new(fields()).expect("fields");
            for chunk in stream.chunks(size) {
                decoder.feed(chunk).expect("a sound stream");
            }
            assert_eq!(decoder.rows(), 2);
            check(&decoder.finish().expect("a whole stream"));
        }
    }

    #[test]
    fn rows_that_were_taken_do_not_come_again() {
        let stream = stream();
        let mut decoder = Decoder::new(fields()).expect("fields");
        let mut ids: Vec<i64> = Vec::new();
        for byte in &stream {
            decoder.feed(&[*byte]).expect("a sound stream");
            let taken = decoder.take().expect("a sound stream");
            if let Data::Int8(values) = &taken[0].data {
                ids.extend(values);
            }
        }
        assert_eq!(ids, [i64::MIN, i64::MAX]);
        let rest = decoder.finish().expect("a whole stream");
        assert_eq!(rest[0].data, Data::Int8(Vec::new()));
        assert_eq!(rest[2].valid, Some(Vec::new()));
    }

    #[test]
    fn a_stream_cut_short_is_refused_at_the_end() {
        let stream = stream();
        for end in 0..stream.len() {
            let mut decoder = Decoder::new(fields()).expect("fields");
            decoder.feed(&stream[..end]).expect("nothing wrong yet");
            assert!(matches!(decoder.finish(), Err(CopyError::Stream { .. })));
        }
    }

    #[test]
    fn a_changed_byte_never_panics_and_an_error_stays() {
        let stream = stream();
        for at in 0..stream.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = stream.clone();
                bytes[at] ^= flip;
                let mut decoder = Decoder::new(fields()).expect("fields");
                let first = decoder.feed(&bytes);
                if first.is_err() {
                    assert_eq!(decoder.feed(&[]), first);
                    assert_eq!(decoder.take().map(|_| ()), first);
                    assert_eq!(decoder.finish().map(|_| ()), first);
                }
            }
        }
    }
}
