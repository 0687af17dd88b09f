//! E-mail addresses, as far as an address can be judged without asking its server.
//!
//! Narrower than RFC 5321 §4.1.2 on purpose: no quoted local parts, no address literals, no
//! comments, and nothing that could end a header or an SMTP command. An address is never shown by
//! accident: there is no `Display`, and `Debug` tells the length only.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An address with one `@`, its domain in lower case. Domains and local parts may be UTF-8
/// (RFC 6531); domains in punycode stay as they are.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Box<str>);

/// Why something is not an address that can be written to. The address itself is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// There is not exactly one `@`.
    #[error("an e-mail address has one @")]
    At,
    /// What stands before the `@` is empty, longer than 64 octets (RFC 5321 §4.5.3.1.1), or has a
    /// dot where none may be or a character that needs quotes.
    #[error("the part before the @ is not valid")]
    Local,
    /// What stands behind the `@` is longer than 255 octets (§4.5.3.1.2), has a single label, or a
    /// label that is no host name's.
    #[error("the domain is not valid")]
    Domain,
}

impl EmailAddress {
    /// Reads an address; spaces around it are dropped.
    ///
    /// # Errors
    ///
    /// [`EmailError`].
    pub fn parse(input: &str) -> Result<Self, EmailError> {
        let (local, domain) = input.trim_matches(' ').split_once('@').ok_or(EmailError::At)?;
        if domain.contains('@') {
            return Err(EmailError::At);
        }
        if !is_local(local) {
            return Err(EmailError::Local);
        }
        let domain = domain.to_lowercase();
        // The whole path may have 256 octets with its brackets (§4.5.3.1.3).
        if !is_domain(&domain) || local.len() + 1 + domain.len() > 254 {
            return Err(EmailError::Domain);
        }
        Ok(Self(format!("{local}@{domain}").into()))
    }

    /// The address, for the envelope and the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

fn is_local(local: &str) -> bool {
    let atom = |char: char| {
        char.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(char) || is_letter(char)
    };
    local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_domain(domain: &str) -> bool {
    let inside = |char: char| char.is_ascii_alphanumeric() || char == '-' || is_letter(char);
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty() && label.len() <= 63 && edges && label.chars().all(inside)
    };
    let top = domain.rsplit('.').next().unwrap_or("");
    // A top-level domain is never a number: `user@127.0.0.1` is no domain.
    domain.len() <= 255
        && domain.contains('.')
        && domain.split('.').all(label)
        && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// Characters beyond ASCII that can stand in names: no spaces, controls or invisible marks, and
/// not the full-width forms that a later step might fold to `@`, `.` or `<`.
fn is_letter(char: char) -> bool {
    !char.is_ascii()
        && !matches!(char, '\u{FF00}'..='\u{FFEF}' | '\u{FE50}'..='\u{FE6F}')
        && (char.is_alphanumeric() || is_combining(char))
}

const fn is_combining(char: char) -> bool {
    // Vowel and tone signs without which Indic, Thai and accented names cannot be written.
    matches!(char, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}' | '\u{0E31}'..='\u{0E4E}' | '\u{0EB1}'..='\u{0ECD}')
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(input: &str) -> Result<Self, EmailError> {
        Self::parse(input)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(input: String) -> Result<Self, EmailError> {
        Self::parse(&input)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.into_string()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(<{} chars>)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Result<String, EmailError> {
        EmailAddress::parse(input).map(String::from)
    }

    #[test]
    fn takes_addresses_as_they_are_used() {
        for (input, address) in [
            ("satoshi@example.com", "satoshi@example.com"),
            ("  First.Last+tag@Sub.Example.COM ", "First.Last+tag@sub.example.com"),
            ("o'brien@example.co.uk", "o'brien@example.co.uk"),
            ("søren@blåbærgrød.DK", "søren@blåbærgrød.dk"),
            ("a@xn--blbrgrd-fxak7p.dk", "a@xn--blbrgrd-fxak7p.dk"),
            ("สมชาย@ตัวอย่าง.ไทย", "สมชาย@ตัวอย่าง.ไทย"),
        ] {
            assert_eq!(read(input).as_deref(), Ok(address));
        }
    }

    #[test]
    fn refuses_what_could_be_more_than_an_address() {
        for input in [
            "a@b.com\r\nBcc: c@d.com",
            "a@b.com\n",
            "a\r@b.com",
            "a@b.com,c@d.com",
            "<a@b.com>",
            "Name <a@b.com>",
            "a b@c.com",
            "a@b c.com",
            "a@b.com;",
            "\"a b\"@c.com",
            "a(b)@c.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a\0@b.com",
            "a@b.com\u{2028}",
            "a\u{FF20}b@c.com",
            "a@b\u{FF0E}com",
            "a\u{200B}@b.com",
            "a\u{A0}@b.com",
        ] {
            assert!(read(input).is_err(), "{input:?}");
        }
    }

    #[test]
    fn says_which_half_is_wrong() {
        assert_eq!(read(""), Err(EmailError::At));
        assert_eq!(read("a@b@c.com"), Err(EmailError::At));
        for local in ["", ".a", "a.", "a..b", &"a".repeat(65)] {
            assert_eq!(read(&format!("{local}@b.com")), Err(EmailError::Local), "{local}");
        }
        for domain in [
            "",
            "com",
            ".com",
            "b.",
            "b..com",
            "-b.com",
            "b-.com",
            "b_c.com",
            &format!("{}.com", "b".repeat(64)),
            &"abc.".repeat(64),
        ] {
            assert_eq!(read(&format!("a@{domain}")), Err(EmailError::Domain), "{domain}");
        }
        assert_eq!(
            format!("{:?}", EmailAddress::parse("a@b.com").unwrap()),
            "EmailAddress(<7 chars>)"
        );
    }
}
