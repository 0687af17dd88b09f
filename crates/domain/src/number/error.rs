//! Why an input is not a phone number that messages are sent to.

/// Characters of an input, separators included.
pub(super) const WRITTEN_MAX: usize = 40;

/// Why an input is refused. The number itself is never included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It has no digits.
    #[error("the number is empty")]
    Empty,
    /// It has a letter or another invalid character.
    #[error("the number has a character that does not belong at position {position}")]
    Character {
        /// Position in characters, from 0.
        position: usize,
    },
    /// It is longer than any notation of a number.
    #[error("the number is longer than {WRITTEN_MAX} characters")]
    TooLong,
    /// No country's numbering plan has such a number, by its calling code and its length; with [`super::Accept::Valid`]
    /// and for national formats, by its range.
    #[error("no such number exists in its country's numbering plan")]
    Invalid,
    /// Two international numbers, by different dial-out prefixes.
    #[error("the number can be read in two ways: write it with + and its calling code")]
    Ambiguous,
    /// A premium-rate or shared-cost number, which charges its caller.
    #[error("premium-rate and shared-cost numbers are not sent to")]
    Charged,
}
