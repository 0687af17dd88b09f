//! An inbound message, joined and decoded. It is immutable.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::part::Party;
use crate::id::{AccountId, InboundId};
use crate::routing::CarrierName;
use crate::text::Text;
use crate::time::Timestamp;

/// Longest word that can be a keyword.
const KEYWORD_CHARS_MAX: usize = 32;

/// Octets of a binary message, serialized as hexadecimal digits. `Debug` does not show them.
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
    /// Number of parts, including missing ones.
    pub parts: u8,
    /// Numbers of the missing parts.
    pub missing: Vec<u8>,
    /// The account that owns the destination number.
    pub account: Option<AccountId>,
    /// Arrival of the first part.
    pub received_at: Timestamp,
}

impl InboundMessage {
    pub const fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// The first word in capitals without punctuation (`stop!` is `STOP`). `None` if the first part is missing or does
    /// not begin with a word.
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
    fn round_trips_and_debug_shows_no_content() {
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
