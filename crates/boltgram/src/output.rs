//! The output of commands on standard output. Log and errors go to standard error, so that output can be piped.

use std::io::{self, Write};

/// Writes a line. A closed pipe (`| head`) is not an error.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes aligned rows under their headings.
pub(crate) fn table<const COLUMNS: usize>(
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
    fn aligns_cells_without_trailing_blanks() {
        assert_eq!(aligned(&["a", "bc"], &[3, 5]), "a    bc");
        assert_eq!(aligned(&["a", ""], &[3, 5]), "a");
    }
}
