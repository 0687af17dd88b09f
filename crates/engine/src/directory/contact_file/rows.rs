//! From text to rows, and from a row to a contact.

use std::collections::BTreeMap;
use std::mem;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use domain::account::contacts::Contact;
use domain::account::people::field_of_heading;
use domain::number::{self, Notation};

use super::layout::Layout;
use super::position::Position;
use super::{FileError, RowFault, UploadReport};

/// Longer than any contact's row: 18 columns of 200 characters of up to four octets.
pub(super) const ROW_BYTES_MAX: usize = 16 * 1_024;

pub(super) const COLUMNS_MAX: usize = Contact::FIELDS_MAX + 2;

pub(super) struct Rows {
    reader: RowReader,
    layout: Layout,
    notation: Notation,
    position: Position,
    headings: Option<Vec<String>>,
    /// Values of the row before, or of the heading.
    columns: usize,
    begun: bool,
}

/// A CSV reader and its buffers.
pub(super) struct RowReader {
    reader: Reader,
    bytes: Vec<u8>,
    used: usize,
    ends: [usize; COLUMNS_MAX],
    columns: usize,
    /// The row is too long; the rest of it is skipped.
    too_long: bool,
}

/// A row's values without white space around them; `None`: it is too long.
type Row = Option<Vec<String>>;

impl RowReader {
    pub(super) fn new(separator: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(separator).build(),
            bytes: vec![0; ROW_BYTES_MAX],
            used: 0,
            ends: [0; COLUMNS_MAX],
            columns: 0,
            too_long: false,
        }
    }

    /// Reads up to the end of a row or of the bytes; returns how many bytes it read, and the row. No
    /// bytes mean the end of the file.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Option<Row>) {
        let (output, ends) = (&mut self.bytes[self.used..], &mut self.ends[self.columns..]);
        let (result, read, written, ended) = self.reader.read_record(bytes, output, ends);
        (self.used, self.columns) = (self.used + written, self.columns + ended);
        match result {
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                (self.used, self.columns, self.too_long) = (0, 0, true);
                (read, None)
            }
            ReadRecordResult::Record => {
                let row = (!mem::take(&mut self.too_long)).then(|| self.values());
                (self.used, self.columns) = (0, 0);
                (read, Some(row))
            }
            ReadRecordResult::InputEmpty | ReadRecordResult::End => (read, None),
        }
    }

    fn values(&self) -> Vec<String> {
        let ends = self.ends.get(..self.columns).unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let text = |(start, end): (usize, &usize)| {
            let bytes = self.bytes.get(start..*end).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim().to_owned()
        };
        starts.zip(ends).map(text).collect()
    }
}

impl Rows {
    pub(super) fn new(layout: Layout, notation: Notation) -> Self {
        Self {
            reader: RowReader::new(layout.separator),
            position: Position::new(layout.separator, layout.first_line, ROW_BYTES_MAX),
            layout,
            notation,
            headings: None,
            columns: 0,
            begun: false,
        }
    }

    pub(super) const fn begun(&self) -> bool {
        self.begun
    }

    pub(super) fn read(
        &mut self,
        mut bytes: &[u8],
        contacts: &mut Vec<Contact>,
        report: &mut UploadReport,
    ) -> Result<(), FileError> {
        while !bytes.is_empty() {
            let (read, row) = self.reader.read(bytes);
            self.position.pass(bytes.get(..read).unwrap_or_default())?;
            if let Some(row) = row {
                self.take(row, contacts, report);
            }
            bytes = bytes.get(read..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes the last row of a file that does not end with a line end. One with fewer values than the row
    /// before it was cut: what is left of its number may be the number of somebody else.
    pub(super) fn end(
        &mut self,
        contacts: &mut Vec<Contact>,
        report: &mut UploadReport,
    ) -> Result<(), FileError> {
        self.position.end()?;
        let is_in_row = self.position.is_in_row();
        let (_, Some(row)) = self.reader.read(&[]) else { return Ok(()) };
        let (line, expected) = (self.position.row_line, self.columns);
        let columns = row.as_ref().map_or(expected, Vec::len);
        if is_in_row && columns < expected {
            return Err(FileError::Cut { line, columns, expected });
        }
        self.take(row, contacts, report);
        Ok(())
    }

    fn take(&mut self, row: Row, contacts: &mut Vec<Contact>, report: &mut UploadReport) {
        let is_first = !mem::replace(&mut self.begun, true);
        let line = self.position.row_line;
        let Some(values) = row else {
            let fault = RowFault::TooLong { columns_max: COLUMNS_MAX, bytes_max: ROW_BYTES_MAX };
            report.rows += 1;
            report.add_invalid(line, "", fault);
            return;
        };
        self.columns = values.len();
        if is_first && self.layout.has_headings {
            self.headings = Some(values);
            return;
        }
        // Spreadsheets write the separators of empty rows.
        if values.iter().all(String::is_empty) {
            return;
        }
        report.rows += 1;
        match self.contact(&values) {
            Ok(contact) => contacts.push(contact),
            Err((value, fault)) => report.add_invalid(line, value, fault),
        }
    }

    /// The error has the value that is at fault.
    fn contact<'a>(&self, values: &'a [String]) -> Result<Contact, (&'a str, RowFault)> {
        let written = values.get(self.layout.number_at).map_or("", String::as_str);
        let number = number::parse(written, self.notation);
        let number = number.map_err(|error| (written, RowFault::Number(error)))?;
        let (mut name, mut fields) = (None, BTreeMap::new());
        let others = values.iter().enumerate().filter(|(at, _)| *at != self.layout.number_at);
        for (place, (at, value)) in others.enumerate().filter(|(_, (_, value))| !value.is_empty()) {
            let heading = match &self.headings {
                // Without a heading the first other column is the name, and the rest is left out.
                None if place == 0 => "name",
                None => continue,
                Some(headings) => headings.get(at).map_or("", String::as_str),
            };
            let is_name =
                ["name", "fullname"].iter().any(|name| heading.eq_ignore_ascii_case(name));
            if is_name {
                check(value, Contact::NAME_CHARS_MAX, RowFault::NameTooLong)?;
                name = Some(value.clone());
            } else if !heading.is_empty() {
                check(value, Contact::FIELD_CHARS_MAX, RowFault::ValueTooLong)?;
                if !fits(heading, Contact::FIELD_CHARS_MAX) {
                    return Err((value, RowFault::ValueTooLong));
                }
                let field = field_of_heading(heading).unwrap_or(heading);
                fields.insert(field.to_owned(), value.clone());
            }
        }
        Ok(Contact { number, name, fields })
    }
}

fn fits(value: &str, chars_max: usize) -> bool {
    value.chars().count() <= chars_max
}

fn check(value: &str, chars_max: usize, fault: RowFault) -> Result<(), (&str, RowFault)> {
    if fits(value, chars_max) { Ok(()) } else { Err((value, fault)) }
}
