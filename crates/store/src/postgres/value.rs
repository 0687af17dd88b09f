//! Encodes and decodes values in the server's binary format. All our columns are BIGINT, TEXT or
//! BYTEA; computed ones may also be smaller integers or booleans.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::tx::{Column, Value};

type Failure = Box<dyn Error + Sync + Send>;

/// The type of a value where no column determines it.
pub(super) const fn type_of(value: &Value<'_>) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
    }
}

pub(super) fn fits(value: &Value<'_>, kind: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Int(_) => matches!(*kind, Type::INT8 | Type::INT4 | Type::INT2),
        Value::Text(_) => matches!(*kind, Type::TEXT | Type::VARCHAR),
        Value::Blob(_) => *kind == Type::BYTEA,
    }
}

/// A parameter. The client library logs its `Debug` form.
pub(super) struct Bound<'a>(pub(super) Value<'a>);

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        if !fits(&self.0, kind) {
            return Err(format!("a value does not fit the type {kind}").into());
        }
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Int(value) if *kind == Type::INT8 => out.put_i64(value),
            Value::Int(value) if *kind == Type::INT4 => out.put_i32(value.try_into()?),
            Value::Int(value) => out.put_i16(value.try_into()?),
            Value::Text(text) => put_text(text, out),
            Value::Blob(bytes) => out.put_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One parameter of many rows.
pub(super) struct Array<'a, const N: usize> {
    pub(super) rows: &'a [[Value<'a>; N]],
    pub(super) at: usize,
}

impl<const N: usize> fmt::Debug for Array<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<const N: usize> ToSql for Array<'_, N> {
    /// Dimensions, NULL flag, type; then number and lower bound of elements; each element as in
    /// COPY.
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let Kind::Array(element) = kind.kind() else {
            return Err("the parameter is not an array".into());
        };
        let values = || self.rows.iter().map(|row| &row[self.at]);
        let nulls = values().any(|value| matches!(value, Value::Null));
        out.put_i32(1);
        out.put_i32(nulls.into());
        out.put_u32(element.oid());
        out.put_i32(self.rows.len().try_into()?);
        out.put_i32(1);
        for value in values() {
            put_sized(out, |out| Bound(*value).to_sql(element, out))?;
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(kind.kind(), Kind::Array(_))
    }

    to_sql_checked!();
}

/// PostgreSQL cannot store a NUL in a text. A carrier's error text or a handset's message may
/// contain one, and must not be refused forever.
fn put_text(text: &str, out: &mut BytesMut) {
    if text.contains('\0') {
        out.put_slice(text.replace('\0', "\u{fffd}").as_bytes());
    } else {
        out.put_slice(text.as_bytes());
    }
}

/// A value of a COPY row: its length, then its bytes.
pub(super) fn put_field(value: &Value<'_>, out: &mut BytesMut) -> Result<(), Failure> {
    put_sized(out, |out| Bound(*value).to_sql(&type_of(value), out))
}

/// A length (-1 for NULL), then what `put` writes.
fn put_sized(
    out: &mut BytesMut,
    put: impl FnOnce(&mut BytesMut) -> Result<IsNull, Failure>,
) -> Result<(), Failure> {
    let at = out.len();
    out.put_i32(-1);
    if matches!(put(out)?, IsNull::Yes) {
        return Ok(());
    }
    let length = i32::try_from(out.len() - at - 4)?;
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// A column of a result.
pub(super) struct Cell(pub(super) Column);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(Self(match *kind {
            Type::INT8 => Column::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Column::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Column::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => Column::Int((raw != [0]).into()),
            Type::BYTEA => Column::Blob(raw.to_owned()),
            _ => Column::Text(str::from_utf8(raw)?.to_owned()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self(Column::Null))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_fields_for_copy() {
        let mut out = BytesMut::new();
        for value in [Value::Null, Value::Int(1), Value::Text("a\0b"), Value::Blob(&[7])] {
            put_field(&value, &mut out).unwrap();
        }
        let expected = [
            &[255; 4][..],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 0, 5, b'a', 0xef, 0xbf, 0xbd, b'b'],
            &[0, 0, 0, 1, 7],
        ];
        assert_eq!(out[..], expected.concat());
    }

    #[test]
    fn writes_arrays_with_their_nulls() {
        let rows = [[Value::Int(7), Value::Null], [Value::Int(8), Value::Int(258)]];
        let mut out = BytesMut::new();
        let written = Array { rows: &rows, at: 1 }.to_sql(&Type::INT8_ARRAY, &mut out);
        assert!(matches!(written, Ok(IsNull::No)));
        let expected = [
            &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1][..],
            &[255; 4],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2],
        ];
        assert_eq!(out[..], expected.concat());
        assert!(Array { rows: &rows, at: 0 }.to_sql(&Type::TEXT_ARRAY, &mut out).is_err());
        assert!(Array { rows: &rows, at: 0 }.to_sql(&Type::INT8, &mut out).is_err());
    }

    #[test]
    fn a_parameter_that_is_logged_says_nothing() {
        assert_eq!(format!("{:?}", Bound(Value::Text("+4520123456"))), "…");
    }

    #[test]
    fn takes_the_type_that_the_server_found() {
        let mut out = BytesMut::new();
        assert!(Bound(Value::Int(70_000)).to_sql(&Type::INT2, &mut out).is_err());
        assert!(Bound(Value::Int(1)).to_sql(&Type::TEXT, &mut out).is_err());
        assert!(Bound(Value::Text("a")).to_sql(&Type::BYTEA, &mut out).is_err());
        assert!(matches!(Bound(Value::Null).to_sql(&Type::TEXT, &mut out), Ok(IsNull::Yes)));
        assert!(out.is_empty());
        assert!(matches!(Bound(Value::Int(-2)).to_sql(&Type::INT4, &mut out), Ok(IsNull::No)));
        assert_eq!(out[..], [255, 255, 255, 254]);
    }
}
