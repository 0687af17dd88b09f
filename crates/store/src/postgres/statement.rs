//! Translates a statement as the aggregates write it into PostgreSQL's dialect.
//!
//! | written | here |
//! |---|---|
//! | `?1` | `$1` |
//! | `FOR UPDATE` | `FOR NO KEY UPDATE`: rows that only refer to the locked one need not wait |
//! | `INSERT INTO t (a, b) VALUES (?1, 'x')`, many rows at once | `COPY t (a, b) FROM STDIN BINARY` |
//! | anything else, many rows at once | `array_statement.rs` |

use super::array_statement::ArrayStatement;
use crate::tx::Value;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) sql: String,
    /// A faster way to store many rows.
    pub(super) copy: Option<Copy>,
    /// A faster way to run many rows.
    pub(super) many: Option<ArrayStatement>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) sql: String,
    fields: Vec<Field>,
}

#[derive(Debug, PartialEq, Eq)]
enum Field {
    Parameter(usize),
    Text(&'static str),
    Int(i64),
}

impl Copy {
    /// The values of a table row, from one row of parameters; `None` for a missing parameter.
    pub(super) fn row<'a>(
        &'a self,
        params: &'a [Value<'a>],
    ) -> impl ExactSizeIterator<Item = Option<Value<'a>>> {
        self.fields.iter().map(|field| match field {
            Field::Parameter(at) => params.get(*at).copied(),
            Field::Text(text) => Some(Value::Text(text)),
            Field::Int(value) => Some(Value::Int(*value)),
        })
    }
}

pub(super) fn translate(sql: &'static str) -> Translated {
    Translated {
        sql: lock_rows(sql.replace('?', "$")),
        copy: copy(sql),
        many: ArrayStatement::of(sql),
    }
}

pub(super) fn lock_rows(mut sql: String) -> String {
    if let Some(at) = sql.rfind("FOR UPDATE") {
        sql.replace_range(at..at + "FOR UPDATE".len(), "FOR NO KEY UPDATE");
    }
    sql
}

/// Only for a plain insert.
fn copy(sql: &'static str) -> Option<Copy> {
    let rest = sql.trim().strip_prefix("INSERT INTO ")?;
    let (table, rest) = rest.split_once('(')?;
    let (columns, rest) = rest.split_once(')')?;
    let values = rest.trim().strip_prefix("VALUES")?.trim().strip_prefix('(')?.strip_suffix(')')?;
    let fields = values.split(',').map(field).collect::<Option<Vec<_>>>()?;
    let names: Vec<_> = columns.split(',').map(str::trim).collect();
    let plain = |name: &str| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    let sound = names.len() == fields.len() && names.iter().all(|name| plain(name));
    let table = table.trim();
    (sound && plain(table)).then(|| Copy {
        sql: format!("COPY {table} ({}) FROM STDIN BINARY", names.join(", ")),
        fields,
    })
}

fn field(written: &'static str) -> Option<Field> {
    let written = written.trim();
    if let Some(number) = written.strip_prefix('?') {
        return number.parse::<usize>().ok()?.checked_sub(1).map(Field::Parameter);
    }
    if let Some(text) = written.strip_prefix('\'') {
        let text = text.strip_suffix('\'')?;
        return (!text.contains('\'')).then_some(Field::Text(text));
    }
    written.parse().ok().map(Field::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_parameters_and_locks_rows_as_postgres_does() {
        let found =
            translate("SELECT a FROM t WHERE b = ?1 OR c = ?12\n    FOR UPDATE SKIP LOCKED");
        let sql = "SELECT a FROM t WHERE b = $1 OR c = $12\n    FOR NO KEY UPDATE SKIP LOCKED";
        assert_eq!((found.sql.as_str(), found.copy), (sql, None));
    }

    #[test]
    fn copies_what_is_only_an_insert() {
        let sql = "INSERT INTO t (a, b,\n  c, d) VALUES (?2, 'pending', ?1, 0)";
        let copy = translate(sql).copy.unwrap();
        assert_eq!(copy.sql, "COPY t (a, b, c, d) FROM STDIN BINARY");
        let row: Vec<_> = copy.row(&[Value::Int(7), Value::Null]).collect();
        assert!(matches!(
            row[..],
            [
                Some(Value::Null),
                Some(Value::Text("pending")),
                Some(Value::Int(7)),
                Some(Value::Int(0))
            ]
        ));
    }

    #[test]
    fn copies_nothing_else() {
        for sql in [
            "INSERT INTO t (a) VALUES (?1) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO t (a) VALUES (?1) RETURNING a",
            "INSERT INTO t (a) SELECT ?1 FROM u",
            "INSERT INTO t (a) VALUES (coalesce(?1, 0))",
            "INSERT INTO t (a) VALUES (?1 + 1)",
            "INSERT INTO t (a, b) VALUES (?1)",
            "UPDATE t SET a = ?1",
        ] {
            assert_eq!(translate(sql).copy, None, "{sql}");
        }
    }
}
