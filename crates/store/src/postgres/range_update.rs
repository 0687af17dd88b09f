//! Rows of an UPDATE that differ only in consecutive recipient indices, sent as one range. A campaign's
//! flush consists of a few such ranges, and their rows are adjacent in the table.
//!
//! | written | for spans of rows |
//! |---|---|
//! | `UPDATE t SET a = ?3 WHERE k = ?1 AND idx = ?2` | `UPDATE t SET a = v.p3 FROM v WHERE k = v.p1 AND idx BETWEEN v.p2 AND v.p4 RETURNING v.nth, idx` |

use super::sql_tokens::tokens;
use crate::tx::{Column, Value};

/// The column with a recipient's index.
pub(super) const NUMBER: &str = "idx";

/// Average rows per range below which merging does not pay.
const ROWS_MIN: usize = 4;

/// The condition for a range of rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RangeUpdate {
    /// The parameter that is a recipient's index.
    pub(super) at: usize,
    /// The condition; the range's last index is an extra parameter at the end.
    pub(super) wanted: String,
}

/// Rows merged into ranges.
pub(super) struct Spans<'a, const N: usize> {
    /// The first row of each range.
    pub(super) first: Vec<[Value<'a>; N]>,
    /// The last index of each range.
    pub(super) last: Vec<[Value<'a>; 1]>,
    /// Where each range begins: its row and its index.
    begins: Vec<(usize, i64)>,
    rows: usize,
}

impl RangeUpdate {
    /// For a statement with this condition. `None` if it does not select one recipient.
    pub(super) fn of(sql: &str, wanted: &str) -> Option<Self> {
        let tokens = tokens(wanted);
        let mut conditions = tokens.split(|token| token.text == "AND");
        let condition = conditions.find_map(|condition| match condition {
            [column, equals, value] if column.text == NUMBER && equals.text == "=" => {
                Some((column.at, value))
            }
            _ => None,
        });
        let (begin, value) = condition?;
        let number = |text: &str| text.parse::<usize>().ok();
        let at = number(value.text.strip_prefix('?')?)?.checked_sub(1)?;
        let parameters = sql.split('?').skip(1);
        let parameters = parameters.filter_map(|rest| {
            number(rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
        });
        let parameters: Vec<_> = parameters.collect();
        let (uses, all) =
            (parameters.iter().filter(|n| **n == at + 1).count(), parameters.iter().max()?);
        let (before, after) = (wanted.get(..begin)?, wanted.get(value.end()..)?);
        let between = format!("{NUMBER} BETWEEN {} AND ?{}", value.text, all + 1);
        (uses == 1).then(|| Self { at, wanted: format!("{before}{between}{after}") })
    }

    /// `None` when the ranges are too short. No two of `rows` affect the same row of the table.
    pub(super) fn divide<'a, const N: usize>(
        &self,
        rows: &[[Value<'a>; N]],
    ) -> Option<Spans<'a, N>> {
        let mut spans = Spans { first: vec![], last: vec![], begins: vec![], rows: rows.len() };
        let follows = |one: &[Value<'_>; N], next: &[Value<'_>; N]| {
            let alike = |at: usize| at == self.at || one[at] == next[at];
            number(&one[self.at])?.checked_add(1).filter(|_| (0..N).all(alike))
        };
        let mut begin = 0;
        for span in rows.chunk_by(|one, next| {
            follows(one, next).is_some_and(|expected| number(&next[self.at]) == Some(expected))
        }) {
            let (first, last) = (span.first()?, span.last()?);
            spans.begins.push((begin, number(&first[self.at])?));
            spans.first.push(*first);
            spans.last.push([last[self.at]]);
            begin += span.len();
        }
        (spans.first.len() * ROWS_MIN <= rows.len()).then_some(spans)
    }
}

impl<const N: usize> Spans<'_, N> {
    /// How many rows of the table each row changed, from the range and index of every changed row.
    /// `None` if these do not match.
    pub(super) fn changed(&self, answered: Vec<Vec<Column>>) -> Option<Vec<u64>> {
        let mut changed = vec![0; self.rows];
        for row in answered {
            let [Column::Int(nth), Column::Int(number)] = row[..] else { return None };
            let (begin, first) = self.begins.get(usize::try_from(nth).ok()?.checked_sub(1)?)?;
            let at = begin + usize::try_from(number.checked_sub(*first)?).ok()?;
            *changed.get_mut(at)? += 1;
        }
        Some(changed)
    }
}

const fn number(value: &Value<'_>) -> Option<i64> {
    if let Value::Int(number) = value { Some(*number) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "UPDATE t SET a = ?3 WHERE k = ?1 AND idx = ?2 AND b > 0";

    fn span() -> RangeUpdate {
        RangeUpdate::of(SQL, " k = ?1 AND idx = ?2 AND b > 0").unwrap()
    }

    fn row<'a>(key: &'a str, number: i64, value: i64) -> [Value<'a>; 3] {
        [Value::Text(key), Value::Int(number), Value::Int(value)]
    }

    #[test]
    fn numbers_are_looked_for_from_the_first_to_the_last() {
        let wanted = " k = ?1 AND idx BETWEEN ?2 AND ?4 AND b > 0".to_owned();
        assert_eq!(span(), RangeUpdate { at: 1, wanted });
    }

    #[test]
    fn what_is_not_of_one_recipient_has_no_spans() {
        for (sql, wanted) in [
            ("UPDATE t SET a = ?2 WHERE k = ?1", " k = ?1"),
            ("UPDATE t SET a = ?2 WHERE idx = ?1 + 1", " idx = ?1 + 1"),
            ("UPDATE t SET a = ?1 WHERE idx = ?1", " idx = ?1"),
            ("UPDATE t SET a = ?1 WHERE first_idx = ?1", " first_idx = ?1"),
        ] {
            assert_eq!(RangeUpdate::of(sql, wanted), None, "{sql}");
        }
    }

    #[test]
    fn a_span_ends_where_anything_else_differs() {
        let mut rows: Vec<_> = (0..20).map(|number| row("a", number, 1)).collect();
        rows.extend((20..30).map(|number| row("a", number, 2)));
        rows.extend((31..40).map(|number| row("a", number, 2)));
        rows.extend((40..50).map(|number| row("b", number, 2)));
        let spans = span().divide(&rows).unwrap();
        let firsts = [row("a", 0, 1), row("a", 20, 2), row("a", 31, 2), row("b", 40, 2)];
        assert!(spans.first == firsts);
        assert!(spans.last == [19, 29, 39, 49].map(|number| [Value::Int(number)]));
        assert!(span().divide(&rows[17..23]).is_none(), "two spans of three are not worth it");
    }

    #[test]
    fn rows_that_do_not_follow_one_another_go_by_themselves() {
        let apart: Vec<_> = (0..20).map(|number| row("a", 2 * number, 1)).collect();
        let back: Vec<_> = (0..20).rev().map(|number| row("a", number, 1)).collect();
        let none: Vec<_> = (0..20).map(|_| [Value::Text("a"), Value::Null, Value::Null]).collect();
        for rows in [apart, back, none] {
            assert!(span().divide(&rows).is_none());
        }
    }

    #[test]
    fn each_row_hears_what_it_changed() {
        let rows = [row("a", 5, 1), row("a", 6, 1), row("a", 7, 1), row("a", 8, 1)];
        let spans = span().divide(&rows).unwrap();
        let answered = |numbers: &[i64]| {
            numbers.iter().map(|number| vec![Column::Int(1), Column::Int(*number)]).collect()
        };
        assert_eq!(spans.changed(answered(&[8, 5, 8])), Some(vec![1, 0, 0, 2]));
        for other in [4, 9] {
            assert_eq!(spans.changed(answered(&[other])), None);
        }
        assert_eq!(spans.changed(vec![vec![Column::Int(2), Column::Int(5)]]), None);
    }
}
