//! The output of commands on standard output. Log and errors go to standard error, so that output can be piped.

use std::io::{self, Write};

use domain::time::Timestamp;
use serde_json::Value;

use crate::cli::ListArgs;

/// Writes a line. A closed pipe (`| head`) is not an error.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes a list as a table, or as a JSON array with the same facts in types of their own.
pub(crate) fn list<T, const COLUMNS: usize>(
    format: ListArgs,
    items: &[T],
    view: impl Fn(&T) -> Value,
    headings: [&str; COLUMNS],
    row: impl Fn(&T) -> [String; COLUMNS],
) -> anyhow::Result<()> {
    if format.json {
        let array: Value = items.iter().map(view).collect();
        return line(&serde_json::to_string_pretty(&array)?);
    }
    table(headings, &items.iter().map(row).collect::<Vec<_>>())
}

/// In RFC 3339, in UTC: `2026-06-01T03:00:00Z`.
pub(crate) fn moment(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis());
    at.map_or_else(|_| "?".to_owned(), |at| format!("{at:.0}"))
}

/// Writes aligned rows under their headings.
fn table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> anyhow::Result<()> {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    line(&aligned(&headings, &widths))?;
    rows.iter().try_for_each(|row| line(&aligned(row, &widths)))
}

fn aligned<T: AsRef<str>>(cells: &[T], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, &width)| {
        let cell = cell.as_ref();
        format!("{cell:<width$}")
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_rfc_3339() {
        assert_eq!(moment(Timestamp::from_millis(1_780_282_800_999)), "2026-06-01T03:00:00Z");
    }

    #[test]
    fn aligns_cells_without_trailing_blanks() {
        assert_eq!(aligned(&["a", "bc"], &[3, 5]), "a    bc");
        assert_eq!(aligned(&["a", ""], &[3, 5]), "a");
    }
}
