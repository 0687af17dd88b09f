//! How a text appears on the phone: a property of the content, so that every API and carrier may have it.
//!
//! | form | on the phone | how it is encoded |
//! |---|---|---|
//! | text | kept among the messages | |
//! | flash | shown at once, not kept | class 0 (3GPP TS 23.038 §4) |
//! | silent | confirmed, not shown | Short Message Type 0 (3GPP TS 23.040 §9.2.3.9) |
//! | push | a link to open, with the text as its title | a WAP service indication ([`crate::text::segment_push`]) |

use std::fmt;
use std::sync::Arc;

use crate::limits::URL_CHARS_MAX;
use crate::state::UnknownWord;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Text,
    Flash,
    Silent,
    Push(Link),
}

/// A link that the recipient opens: `http` or `https`, in ASCII. Like a text it is not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(Arc<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a link begins with http:// or https:// and is at most {URL_CHARS_MAX} printable ASCII characters"
)]
pub struct BadLink;

impl Link {
    pub fn new(link: &str) -> Result<Self, BadLink> {
        let lower = link.get(..8).unwrap_or(link).to_ascii_lowercase();
        let host = ["http://", "https://"].iter().find_map(|scheme| {
            lower.starts_with(scheme).then(|| link.get(scheme.len()..)).flatten()
        });
        let is_sound = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
            && link.len() <= URL_CHARS_MAX
            && link.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sound { Ok(Self(link.into())) } else { Err(BadLink) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link(<{} chars>)", self.0.len())
    }
}

impl Form {
    /// The stored word; a text has none.
    pub const fn stored(&self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Flash => Some("flash"),
            Self::Silent => Some("silent"),
            Self::Push(_) => Some("push"),
        }
    }

    pub fn link(&self) -> Option<&str> {
        match self {
            Self::Push(link) => Some(link.as_str()),
            Self::Text | Self::Flash | Self::Silent => None,
        }
    }

    /// Reads the stored word and link back.
    pub fn from_stored(word: Option<&str>, link: Option<&str>) -> Result<Self, UnknownWord> {
        match (word, link) {
            (None, None) => Ok(Self::Text),
            (Some("flash"), None) => Ok(Self::Flash),
            (Some("silent"), None) => Ok(Self::Silent),
            (Some("push"), Some(link)) => {
                Link::new(link).map(Self::Push).map_err(|_| UnknownWord("(link)".to_owned()))
            }
            (word, _) => Err(UnknownWord(word.unwrap_or("(link)").to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_that_a_phone_opens() {
        for good in ["http://a.dk", "HTTPS://shop.example/a?b=c#d", "https://a"] {
            assert_eq!(Link::new(good).unwrap().as_str(), good);
        }
        let long = format!("https://a/{}", "x".repeat(URL_CHARS_MAX));
        for bad in
            ["", "a.dk", "http://", "https:///a", "ftp://a.dk", "http://a b", "http://æ.dk", &long]
        {
            assert_eq!(Link::new(bad), Err(BadLink), "{bad}");
        }
    }

    #[test]
    fn every_form_is_read_back_and_shows_no_link_to_logs() {
        let push = Form::Push(Link::new("https://shop.example/secret").unwrap());
        for form in [Form::Text, Form::Flash, Form::Silent, push.clone()] {
            assert_eq!(Form::from_stored(form.stored(), form.link()), Ok(form));
        }
        assert!(Form::from_stored(Some("push"), None).is_err());
        assert!(Form::from_stored(Some("fax"), None).is_err());
        assert!(!format!("{push:?}").contains("secret"));
    }
}
