//! The types of Postgres that the codec speaks.

use super::error::CopyError;

/// A type of Postgres, as it travels in binary COPY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `boolean`
    Bool,
    /// `date`, here days since 1970-01-01
    Date,
    /// `timestamptz`, here microseconds since 1970-01-01 UTC
    Timestamptz,
    /// `text` or `varchar`
    Text,
    /// `bytea`
    Bytea,
    /// `jsonb`, as its text
    Jsonb,
    /// `integer[]`, one dimension
    Int4Array,
    /// `bigint[]`, one dimension
    Int8Array,
    /// `real[]`, one dimension
    Float4Array,
    /// `text[]`, one dimension
    TextArray,
}

impl Kind {
    /// Every kind with its name, as in SQL.
    pub const NAMES: [(&'static str, Kind); 15] = [
        ("int2", Kind::Int2),
        ("int4", Kind::Int4),
        ("int8", Kind::Int8),
        ("float4", Kind::Float4),
        ("float8", Kind::Float8),
        ("bool", Kind::Bool),
        ("date", Kind::Date),
        ("timestamptz", Kind::Timestamptz),
        ("text", Kind::Text),
        ("bytea", Kind::Bytea),
        ("jsonb", Kind::Jsonb),
        ("int4[]", Kind::Int4Array),
        ("int8[]", Kind::Int8Array),
        ("float4[]", Kind::Float4Array),
        ("text[]", Kind::TextArray),
    ];

    /// The kind of this name.
    ///
    /// # Errors
    /// The name is none of [`Kind::NAMES`].
    pub fn parse(column: &str, name: &str) -> Result<Self, CopyError> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| *kind).ok_or_else(|| {
            let names = Self::NAMES.map(|(name, _)| name).join(", ");
            let fault = format!("unknown kind {name:?}; known are {names}");
            CopyError::Column {
                column: column.to_owned(),
                fault,
            }
        })
    }

    /// The name, as in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// A value of fixed width: its bytes on the wire, and the type number that an array of it carries.
pub trait Fixed: Copy {
    /// Bytes on the wire.
    const WIDTH: usize;
    /// The `oid` of the type in `pg_type`.
    const OID: u32;
    /// Write to exactly `WIDTH` bytes.
    fn write(self, out: &mut [u8]);
    /// Read from exactly `WIDTH` bytes.
    fn read(bytes: &[u8]) -> Self;
}

/// The first N bytes; the caller has checked that they are there.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

impl Fixed for i16 {
    const WIDTH: usize = 2;
    const OID: u32 = 21;
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        Self::from_be_bytes(first(bytes))
    }
}

impl Fixed for i32 {
    const WIDTH: usize = 4;
    const OID: u32 = 23;
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        Self::from_be_bytes(first(bytes))
    }
}

impl Fixed for i64 {
    const WIDTH: usize = 8;
    const OID: u32 = 20;
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        Self::from_be_bytes(first(bytes))
    }
}

impl Fixed for f32 {
    const WIDTH: usize = 4;
    const OID: u32 = 700;
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        Self::from_be_bytes(first(bytes))
    }
}

impl Fixed for f64 {
    const WIDTH: usize = 8;
    const OID: u32 = 701;
    fn write(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        Self::from_be_bytes(first(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_kind_and_back() {
        for (name, kind) in Kind::NAMES {
            assert_eq!(Kind::parse("a", name), Ok(kind));
            assert_eq!(kind.name(), name);
        }
    }

    #[test]
    fn an_unknown_kind_is_refused_by_name() {
        let error = Kind::parse("age", "smallint")
            .expect_err("unknown")
            .to_string();
        assert!(
            error.contains("age") && error.contains("smallint"),
            "{error}"
        );
    }
}
