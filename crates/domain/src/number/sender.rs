//! Who a message says it is from.
//!
//! Says whether a sender can be put on the wire, not whether an account may use it (approval is the
//! account's matter), and corrects nothing: doors that must be lenient tidy before.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::{Shifts, encode_septets};

/// A sender with the form its kind asks for.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SenderId {
    kind: SenderKind,
    address: Box<str>,
}

/// What a sender is, and with it the type of number and numbering plan of SMPP 3.4 §5.2.5, §5.2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderKind {
    /// A name of at most 11 septets. TON 5 (alphanumeric), NPI 0 (unknown).
    Alphanumeric,
    /// An international number of 7 to 15 digits. TON 1 (international), NPI 1 (ISDN).
    International,
    /// A short code of 3 to 6 digits. TON 3 (network specific), NPI 0: what most carriers ask for;
    /// a carrier's profile may say otherwise.
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

/// Why a sender cannot be put on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SenderError {
    /// There is nothing but spaces.
    #[error("the sender is empty")]
    Empty,
    /// A name of more than 11 septets (TS 23.040 §9.1.2.5: ten octets), `{` and its like counting
    /// two.
    #[error("an alphanumeric sender has at most 11 characters")]
    TooLong,
    /// A number of neither 3 to 6 nor 7 to 15 digits.
    #[error("a numeric sender has 3 to 15 digits")]
    Digits,
    /// A character outside the GSM 7 bit alphabet, or a control character.
    #[error("the character at position {position} cannot stand in a sender")]
    Character {
        /// Characters before it.
        position: usize,
    },
}

impl SenderId {
    /// Reads a sender. Digits (a `+` before them is dropped) are a number or a short code, all
    /// else is a name; spaces around it are dropped.
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

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> SenderKind {
        self.kind
    }

    /// The name, or the digits without `+`. On SMPP this goes into `source_addr` as it is: a
    /// C-octet string cannot hold GSM-7's `@`, which is octet 0.
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

/// A name is public and shown; a number may be a person's and is not.
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
