//! Texts of a column laid end to end.

use super::cells::Ragged;
use super::error::CopyError;
use super::kind::Kind;

/// The byte before the text of a `jsonb`.
const JSONB_VERSION: u8 = 1;

/// Texts end to end, each in the bytes that its kind has on the wire.
#[derive(Clone, Debug)]
pub struct Texts {
    bytes: Vec<u8>,
    offsets: Vec<i64>,
    is_jsonb: bool,
}

impl Texts {
    /// No texts yet, of kind `text` or `jsonb`.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            bytes: Vec::new(),
            offsets: vec![0],
            is_jsonb: kind == Kind::Jsonb,
        }
    }

    /// Add one text.
    ///
    /// # Errors
    /// It has a NUL character; the error names `column`.
    pub fn push(&mut self, column: &str, text: &str) -> Result<(), CopyError> {
        if text.as_bytes().contains(&0) {
            let fault = format!(
                "the text at {} has a NUL character, which Postgres cannot store",
                self.offsets.len() - 1
            );
            return Err(CopyError::Column {
                column: column.to_owned(),
                fault,
            });
        }
        if self.is_jsonb {
            self.bytes.push(JSONB_VERSION);
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(self.bytes.len() as i64);
        Ok(())
    }

    /// Add the place of a NULL.
    pub fn push_null(&mut self) {
        self.offsets.push(self.bytes.len() as i64);
    }

    /// The texts as bytes with offsets.
    #[must_use]
    pub fn ragged(&self) -> Ragged<'_, u8> {
        Ragged {
            values: &self.bytes,
            offsets: &self.offsets,
        }
    }
}
