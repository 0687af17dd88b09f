//! Why a file is refused as a whole. No text quotes a value of the file.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("the charset of the file is not known; `windows-1252` is an example of one that is")]
    UnknownCharset,
    #[error(
        "line {line} of the file is not text in {charset}; name the file's charset in the content \
         type, as in `text/csv; charset=windows-1252`"
    )]
    NotText { line: u64, charset: &'static str },
    #[error("the quote that opens in line {line} of the file is never closed")]
    OpenQuote { line: u64 },
    #[error("the quote that opens in line {line} of the file is closed in the middle of a value")]
    TextAfterQuote { line: u64 },
    #[error(
        "the file ends in the middle of line {line}: it has {columns} of {expected} values and no \
         line end"
    )]
    Cut { line: u64, columns: usize, expected: usize },
    #[error("the separator must be one ASCII character that is no letter, digit or quote")]
    BadSeparator,
    #[error("the first row of the file has neither the heading nor the place that `number` names")]
    NoSuchColumn,
    #[error(
        "the number may be in column {first} or in column {second}; name one in the query, as in \
         `?number={first}`"
    )]
    UnclearColumn { first: usize, second: usize },
}
