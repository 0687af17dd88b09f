//! What a command answers, on the standard output stream and nowhere else: the log and the errors
//! go to the other one, so that an answer can be piped.

use std::io::{self, Write};

/// Writes a line. A reader that went away (`| head`) is no error of ours.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes rows under their headings, each column as wide as it needs.
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
    fn aligns_cells_and_ends_no_line_with_blanks() {
        assert_eq!(aligned(&["a", "bc"], &[3, 5]), "a    bc");
        assert_eq!(aligned(&["a", ""], &[3, 5]), "a");
    }
}
