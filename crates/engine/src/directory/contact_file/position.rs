//! Follows lines and quotes beside the CSV reader, which knows neither where a quote opened nor that it
//! is still open at the end. The states are those of the reader:
//!
//! | state \ byte | quote | separator | line end | other |
//! |---|---|---|---|---|
//! | row start | quoted | value start | = | plain |
//! | value start | quoted | = | row start | plain |
//! | plain | = | value start | row start | = |
//! | quoted | quote in quoted | = | = | = |
//! | quote in quoted | quoted | value start | row start | after quote if a space, else refused |
//! | after quote | refused | value start | row start | = if a space, else refused |
//!
//! The reader accepts text after a closing quote. It is refused here, because nearly always the quote
//! that seems to close is the opening one of another value, lines below the one that was left open.

use super::FileError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    RowStart,
    ValueStart,
    Plain,
    Quoted,
    QuoteInQuoted,
    AfterQuote,
}

#[derive(Debug, Clone)]
pub(super) struct Position {
    separator: u8,
    place: Place,
    /// Of the next byte, from 1.
    line: u64,
    after_cr: bool,
    /// Where the last row began.
    pub(super) row_line: u64,
    quote_line: u64,
    /// Bytes since the quote opened.
    quoted_bytes: usize,
    /// A quoted value of several lines is not longer.
    quoted_bytes_max: usize,
}

impl Position {
    pub(super) const fn new(separator: u8, line: u64, quoted_bytes_max: usize) -> Self {
        Self {
            separator,
            place: Place::RowStart,
            line,
            after_cr: false,
            row_line: line,
            quote_line: line,
            quoted_bytes: 0,
            quoted_bytes_max,
        }
    }

    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    fn step(&mut self, byte: u8) -> Result<(), FileError> {
        let ends_line = ends_line(byte, &mut self.after_cr);
        let is_line_end = matches!(byte, b'\r' | b'\n');
        if self.place == Place::RowStart && !is_line_end {
            self.row_line = self.line;
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::QuoteInQuoted,
            (Place::Quoted, _) => self.quoted()?,
            (Place::RowStart | Place::ValueStart, b'"') => {
                (self.quote_line, self.quoted_bytes) = (self.line, 0);
                Place::Quoted
            }
            (Place::QuoteInQuoted, b'"') => Place::Quoted,
            (_, b'\r' | b'\n') => Place::RowStart,
            (_, byte) if byte == self.separator => Place::ValueStart,
            (Place::QuoteInQuoted | Place::AfterQuote, b' ' | b'\t') => Place::AfterQuote,
            (Place::QuoteInQuoted | Place::AfterQuote, _) => {
                return Err(FileError::TextAfterQuote { line: self.quote_line });
            }
            (Place::RowStart | Place::ValueStart | Place::Plain, _) => Place::Plain,
        };
        self.line += u64::from(ends_line);
        Ok(())
    }

    /// No contact has a value this long over several lines: its end was forgotten.
    fn quoted(&mut self) -> Result<Place, FileError> {
        self.quoted_bytes += 1;
        if self.quoted_bytes > self.quoted_bytes_max && self.line > self.quote_line {
            return Err(FileError::OpenQuote { line: self.quote_line });
        }
        Ok(Place::Quoted)
    }

    pub(super) const fn is_in_row(&self) -> bool {
        !matches!(self.place, Place::RowStart)
    }

    pub(super) const fn end(&self) -> Result<(), FileError> {
        match self.place {
            Place::Quoted => Err(FileError::OpenQuote { line: self.quote_line }),
            _ => Ok(()),
        }
    }
}

/// CR, LF and CR LF are one line end each.
const fn ends_line(byte: u8, after_cr: &mut bool) -> bool {
    let was_after_cr = *after_cr;
    *after_cr = byte == b'\r';
    byte == b'\r' || (byte == b'\n' && !was_after_cr)
}

pub(super) fn count_line_ends(bytes: &[u8], after_cr: &mut bool) -> u64 {
    bytes.iter().map(|byte| u64::from(ends_line(*byte, after_cr))).sum()
}
