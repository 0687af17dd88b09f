//! A message that came in, joined and decoded. It never changes, so it is its own snapshot.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::part::Party;
use crate::id::{AccountId, InboundId};
use crate::routing::CarrierName;
use crate::text::Text;
use crate::time::Timestamp;

/// Longest word that is taken for a keyword.
const KEYWORD_CHARS_MAX: usize = 32;

/// Octets of a binary message; written as hexadecimal digits. Not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets(Vec<u8>);

impl Octets {
    pub const fn new(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Octets(<{}>)", self.0.len())
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(from)?;
        hex::decode(digits).map(Self).map_err(|_| de::Error::custom("not hexadecimal"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InboundContent {
    Text(Text),
    Octets(Octets),
}

impl InboundContent {
    pub const fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Octets(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundMessage {
    pub id: InboundId,
    pub carrier: CarrierName,
    pub from: Party,
    pub to: Party,
    pub content: InboundContent,
    /// In all, the missing ones too.
    pub parts: u8,
    /// Numbers of the parts that never came.
    pub missing: Vec<u8>,
    /// Whose number it came to.
    pub account: Option<AccountId>,
    /// When its first part came.
    pub received_at: Timestamp,
}

impl InboundMessage {
    pub const fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// The first word in capitals, without what stands around it (`stop!` is `STOP`). None when the
    /// beginning never came, or is no word.
    pub fn keyword(&self) -> Option<String> {
        if self.missing.first() == Some(&1) {
            return None;
        }
        let word = self.content.text()?.as_str().split_whitespace().next()?;
        let word = word.trim_matches(|char: char| !char.is_alphanumeric());
        let short = !word.is_empty() && word.chars().count() <= KEYWORD_CHARS_MAX;
        short.then(|| word.to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn message(text: &str) -> InboundMessage {
        InboundMessage {
            id: InboundId(Uuid::nil()),
            carrier: CarrierName::new("main"),
            from: Party::new("4511111111"),
            to: Party::new("1919"),
            content: InboundContent::Text(text.into()),
            parts: 2,
            missing: vec![],
            account: None,
            received_at: Timestamp::from_millis(7),
        }
    }

    #[test]
    fn the_keyword_is_the_first_word_in_capitals() {
        for (text, keyword) in [
            ("stop", Some("STOP")),
            ("  Stop! nu", Some("STOP")),
            ("\"hjælp\"\ntak", Some("HJÆLP")),
            ("", None),
            ("?!", None),
            ("!!! stop", None),
        ] {
            assert_eq!(message(text).keyword().as_deref(), keyword, "{text:?}");
        }
        assert_eq!(message(&"x".repeat(33)).keyword(), None);
    }

    #[test]
    fn a_message_without_its_beginning_has_no_keyword() {
        let mut late = message("stop");
        late.missing = vec![2];
        assert!(late.keyword().is_some());
        late.missing = vec![1];
        assert_eq!(late.keyword(), None);
    }

    #[test]
    fn is_read_as_it_was_written_and_shows_nothing_to_logs() {
        let mut message = message("hemmelig");
        let shown = format!("{message:?}");
        assert!(!shown.contains("hemmelig") && !shown.contains("4511111111"), "{shown}");
        let written = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<InboundMessage>(&written).unwrap(), message);
        message.content = InboundContent::Octets(Octets::new(vec![0, 0xAB]));
        let written = serde_json::to_string(&message).unwrap();
        assert!(written.contains(r#"{"octets":"00ab"}"#), "{written}");
        assert_eq!(serde_json::from_str::<InboundMessage>(&written).unwrap(), message);
        assert!(!format!("{message:?}").contains("171"));
    }
}
