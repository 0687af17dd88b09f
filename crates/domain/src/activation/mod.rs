//! A number that is lent: for one code (an activation), or for a time (a rental). Which states there
//! are and which changes are legal. Nothing creates one yet.

pub mod rental;
pub mod state;

use std::fmt;
use std::str::FromStr;

/// Whose code is awaited, as clients and suppliers write it: `tg`, `wa`, `ot` for any other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceCode(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a service code: two to eight lower-case letters and digits")]
pub struct BadServiceCode;

impl ServiceCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServiceCode {
    type Err = BadServiceCode;

    fn from_str(text: &str) -> Result<Self, BadServiceCode> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if (2..=8).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadServiceCode)
        }
    }
}

/// A country in the numbering that clients and suppliers of activations share; not its calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode(pub u16);

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_codes_are_short_words() {
        for good in ["tg", "acz", "ot", "0x"] {
            assert_eq!(good.parse::<ServiceCode>().unwrap().as_str(), good);
        }
        for bad in ["", "t", "TG", "tele gram", "abcdefghi", "tg;"] {
            assert_eq!(bad.parse::<ServiceCode>(), Err(BadServiceCode), "{bad:?}");
        }
    }
}
