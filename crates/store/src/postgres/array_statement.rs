//! One statement for many rows of parameters, with each parameter sent as an array.
//!
//! | written | for many rows at once |
//! |---|---|
//! | `SELECT a FROM t WHERE k = ?1` | `SELECT v.nth, q.* FROM v CROSS JOIN LATERAL (SELECT a FROM t WHERE k = v.p1) q` |
//! | `UPDATE t SET a = ?2 WHERE k = ?1` | `UPDATE t SET a = v.p2 FROM v WHERE k = v.p1 RETURNING v.nth` |
//! | `DELETE FROM t WHERE k = ?1` | `DELETE FROM t USING v WHERE k = v.p1 RETURNING v.nth` |
//! | `INSERT INTO t (k, a) VALUES (?1, ?2)` | `INSERT INTO t (k, a) SELECT v.p1, v.p2 FROM v ORDER BY v.nth` |
//!
//! `v` holds the rows of parameters, and `nth` numbers them from 1. The statement does the same as
//! the original one row by row, in order: a locking `SELECT` is not merged with its surroundings,
//! so that rows are locked in this order. An `UPDATE` or `DELETE` qualifies only if rows of
//! parameters with different keys affect different rows of the table; those with equal keys go into
//! successive statements ([`ArrayStatement::runs`]). Other statements are sent once per row.
//! Consecutive rows of an `UPDATE` are merged further (`range_update.rs`).

use std::collections::HashSet;

use tokio_postgres::types::Type;

use super::range_update::{NUMBER, RangeUpdate};
use super::sql_tokens::{Token, columns, comma_separated, inside, tokens};
use super::statement::lock_rows;
use crate::tx::{Column, Row, Value};

/// Rows per statement: bounds the memory for copies and the statement's duration.
const ROWS_MAX: usize = 4_096;

/// Tables whose rows are changed without an earlier lock. A statement locks rows in the order of
/// its plan, so these rows are locked first, in the order of the parameters, to prevent deadlocks.
const UNLOCKED: [&str; 2] = ["events", "chunks"];

/// Its rows are few, and each is changed by a statement of its own.
const APART: &str = "ledger_accounts";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ArrayStatement {
    parts: Parts,
    pub(super) answer: Answer,
    pub(super) span: Option<RangeUpdate>,
}

/// The text around the rows.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    before: String,
    after: String,
    /// Parameters that identify a row of the table. Empty where that does not matter.
    key: Vec<usize>,
}

/// The columns of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// `nth`, and what the statement returns for that row.
    Numbered,
    /// What the statement returns for each row, in order.
    InTurn,
    /// The value of this parameter for every stored row.
    Stored(usize),
    /// No columns: every row was stored.
    Nothing,
}

impl ArrayStatement {
    /// `None` for a statement that must be sent once per row.
    pub(super) fn of(sql: &'static str) -> Option<Self> {
        let tokens = tokens(sql);
        match tokens.first()?.text {
            "SELECT" => Some(select(sql)),
            "UPDATE" => update(sql, &tokens),
            "DELETE" => delete(sql, &tokens),
            "INSERT" => insert(sql, &tokens),
            _ => None,
        }
    }

    /// The SQL for these parameter types. `None` if one has no array type.
    ///
    /// The planner does not know the number of rows, and takes the limit for a tenth of its guess
    /// of ten: so it looks up each row by its key, however small the table is at that time.
    pub(super) fn sql(&self, types: &[Type]) -> Option<String> {
        self.with(types, &self.parts.after)
    }

    /// The SQL for ranges: the last index of each follows its parameters.
    pub(super) fn sql_of_spans(&self, types: &[Type]) -> Option<String> {
        let wanted = of_rows(&self.span.as_ref()?.wanted);
        let after = format!("WHERE{wanted} RETURNING v.nth, {NUMBER}");
        self.with(&[types, &[Type::INT8]].concat(), &after)
    }

    fn with(&self, types: &[Type], after: &str) -> Option<String> {
        let (mut arrays, mut names) = (Vec::new(), Vec::new());
        for (at, kind) in (1..).zip(types) {
            arrays.push(format!("${at}::{}[]", array_of(kind).map(|_| kind.name())?));
            names.push(format!("p{at}"));
        }
        let (arrays, names) = (arrays.join(", "), names.join(", "));
        let before = &self.parts.before;
        Some(format!(
            "{before} (SELECT * FROM unnest({arrays}) WITH ORDINALITY AS u({names}, nth)
             LIMIT cardinality($1)) AS v {after}"
        ))
    }

    /// Divides rows into runs in which no row affects another's result. `None` if that cannot be
    /// determined.
    pub(super) fn runs<'a, const N: usize>(
        &self,
        rows: &'a [[Value<'a>; N]],
    ) -> Option<Vec<&'a [[Value<'a>; N]]>> {
        let mut runs = Vec::new();
        for rows in rows.chunks(ROWS_MAX) {
            let (mut begin, mut seen) = (0, HashSet::with_capacity(rows.len()));
            for (at, row) in rows.iter().enumerate().filter(|_| !self.parts.key.is_empty()) {
                let key = self.key(row)?;
                if seen.contains(&key) {
                    runs.push(&rows[begin..at]);
                    begin = at;
                    seen.clear();
                }
                seen.insert(key);
            }
            runs.push(&rows[begin..]);
        }
        Some(runs)
    }

    /// `None` for texts with a NUL, because the server stores a different text.
    fn key<'a>(&self, row: &[Value<'a>]) -> Option<Vec<Value<'a>>> {
        let sound = |value: &Value<'_>| !matches!(value, Value::Text(text) if text.contains('\0'));
        let value = |at: &usize| row.get(*at).copied().filter(sound);
        self.parts.key.iter().map(value).collect()
    }
}

/// The result of each row. `None` if the answer does not match the rows.
pub(super) fn of_each<const N: usize>(
    answer: Answer,
    rows: &[[Value<'_>; N]],
    answered: Vec<Vec<Column>>,
) -> Option<Vec<Vec<Row>>> {
    let done = || vec![Row::new(Vec::new())];
    match answer {
        Answer::Numbered => {
            let mut each: Vec<Vec<Row>> = rows.iter().map(|_| Vec::new()).collect();
            for mut columns in answered {
                let Column::Int(nth) = columns.first()? else { return None };
                let at = usize::try_from(*nth).ok()?.checked_sub(1)?;
                columns.remove(0);
                each.get_mut(at)?.push(Row::new(columns));
            }
            Some(each)
        }
        Answer::InTurn => {
            let each = answered.into_iter().map(|columns| vec![Row::new(columns)]);
            Some(each).filter(|each| each.len() == rows.len()).map(Iterator::collect)
        }
        Answer::Stored(at) => {
            let mut stored: HashSet<Value<'_>> =
                answered.iter().filter_map(|columns| columns.first().map(Value::from)).collect();
            let each = rows.iter().map(|row| stored.remove(&row[at]));
            Some(each.map(|stored| if stored { done() } else { Vec::new() }).collect())
        }
        Answer::Nothing => Some(rows.iter().map(|_| done()).collect()),
    }
}

/// The types of our columns and of computed ones.
pub(super) const fn array_of(kind: &Type) -> Option<Type> {
    match *kind {
        Type::INT8 => Some(Type::INT8_ARRAY),
        Type::INT4 => Some(Type::INT4_ARRAY),
        Type::INT2 => Some(Type::INT2_ARRAY),
        Type::TEXT => Some(Type::TEXT_ARRAY),
        Type::BYTEA => Some(Type::BYTEA_ARRAY),
        _ => None,
    }
}

fn of_rows(sql: &str) -> String {
    sql.replace('?', "v.p")
}

fn select(sql: &str) -> ArrayStatement {
    let before = "SELECT v.nth, q.* FROM".to_owned();
    let after = format!("CROSS JOIN LATERAL ({}) AS q", lock_rows(of_rows(sql)));
    ArrayStatement {
        parts: Parts { before, after, key: Vec::new() },
        answer: Answer::Numbered,
        span: None,
    }
}

fn update(sql: &str, tokens: &[Token<'_>]) -> Option<ArrayStatement> {
    let [_, table, set, ..] = tokens else { return None };
    let (rest, returning) = divided(sql, tokens, "RETURNING");
    let (changed, wanted) = divided(rest, tokens, "WHERE");
    let assigned = columns(changed.get(set.end()..)?);
    let key = key(wanted?, &assigned)?;
    let odd = set.text != "SET" || tokens.iter().any(|token| token.text == "FROM");
    if odd || table.text == APART {
        return None;
    }
    let table = table.text;
    let before = format!("UPDATE {table} SET{} FROM", of_rows(changed.get(set.end()..)?));
    let change = change(before, wanted?, returning, key);
    if UNLOCKED.contains(&table) {
        return Some(locked_first(table, wanted?, "FOR NO KEY UPDATE", change));
    }
    let is_key = |span: &RangeUpdate| change.parts.key.contains(&span.at);
    let span = RangeUpdate::of(sql, wanted?).filter(|span| returning.is_none() && is_key(span));
    Some(ArrayStatement { span, ..change })
}

fn delete(sql: &str, tokens: &[Token<'_>]) -> Option<ArrayStatement> {
    let [_, from, table, ..] = tokens else { return None };
    let (rest, returning) = divided(sql, tokens, "RETURNING");
    let (_, wanted) = divided(rest, tokens, "WHERE");
    let key = key(wanted?, &[])?;
    let odd = from.text != "FROM" || tokens.iter().any(|token| token.text == "USING");
    if odd || table.text == APART {
        return None;
    }
    let table = table.text;
    let change = change(format!("DELETE FROM {table} USING"), wanted?, returning, key);
    let unlocked = UNLOCKED.contains(&table);
    Some(if unlocked { locked_first(table, wanted?, "FOR UPDATE", change) } else { change })
}

/// Finds and locks the rows one by one, then changes them.
fn locked_first(
    table: &str,
    wanted: &str,
    lock: &str,
    mut change: ArrayStatement,
) -> ArrayStatement {
    let Parts { before, after, .. } = &mut change.parts;
    let found = format!("SELECT FROM {table} WHERE{} {lock}", of_rows(wanted));
    *after = format!("WHERE (SELECT count(*) FROM ({found}) AS q) > 0) {before} l AS v {after}");
    "WITH l AS MATERIALIZED (SELECT v.* FROM".clone_into(before);
    change
}

fn change(
    before: String,
    wanted: &str,
    returning: Option<&str>,
    key: Vec<usize>,
) -> ArrayStatement {
    let returning = returning.map(|columns| format!(",{}", of_rows(columns))).unwrap_or_default();
    let after = format!("WHERE{} RETURNING v.nth{returning}", of_rows(wanted));
    ArrayStatement { parts: Parts { before, after, key }, answer: Answer::Numbered, span: None }
}

/// The text before and after the token.
fn divided<'a>(sql: &'a str, tokens: &[Token<'_>], by: &str) -> (&'a str, Option<&'a str>) {
    let found = tokens.iter().find(|token| token.text == by);
    let split = found.and_then(|token| Some((sql.get(..token.at)?, sql.get(token.end()..)?)));
    split.map_or((sql, None), |(before, after)| (before, Some(after)))
}

/// The parameters that columns are compared with, each alone. An `assigned` column is no key.
fn key(wanted: &str, assigned: &[&str]) -> Option<Vec<usize>> {
    let tokens = tokens(wanted);
    if tokens.iter().any(|token| matches!(token.text, "OR" | "BETWEEN")) {
        return None;
    }
    let mut conditions = tokens.split(|token| token.text == "AND");
    let compared = |condition: &[Token<'_>]| match condition {
        [column, equals, value] if equals.text == "=" && !assigned.contains(&column.text) => {
            value.text.strip_prefix('?')?.parse::<usize>().ok()?.checked_sub(1)
        }
        _ => None,
    };
    let key: Vec<_> = conditions.by_ref().filter_map(compared).collect();
    (!key.is_empty()).then_some(key)
}

fn insert(sql: &str, tokens: &[Token<'_>]) -> Option<ArrayStatement> {
    let values = tokens.iter().find(|token| token.text == "VALUES")?;
    let (head, rest) = (sql.get(..values.at)?, sql.get(values.end()..)?);
    let (row, end) = inside(rest)?;
    let (ending, answer) = match *tokens.split(|token| token.text == "VALUES").nth(1)? {
        [] => (String::new(), Answer::Nothing),
        [returning, ..] if returning.text == "RETURNING" => (end.to_owned(), Answer::InTurn),
        [on, conflict, act, nothing]
            if [on.text, conflict.text, act.text, nothing.text]
                == ["ON", "CONFLICT", "DO", "NOTHING"] =>
        {
            let (unique, _) = inside(end)?;
            let (names, _) = inside(head)?;
            let mut pairs = comma_separated(names).into_iter().zip(comma_separated(row));
            let (_, value) = pairs.find(|(name, _)| *name == unique.trim())?;
            let parameter = value.strip_prefix('?')?.parse::<usize>().ok()?.checked_sub(1)?;
            (format!("{end} RETURNING {unique}"), Answer::Stored(parameter))
        }
        _ => return None,
    };
    let before = format!("{head}SELECT {} FROM", of_rows(row));
    let after = format!("ORDER BY v.nth {}", of_rows(&ending));
    let key = if let Answer::Stored(at) = answer { vec![at] } else { Vec::new() };
    Some(ArrayStatement { parts: Parts { before, after, key }, answer, span: None })
}

#[cfg(test)]
mod tests;
