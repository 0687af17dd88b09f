//! The names that activations use: services, countries, suppliers, and the code that came.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Whose code is awaited, as clients and suppliers write it: `tg`, `wa`, `ot` for any other, `full` for a
/// rental of the whole number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceCode(Arc<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a service code: two to eight lower-case letters and digits")]
pub struct BadServiceCode;

/// The service of a rental that gets every message to its number.
const FULL: &str = "full";

impl ServiceCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All services of a number.
    pub fn full() -> Self {
        Self(FULL.into())
    }

    pub fn is_full(&self) -> bool {
        self.as_str() == FULL
    }
}

impl FromStr for ServiceCode {
    type Err = BadServiceCode;

    fn from_str(text: &str) -> Result<Self, BadServiceCode> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if (2..=8).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(BadServiceCode)
        }
    }
}

impl TryFrom<String> for ServiceCode {
    type Error = BadServiceCode;

    fn try_from(text: String) -> Result<Self, BadServiceCode> {
        text.parse()
    }
}

impl From<ServiceCode> for String {
    fn from(code: ServiceCode) -> Self {
        code.as_str().to_owned()
    }
}

/// A country in the numbering that clients and suppliers of activations share; not its calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountryCode(pub u16);

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The configured name of a supplier, unique in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SupplierName(Arc<str>);

impl SupplierName {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SupplierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The code of a message: what the buyer types. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(Arc<str>);

impl Code {
    pub fn new(code: impl Into<Arc<str>>) -> Self {
        Self(code.into())
    }

    /// For its buyer; not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
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

    #[test]
    fn codes_are_not_logged() {
        assert!(!format!("{:?}", Code::new("48010")).contains("48010"));
    }
}
