//! A file of contacts (RFC 4180), read while it arrives: bytes ── text ── rows ── contacts.
//!
//! | step | decided by | refused, with the line |
//! |---|---|---|
//! | charset | `Content-Type`, or a byte order mark; otherwise UTF-8 | bytes that are no text in it |
//! | separator | the request, a line `sep=;`, or the first rows | – |
//! | heading, column of the number | the request, or the first rows ([`layout`]) | more than one column could be it |
//! | quotes | RFC 4180 | a quote without its end, a file that ends in a row |
//!
//! A refusal is about the whole file: what it says after such a fault is not known. A row that cannot be
//! used is reported, and the others count.

mod charset;
mod error;
mod layout;
mod position;
mod report;
mod rows;
#[cfg(test)]
mod tests;

use domain::account::contacts::Contact;
use domain::number::Notation;

use self::charset::Charset;
use self::layout::Layout;
use self::rows::Rows;

pub use error::FileError;
pub use report::{InvalidRow, RowFault, UploadReport};

/// Text that is collected before the layout is decided: some hundred rows.
const SAMPLE_BYTES: usize = 32 * 1_024;

/// What the request says about its file. `None`: it is detected.
#[derive(Debug, Clone, Default)]
pub struct FileFormat {
    /// A label of the WHATWG Encoding Standard, such as `windows-1252`.
    pub charset: Option<String>,
    pub separator: Option<u8>,
    /// Heading of the number's column, or its place, counted from 1.
    pub number: Option<String>,
    /// How numbers are read.
    pub notation: Notation,
}

pub(super) struct ContactFile {
    format: FileFormat,
    charset: Charset,
    /// Decoded text that is not read yet.
    text: String,
    rows: Option<Rows>,
    pub(super) report: UploadReport,
}

impl ContactFile {
    pub(super) fn new(format: FileFormat) -> Result<Self, FileError> {
        let charset = Charset::new(format.charset.as_deref())?;
        let (text, rows, report) = (String::new(), None, UploadReport::default());
        Ok(Self { format, charset, text, rows, report })
    }

    /// Reads the next bytes, split anywhere.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        contacts: &mut Vec<Contact>,
    ) -> Result<(), FileError> {
        self.charset.decode(bytes, false, &mut self.text)?;
        if self.rows.is_none() && self.text.len() < SAMPLE_BYTES {
            return Ok(());
        }
        self.read_text(false, contacts)
    }

    /// Ends the file. False when it is empty.
    pub(super) fn end(&mut self, contacts: &mut Vec<Contact>) -> Result<bool, FileError> {
        self.charset.decode(&[], true, &mut self.text)?;
        self.read_text(true, contacts)?;
        self.rows.as_mut().map_or(Ok(false), |rows| {
            rows.end(contacts, &mut self.report)?;
            Ok(rows.begun())
        })
    }

    fn read_text(&mut self, whole: bool, contacts: &mut Vec<Contact>) -> Result<(), FileError> {
        let mut text = std::mem::take(&mut self.text);
        if self.rows.is_none() {
            let layout = Layout::detect(&text, whole, &self.format)?;
            text.drain(..layout.skipped_bytes);
            self.rows = Some(Rows::new(layout, self.format.notation));
        }
        let Some(rows) = &mut self.rows else { return Ok(()) };
        rows.read(text.as_bytes(), contacts, &mut self.report)?;
        text.clear();
        self.text = text;
        Ok(())
    }
}
