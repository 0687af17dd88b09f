//! Streams an uploaded contact file (comma-separated, RFC 4180) into batches of the store.
//!
//! The first column is the number. If the first line has none, it is a header: the column `name` is
//! the name, and every other column becomes a field named by its heading. Without a header the
//! second column is the name, and other columns are ignored. Invalid lines are counted, and the
//! first of them reported. A repeated number counts once, with its last name and fields.

use std::collections::BTreeMap;
use std::mem;

use csv_core::{ReadRecordResult, Reader};
use domain::account::contacts::{Contact, ContactGroup, Upload, UploadMode};
use domain::account::operator::Actor;
use domain::id::{AccountId, GroupId};
use domain::limits::CONTACTS_BATCH_MAX;
use domain::number::{self, Home};
use domain::ports::PortError;

use super::Directory;

/// Longer than any contact's line: 18 columns of 200 characters of up to four octets.
const LINE_BYTES_MAX: usize = 16 * 1_024;
const COLUMNS_MAX: usize = Contact::FIELDS_MAX + 2;
/// Maximum number of invalid lines to report.
const LINES_REPORTED_MAX: usize = 20;

/// Result of an upload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadReport {
    /// Without the header and empty lines.
    pub lines: u64,
    /// Numbers that were new to the list.
    pub added: u64,
    /// Numbers that were in the list, or earlier in the file.
    pub repeated: u64,
    pub invalid: u64,
    /// The first invalid lines, counted from 1.
    pub first_invalid: Vec<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("there is no such group")]
    NoSuchGroup,
    /// Not a contact file: the group is not replaced by an empty one.
    #[error("no line of the file begins with a phone number; a group is emptied by an empty file")]
    NoNumber,
    #[error("the group would have too many contacts, or is no longer there")]
    Refused(#[source] PortError),
    #[error("it could not be done right now; try again")]
    Store(#[source] PortError),
}

impl From<PortError> for UploadError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Refused(_) | PortError::Conflict(_) => Self::Refused(error),
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}

/// An upload in progress. A dropped or abandoned one does not change a group that it would replace.
pub struct ContactUpload<'a> {
    directory: &'a Directory,
    upload: Upload,
    lines: Lines,
    report: UploadReport,
    batch: Vec<Contact>,
}

impl std::fmt::Debug for ContactUpload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContactUpload({:?})", self.report)
    }
}

impl Directory {
    pub async fn upload_contacts(
        &self,
        account: AccountId,
        group: GroupId,
        mode: UploadMode,
        home: Option<Home>,
    ) -> Result<ContactUpload<'_>, UploadError> {
        let upload = self.store.begin_upload(account, group, mode, self.clock.now()).await?;
        Ok(ContactUpload {
            directory: self,
            upload: upload.ok_or(UploadError::NoSuchGroup)?,
            lines: Lines::new(home),
            report: UploadReport::default(),
            batch: Vec::with_capacity(CONTACTS_BATCH_MAX),
        })
    }
}

impl ContactUpload<'_> {
    /// Takes the next bytes, split anywhere.
    pub async fn take(&mut self, mut bytes: &[u8]) -> Result<(), UploadError> {
        while !bytes.is_empty() {
            bytes = self.lines.read(bytes, &mut self.batch, &mut self.report);
            if self.batch.len() >= CONTACTS_BATCH_MAX {
                self.store_batch().await?;
            }
        }
        Ok(())
    }

    async fn store_batch(&mut self) -> Result<(), UploadError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let full = Vec::with_capacity(CONTACTS_BATCH_MAX);
        let batch = mem::replace(&mut self.batch, full);
        let count = batch.len() as u64;
        let added = u64::from(self.directory.store.add_contacts(self.upload, batch).await?);
        self.report.added += added;
        self.report.repeated += count.saturating_sub(added);
        Ok(())
    }

    /// Ends the file: the group now shows its contacts.
    pub async fn finish(mut self, by: Actor) -> Result<(ContactGroup, UploadReport), UploadError> {
        self.lines.read(&[], &mut self.batch, &mut self.report);
        if self.lines.begun && self.report.lines == self.report.invalid {
            self.give_up().await?;
            return Err(UploadError::NoNumber);
        }
        self.store_batch().await?;
        let group =
            self.directory.store.finish_upload(self.upload, by, self.directory.clock.now()).await?;
        Ok((group, self.report))
    }

    /// Abandons an upload that broke off.
    pub async fn give_up(self) -> Result<(), PortError> {
        self.directory.store.abandon_upload(self.upload).await
    }
}

/// Splits bytes into lines, across pieces.
struct Lines {
    home: Option<Home>,
    reader: Reader,
    bytes: Vec<u8>,
    used: usize,
    ends: [usize; COLUMNS_MAX],
    columns: usize,
    /// The line is too long; the rest of it is skipped.
    too_long: bool,
    headings: Option<Vec<String>>,
    line: u64,
    begun: bool,
}

impl Lines {
    fn new(home: Option<Home>) -> Self {
        Self {
            home,
            reader: Reader::new(),
            bytes: vec![0; LINE_BYTES_MAX],
            used: 0,
            ends: [0; COLUMNS_MAX],
            columns: 0,
            too_long: false,
            headings: None,
            line: 0,
            begun: false,
        }
    }

    /// Reads up to the end of a line or of the bytes, and returns the rest. No bytes mean the end
    /// of the file.
    fn read<'b>(
        &mut self,
        bytes: &'b [u8],
        batch: &mut Vec<Contact>,
        report: &mut UploadReport,
    ) -> &'b [u8] {
        let (output, ends) = (&mut self.bytes[self.used..], &mut self.ends[self.columns..]);
        let (result, read, written, ended) = self.reader.read_record(bytes, output, ends);
        (self.used, self.columns) = (self.used + written, self.columns + ended);
        match result {
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                (self.used, self.columns, self.too_long) = (0, 0, true);
            }
            ReadRecordResult::Record => self.take_line(batch, report),
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
        }
        bytes.get(read..).unwrap_or_default()
    }

    fn take_line(&mut self, batch: &mut Vec<Contact>, report: &mut UploadReport) {
        self.line += 1;
        let first = !mem::replace(&mut self.begun, true);
        let columns = self.columns();
        let too_long = mem::take(&mut self.too_long);
        (self.used, self.columns) = (0, 0);
        if first && !too_long && is_headings(&columns) {
            self.headings = Some(columns);
            return;
        }
        report.lines += 1;
        match self.contact(columns).filter(|_| !too_long) {
            Some(contact) => batch.push(contact),
            None => {
                report.invalid += 1;
                if report.first_invalid.len() < LINES_REPORTED_MAX {
                    report.first_invalid.push(self.line);
                }
            }
        }
    }

    fn columns(&self) -> Vec<String> {
        let ends = self.ends.get(..self.columns).unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let text = |(start, end): (usize, &usize)| {
            let bytes = self.bytes.get(start..*end).unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            text.trim_start_matches('\u{feff}').trim().to_owned()
        };
        starts.zip(ends).map(text).collect()
    }

    fn contact(&self, columns: Vec<String>) -> Option<Contact> {
        let mut columns = columns.into_iter().enumerate();
        let (_, written) = columns.next()?;
        let number = number::parse(&written, self.home).ok()?;
        let (mut name, mut fields) = (None, BTreeMap::new());
        for (at, value) in columns.filter(|(_, value)| !value.is_empty()) {
            match &self.headings {
                None if at == 1 => name = Some(value),
                None => {}
                Some(headings) => match headings.get(at) {
                    Some(heading) if heading.eq_ignore_ascii_case("name") => name = Some(value),
                    Some(heading) if !heading.is_empty() => {
                        fields.insert(heading.clone(), value);
                    }
                    _ => {}
                },
            }
        }
        let fit = |value: &String, max| value.chars().count() <= max && !value.contains('\0');
        let fits = name.as_ref().is_none_or(|name| fit(name, Contact::NAME_CHARS_MAX))
            && fields.values().chain(fields.keys()).all(|v| fit(v, Contact::FIELD_CHARS_MAX));
        fits.then_some(Contact { number, name, fields })
    }
}

/// Numbers have no letters, and a header has at least one.
fn is_headings(columns: &[String]) -> bool {
    columns.first().is_some_and(|first| first.chars().any(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the file in pieces of this size.
    fn read(file: &[u8], piece: usize) -> (Vec<Contact>, UploadReport) {
        let mut lines = Lines::new(Home::from_iso("DK"));
        let (mut batch, mut report) = (Vec::new(), UploadReport::default());
        for mut bytes in file.chunks(piece) {
            while !bytes.is_empty() {
                bytes = lines.read(bytes, &mut batch, &mut report);
            }
        }
        lines.read(&[], &mut batch, &mut report);
        (batch, report)
    }

    #[test]
    fn reads_the_same_however_it_is_cut() {
        let file = "\u{feff}phone,Name,city\r\n20123456,\"Ida \"\"Q\"\", jr.\",Odense\n\
                    +4520123457\nnobody,Bo,\n\n+45 20 12 34 58,,Århus";
        let whole = read(file.as_bytes(), file.len());
        for piece in [1, 2, 3, 7] {
            assert_eq!(read(file.as_bytes(), piece), whole, "{piece}");
        }
        let (contacts, report) = whole;
        let stored: Vec<_> = contacts
            .iter()
            .map(|c| {
                (c.number.digits(), c.name.as_deref(), c.fields.get("city").map(String::as_str))
            })
            .collect();
        let expected = [
            (4_520_123_456, Some("Ida \"Q\", jr."), Some("Odense")),
            (4_520_123_457, None, None),
            (4_520_123_458, None, Some("Århus")),
        ];
        assert_eq!(stored, expected);
        assert_eq!((report.lines, report.invalid, &report.first_invalid[..]), (4, 1, &[4][..]));
    }

    #[test]
    fn without_headings_the_second_column_is_the_name() {
        let (contacts, report) = read(b"20123456,Ida,Odense\n20123457", 9);
        assert_eq!((contacts.len(), report.lines, report.invalid), (2, 2, 0));
        assert_eq!(contacts[0].name.as_deref(), Some("Ida"));
        assert!(contacts[0].fields.is_empty());
    }

    #[test]
    fn what_is_too_much_is_a_line_that_cannot_be_used() {
        let long = "x".repeat(LINE_BYTES_MAX + 5);
        let many = vec!["a"; COLUMNS_MAX + 1].join(",");
        let name = "n".repeat(Contact::NAME_CHARS_MAX + 1);
        let file = format!("20123456\n20123457,{long}\n{many}\n20123458,{name}\n20123459");
        let (contacts, report) = read(file.as_bytes(), 1_000);
        assert_eq!(contacts.len(), 2);
        assert_eq!((report.invalid, &report.first_invalid[..]), (3, &[2, 3, 4][..]));
    }
}
