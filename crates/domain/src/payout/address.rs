//! Lightning addresses (LUD-16): `user@example.com`. Each is somebody's name, so `Debug` shows the host alone.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// As an e-mail address (RFC 5321).
const CHARS_MAX: usize = 254;

/// In lower case. The host may have a port, which only tests and closed networks use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LightningAddress {
    text: String,
    /// Position of `@`.
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Lightning address, as name@example.com (a-z, 0-9, -, _ and . before the @)")]
pub struct NotAnAddress;

impl LightningAddress {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn user(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// Host, and port if it has one.
    pub fn host(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }
}

impl fmt::Debug for LightningAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LightningAddress(…@{})", self.host())
    }
}

impl FromStr for LightningAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if text.len() > CHARS_MAX {
            return Err(NotAnAddress);
        }
        let text = text.to_ascii_lowercase();
        let (user, host) = text.split_once('@').ok_or(NotAnAddress)?;
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if user.is_empty() || !user.bytes().all(allowed) || !is_host(host) {
            return Err(NotAnAddress);
        }
        Ok(Self { at: user.len(), text })
    }
}

/// Written as a URL has it: no user, path or query, and no other notation of an IP address.
fn is_host(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("https://{host}/")) else { return false };
    let named = match url.host() {
        Some(Host::Domain(name)) => name.contains('.') || url.port().is_some(),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => url.port().is_some(),
        None => false,
    };
    let bare = url.path() == "/" && url.username().is_empty() && url.password().is_none();
    named && bare && url.as_str() == format!("https://{host}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_lud_16() {
        for text in ["me@getalby.com", "a-b_c.d9@pay.example.co.uk", "x@127.0.0.1:8080"] {
            let address: LightningAddress = text.parse().unwrap();
            assert_eq!(address.as_str(), text);
        }
        let shouted: LightningAddress = "Me@GetAlby.com".parse().unwrap();
        assert_eq!((shouted.user(), shouted.host()), ("me", "getalby.com"));
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "@example.com",
            "me@",
            "me@localhost",
            "me",
            "m e@example.com",
            "me+tag@example.com",
            "mé@example.com",
            "me@exa mple.com",
            "me@example.com/path",
            "me@example.com?x=1",
            "me@user@example.com",
            "me@user:pass@example.com",
            "me@example.com:443",
            "me@127.0.0.1",
            "me@2130706433",
            "me@[::1]",
            "../admin@example.com/",
            "me@example.com\n",
            long.as_str(),
        ] {
            assert_eq!(text.parse::<LightningAddress>(), Err(NotAnAddress), "{text:?}");
        }
    }

    #[test]
    fn shows_no_name() {
        let address: LightningAddress = "me@getalby.com".parse().unwrap();
        assert_eq!(format!("{address:?}"), "LightningAddress(…@getalby.com)");
    }
}
