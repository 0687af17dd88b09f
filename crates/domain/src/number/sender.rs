//! The sender of a message.
//!
//! It checks whether a sender can be transmitted, not whether the account may use it. It corrects nothing: lenient doors
//! normalise their input first.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::{Shifts, encode_septets};

/// A sender in the form of its kind.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SenderId {
    kind: SenderKind,
    address: Box<str>,
}

/// Kind of a sender, which determines type of number and numbering plan (SMPP 3.4 §5.2.5, §5.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderKind {
    /// A name of at most 11 septets. TON 5 (alphanumeric), NPI 0 (unknown).
    Alphanumeric,
    /// An international number of 7 to 15 digits. TON 1 (international), NPI 1 (ISDN).
    International,
    /// A short code of 3 to 6 digits. TON 3 (network specific), NPI 0, as most carriers expect; a carrier's profile
    /// may override it.
    ShortCode,
}

impl SenderKind {
    /// `source_addr_ton`.
    #[must_use]
    pub const fn ton(self) -> u8 {
        match self {
            Self::Alphanumeric => 5,
            Self::International => 1,
            Self::ShortCode => 3,
        }
    }

    /// `source_addr_npi`.
    #[must_use]
    pub const fn npi(self) -> u8 {
        match self {
            Self::International => 1,
            Self::Alphanumeric | Self::ShortCode => 0,
        }
    }
}

/// Why a sender cannot be transmitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SenderError {
    /// There are only spaces.
    #[error("the sender is empty")]
    Empty,
    /// A name of more than 11 septets (TS 23.040 §9.1.2.5: ten octets); `{` and similar count two.
    #[error("an alphanumeric sender has at most 11 characters")]
    TooLong,
    /// A number of neither 3 to 6 nor 7 to 15 digits.
    #[error("a numeric sender has 3 to 15 digits")]
    Digits,
    /// A character outside the GSM 7 bit alphabet, or a control character.
    #[error("the character at position {position} cannot stand in a sender")]
    Character {
        /// Position in characters, from 0.
        position: usize,
    },
}

impl SenderId {
    /// Parses a sender. Digits, with or without `+`, are a number or a short code; anything else is a name.
    /// Surrounding spaces are dropped.
    ///
    /// # Errors
    ///
    /// [`SenderError`].
    pub fn parse(input: &str) -> Result<Self, SenderError> {
        let name = input.trim_matches(' ');
        let digits = name.strip_prefix('+').unwrap_or(name);
        if name.is_empty() {
            return Err(SenderError::Empty);
        }
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let plus = digits.len() < name.len();
            let kind = match digits.len() {
                3..=6 if !plus => SenderKind::ShortCode,
                7..=15 => SenderKind::International,
                _ => return Err(SenderError::Digits),
            };
            return Ok(Self { kind, address: digits.into() });
        }
        let mut septets = 0;
        for (position, char) in name.chars().enumerate() {
            let encoded = encode_septets(char.encode_utf8(&mut [0; 4]), Shifts::default());
            match encoded {
                Some(encoded) if !char.is_control() => septets += encoded.len(),
                _ => return Err(SenderError::Character { position }),
            }
            if septets > 11 {
                return Err(SenderError::TooLong);
            }
        }
        Ok(Self { kind: SenderKind::Alphanumeric, address: name.into() })
    }

    /// The sender's kind.
    #[must_use]
    pub const fn kind(&self) -> SenderKind {
        self.kind
    }

    /// The name, or the digits without `+`. In SMPP this is `source_addr` verbatim: a C-octet string cannot contain
    /// GSM-7's `@`, which is octet 0.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }
}

impl FromStr for SenderId {
    type Err = SenderError;

    fn from_str(input: &str) -> Result<Self, SenderError> {
        Self::parse(input)
    }
}

impl TryFrom<String> for SenderId {
    type Error = SenderError;

    fn try_from(input: String) -> Result<Self, SenderError> {
        Self::parse(&input)
    }
}

impl From<SenderId> for String {
    fn from(sender: SenderId) -> Self {
        sender.address.into_string()
    }
}

/// Shows names, which are public, but not numbers, which may be personal.
impl fmt::Debug for SenderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SenderKind::Alphanumeric | SenderKind::ShortCode => {
                write!(f, "SenderId({:?})", self.address)
            }
            SenderKind::International => write!(f, "SenderId(<{} digits>)", self.address.len()),
        }
    }
}
