//! Escapes control characters in log lines. Errors contain what peers sent (a greeting, a status text); with line breaks
//! or terminal sequences in it a peer could forge lines of the log.

use std::io::{self, Write};

/// A writer that gets one log line per call, as the formatter of `tracing_subscriber` writes them.
pub(super) struct Escape<W> {
    writer: W,
    colours: Colours,
}

/// Whether the formatter writes terminal sequences of its own; it escapes those in values itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    On,
    Off,
}

impl<W> Escape<W> {
    pub(super) const fn new(writer: W, colours: Colours) -> Self {
        Self { writer, colours }
    }
}

impl<W: Write> Write for Escape<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.writer.write_all(escaped(text, self.colours).as_bytes())?,
            Err(_) => self.writer.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A line without control characters before its end. Each becomes `\n`, `\r` or `\u` with four hex digits, as in JSON, so
/// that a line in JSON stays valid.
fn escaped(line: &str, colours: Colours) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    let mut safe = String::with_capacity(line.len());
    for char in text.chars() {
        match char {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\u{1b}' if colours == Colours::On => safe.push(char),
            char if is_unsafe(char) => safe.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => safe.push(char),
        }
    }
    safe + end
}

/// Controls, line separators, and marks that reverse the order of what is shown.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        for (line, safe) in [
            (
                "WARN greeting=220 hello\r\nERROR forged\n",
                "WARN greeting=220 hello\\r\\nERROR forged\n",
            ),
            ("a\u{1b}[2Jb\u{9b}c\u{7f}\0\t\n", "a\\u001b[2Jb\\u009bc\\u007f\\u0000\\u0009\n"),
            ("a\u{2028}b\u{202e}c\u{85}d\n", "a\\u2028b\\u202ec\\u0085d\n"),
            ("søren สมชาย 😀\n", "søren สมชาย 😀\n"),
            ("no end\nof line", "no end\\nof line"),
        ] {
            assert_eq!(escaped(line, Colours::Off), safe);
        }
        assert_eq!(
            escaped("\u{1b}[33mWARN\u{1b}[0m a\nb\n", Colours::On),
            "\u{1b}[33mWARN\u{1b}[0m a\\nb\n"
        );
    }
}
