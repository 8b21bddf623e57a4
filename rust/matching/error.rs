//! What can go wrong in a kernel, in one enum.

use std::fmt;

/// Why a kernel gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// An argument has a value that it may not have; the text names the argument and the value.
    Invalid(String),
    /// The caller asked to stop.
    Interrupted,
    /// A fault of ours: a worker panicked, or the system gave no thread.
    Internal(String),
}

impl Error {
    /// Refuse one element of an argument.
    pub fn element(name: &str, place: usize, value: impl fmt::Display, rule: &str) -> Self {
        Self::Invalid(format!("{name}[{place}] = {value}: {rule}"))
    }

    /// Refuse an argument as a whole.
    pub fn argument(name: &str, value: impl fmt::Display, rule: &str) -> Self {
        Self::Invalid(format!("{name} = {value}: {rule}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) | Self::Internal(text) => f.write_str(text),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}

/// The result of a kernel.
pub type Result<T> = std::result::Result<T, Error>;
