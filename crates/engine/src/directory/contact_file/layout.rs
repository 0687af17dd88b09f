//! The layout of a file: its separator, whether its first row is a heading, and the column of the number.
//!
//! | the request or the file says | separator |
//! |---|---|
//! | `separator=…` in the request | that one |
//! | a first line `sep=;`, as spreadsheets write it | that one |
//! | nothing | the one of `,` `;` tab `\|` by which most rows have a number, then by which most rows have as many values as the first |
//!
//! | the first row | is a heading |
//! |---|---|
//! | has the heading that the request named, or one that means a phone number | yes |
//! | has a number | no |
//! | begins with a value that has letters | yes |
//!
//! | column of the number | |
//! |---|---|
//! | named in the request | that one |
//! | the only heading that means a phone number | that one |
//! | without such a heading: the only column of numbers | that one |
//! | the first of several, in a file without a heading | that one |
//! | otherwise | refused: a wrong guess sends to strangers |

use domain::number::{self, Notation};

use super::rows::RowReader;
use super::{FileError, FileFormat};

/// Ties go to the first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows that decide.
const ROWS_MAX: usize = 100;

/// Headings of a phone number: lower case, without spaces and punctuation.
const NUMBER_HEADINGS: [&str; 40] = [
    "phone",
    "phonenumber",
    "phoneno",
    "mobile",
    "mobilenumber",
    "mobileno",
    "mobilephone",
    "cell",
    "cellphone",
    "cellnumber",
    "msisdn",
    "number",
    "recipient",
    "tel",
    "telno",
    "telephone",
    "telephonenumber",
    "gsm",
    "phone1value",
    "primaryphone",
    "whatsapp",
    "telefon",
    "telefonnummer",
    "telefonnr",
    "mobil",
    "mobilnummer",
    "mobilnr",
    "mobiltelefon",
    "nummer",
    "handy",
    "handynummer",
    "rufnummer",
    "telefono",
    "teléfono",
    "telefone",
    "celular",
    "téléphone",
    "เบอร์โทร",
    "เบอร์โทรศัพท์",
    "เบอร์มือถือ",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) separator: u8,
    pub(super) has_headings: bool,
    /// From 0.
    pub(super) number_at: usize,
    /// A line `sep=` at the beginning.
    pub(super) skipped_bytes: usize,
    /// Of the first row, from 1.
    pub(super) first_line: u64,
}

impl Layout {
    /// `sample` is the beginning of the text; `whole`: all of it.
    pub(super) fn detect(
        sample: &str,
        whole: bool,
        format: &FileFormat,
    ) -> Result<Self, FileError> {
        let (skipped_bytes, written) = separator_line(sample)?;
        let sample = sample.get(skipped_bytes..).unwrap_or_default();
        let notation = format.notation;
        let candidates = match format.separator.or(written) {
            Some(separator) if can_separate(separator) => vec![separator],
            Some(_) => return Err(FileError::BadSeparator),
            None => SEPARATORS.to_vec(),
        };
        let mut best: Option<(Score, u8, Vec<Vec<String>>)> = None;
        for separator in candidates {
            let rows = rows(sample, whole, separator);
            let score = score(&rows, notation);
            if best.as_ref().is_none_or(|(best, ..)| score > *best) {
                best = Some((score, separator, rows));
            }
        }
        let (_, separator, rows) = best.unwrap_or_default();
        let has_headings = has_headings(&rows, format);
        let number_at = number_column(&rows, has_headings, format)?;
        let first_line = if skipped_bytes > 0 { 2 } else { 1 };
        Ok(Self { separator, has_headings, number_at, skipped_bytes, first_line })
    }
}

fn can_separate(separator: u8) -> bool {
    separator == b'\t'
        || separator == b' '
        || (separator.is_ascii_punctuation() && separator != b'"')
}

/// The length of a first line `sep=;`, with its end, and the separator.
fn separator_line(text: &str) -> Result<(usize, Option<u8>), FileError> {
    let bare = text.strip_prefix('"').unwrap_or(text);
    let is_one = bare.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("sep="));
    if !is_one {
        return Ok((0, None));
    }
    let line_end = text.find(['\r', '\n']).unwrap_or(text.len());
    let rest = text.get(line_end..).unwrap_or_default();
    let ends = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    let line = text.get(..line_end).unwrap_or_default().trim_matches('"');
    match line.as_bytes().get(4..) {
        Some([separator]) => Ok((line_end + ends, Some(*separator))),
        _ => Err(FileError::BadSeparator),
    }
}

/// Rows with a number, rows with as many values as the first, values of the first.
type Score = (usize, usize, usize);

fn score(rows: &[Vec<String>], notation: Notation) -> Score {
    let columns = rows.first().map_or(0, Vec::len);
    if columns < 2 {
        let numbers = rows.iter().filter(|row| row.iter().any(|value| is_number(value, notation)));
        return (numbers.count(), 0, 0);
    }
    let numbers = rows.iter().filter(|row| row.iter().any(|value| is_number(value, notation)));
    let even = rows.iter().filter(|row| row.len() == columns);
    (numbers.count(), even.count(), columns)
}

/// The first rows. The last one of a beginning may be cut, and is left out.
fn rows(sample: &str, whole: bool, separator: u8) -> Vec<Vec<String>> {
    let mut reader = RowReader::new(separator);
    let (mut rows, mut bytes) = (Vec::new(), sample.as_bytes());
    while rows.len() < ROWS_MAX {
        if bytes.is_empty() && !whole {
            break;
        }
        let ended = bytes.is_empty();
        let (read, row) = reader.read(bytes);
        bytes = bytes.get(read..).unwrap_or_default();
        rows.extend(row.flatten());
        if ended {
            break;
        }
    }
    rows
}

fn is_number(value: &str, notation: Notation) -> bool {
    number::parse(value, notation).is_ok()
}

fn has_headings(rows: &[Vec<String>], format: &FileFormat) -> bool {
    let Some(first) = rows.first() else { return false };
    let is_named = |value: &String| {
        let named = format.number.as_ref();
        means_number(value) || named.is_some_and(|named| same_heading(value, named))
    };
    if first.iter().any(is_named) {
        return true;
    }
    let has_number = first.iter().any(|value| is_number(value, format.notation));
    !has_number && first.first().is_some_and(|value| value.chars().any(char::is_alphabetic))
}

fn means_number(heading: &str) -> bool {
    let folded: String = heading.chars().filter(|char| is_letter(*char)).collect();
    NUMBER_HEADINGS.contains(&folded.to_lowercase().as_str())
}

/// Thai vowel signs are no letters by Unicode's table, and belong to the word.
fn is_letter(char: char) -> bool {
    char.is_alphanumeric() || ('\u{0E31}'..='\u{0E4E}').contains(&char)
}

fn same_heading(heading: &str, named: &str) -> bool {
    heading.trim().to_lowercase() == named.trim().to_lowercase()
}

fn number_column(
    rows: &[Vec<String>],
    has_headings: bool,
    format: &FileFormat,
) -> Result<usize, FileError> {
    let Some(first) = rows.first() else { return Ok(0) };
    if let Some(named) = &format.number {
        let by_heading = first.iter().position(|heading| same_heading(heading, named));
        let place = || named.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < first.len());
        let found = by_heading.filter(|_| has_headings).or_else(place);
        return found.ok_or(FileError::NoSuchColumn);
    }
    let data = rows.get(usize::from(has_headings)..).unwrap_or_default();
    let holds_numbers = |at: &usize| {
        let values = || data.iter().filter_map(|row| row.get(*at)).filter(|it| !it.is_empty());
        let numbers = values().filter(|value| is_number(value, format.notation)).count();
        numbers * 2 > values().count()
    };
    let of_numbers: Vec<_> = (0..first.len()).filter(holds_numbers).collect();
    let meant: Vec<_> = if has_headings {
        first
            .iter()
            .enumerate()
            .filter(|(_, heading)| means_number(heading))
            .map(|(at, _)| at)
            .collect()
    } else {
        Vec::new()
    };
    let both: Vec<_> = meant.iter().copied().filter(|at| of_numbers.contains(at)).collect();
    let candidates = match (&*both, &*meant) {
        ([], []) => &of_numbers,
        // A column that says so counts, even where none of the first rows has a number.
        ([], _) => &meant,
        _ => &both,
    };
    match **candidates {
        [] => Ok(0),
        [only] => Ok(only),
        [0, ..] if !has_headings => Ok(0),
        [first, second, ..] => {
            Err(FileError::UnclearColumn { first: first + 1, second: second + 1 })
        }
    }
}
