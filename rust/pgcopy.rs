//! The binary COPY format of Postgres: columns to rows, rows to columns, and a fingerprint of each row.
//!
//! A stream is a header of 19 bytes, then rows, then the trailer `0xFFFF`. A row is a count of fields (i16) and, for each
//! field, its length (i32, -1 for NULL) and its bytes, everything big-endian. Source: the manual of Postgres on COPY,
//! "Binary Format", and the `send` and `recv` functions of each type.

mod cells;
mod decode;
mod encode;
mod error;
mod gather;
mod kind;
mod texts;
mod validate;

pub use cells::{Cells, Column, Ragged};
pub use decode::{Decoder, Field};
pub use encode::{Rows, fingerprint_rows, rows_size, write_rows};
pub use error::CopyError;
pub use gather::{Data, Decoded};
pub use kind::Kind;
pub use texts::Texts;

/// The bytes before the first row: signature, flags (none), length of the header extension (none).
pub const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The bytes after the last row.
pub const TRAILER: &[u8; 2] = b"\xff\xff";

/// Days from 1970-01-01, where our dates count from, to 2000-01-01, where those of Postgres do.
const EPOCH_DAYS: i64 = 10_957;

/// The same distance in microseconds.
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS * 86_400_000_000;
