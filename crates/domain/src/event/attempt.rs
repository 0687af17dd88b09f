//! One attempt to deliver an event, as the log of attempts keeps it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::state::{UnknownWord, stored_as};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    pub took: Duration,
    pub result: AttemptResult,
}

/// Stored as the status in digits, or as the error's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// The HTTP status of the response.
    Status(u16),
    /// There was no response.
    Error(AttemptError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptError {
    /// No connection, or it broke before the response was complete.
    Unreachable,
    TimedOut,
    /// The address is not allowed, e.g. a private one.
    Forbidden,
    /// The stored URL or secret is unusable.
    Invalid,
    /// No request was made: the receiver has answered none for days.
    ReceiverSilent,
}

stored_as!(AttemptError {
    Unreachable = "unreachable",
    TimedOut = "timed_out",
    Forbidden = "forbidden",
    Invalid = "invalid",
    ReceiverSilent = "receiver_silent",
});

impl AttemptResult {
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status),
            Self::Error(_) => None,
        }
    }

    pub const fn error(self) -> Option<AttemptError> {
        match self {
            Self::Status(_) => None,
            Self::Error(error) => Some(error),
        }
    }
}

impl fmt::Display for AttemptResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Error(error) => f.write_str(error.as_str()),
        }
    }
}

impl FromStr for AttemptResult {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        word.parse().map(Self::Status).or_else(|_| word.parse().map(Self::Error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_they_are_written() {
        let errors = AttemptError::ALL.iter().map(|error| AttemptResult::Error(*error));
        for result in errors.chain([200, 503].map(AttemptResult::Status)) {
            assert_eq!(result.to_string().parse(), Ok(result));
        }
        assert!("often".parse::<AttemptResult>().is_err());
    }
}
