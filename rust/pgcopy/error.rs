//! Everything the codec refuses, by where the fault is.

use std::fmt;

/// Why columns cannot become rows, or bytes cannot become columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyError {
    /// A column is unsound: its kind, a length, an offset, a code, a text.
    Column {
        /// the column's name
        column: String,
        /// what is wrong, with the value seen
        fault: String,
    },
    /// A cell has a value that cannot be held, or not in this column.
    Cell {
        /// the column's name
        column: String,
        /// the row, from 0
        row: u64,
        /// what is wrong, with the value seen
        fault: String,
    },
    /// The bytes are not a binary COPY stream of these columns.
    Stream {
        /// the row, from 0: as many whole rows came before
        row: u64,
        /// what is wrong, with the value seen
        fault: String,
    },
    /// A row was asked for that the columns do not have.
    Row {
        /// the row asked for
        seen: usize,
        /// how many rows there are
        rows: usize,
    },
    /// There are no columns, or more than the format can count.
    Columns {
        /// how many
        seen: usize,
    },
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column { column, fault } => write!(f, "column {column}: {fault}"),
            Self::Cell { column, row, fault } => write!(f, "column {column}, row {row}: {fault}"),
            Self::Stream { row, fault } => {
                write!(
                    f,
                    "not a binary COPY stream of these columns, at row {row}: {fault}"
                )
            }
            Self::Row { seen, rows } => {
                write!(f, "rows: {seen} was asked for, there are {rows} rows")
            }
            Self::Columns { seen } => {
                write!(f, "columns: {seen} were given, expected 1 to {}", i16::MAX)
            }
        }
    }
}

impl std::error::Error for CopyError {}
