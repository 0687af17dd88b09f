//! Message texts with `{{name}}` placeholders that an account stores. The sending API fills them.

use std::str::FromStr;

use crate::id::{AccountId, TemplateId};
use crate::limits::BULK_TEXT_CHARS_MAX;
use crate::text::Text;
use crate::time::Timestamp;

/// The name that a user gives an object: 1 to 64 characters, no control characters, no surrounding
/// white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {max} characters, none of them a control character", max = Label::CHARS_MAX)]
pub struct BadLabel;

impl Label {
    pub const CHARS_MAX: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = BadLabel;

    fn from_str(text: &str) -> Result<Self, BadLabel> {
        let text = text.trim();
        let fits = (1..=Self::CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadLabel)
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: TemplateId,
    pub account: AccountId,
    pub name: Label,
    pub text: Text,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whether a text may be stored: 1 to [`BULK_TEXT_CHARS_MAX`] characters.
pub fn fits(text: &Text) -> bool {
    let count = text.as_str().chars().take(BULK_TEXT_CHARS_MAX + 1).count();
    (1..=BULK_TEXT_CHARS_MAX).contains(&count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_can_be_shown() {
        assert_eq!(" Påske 2026 ".parse::<Label>().unwrap().as_str(), "Påske 2026");
        assert!("x".repeat(64).parse::<Label>().is_ok());
        for bad in ["", "  ", "a\nb", "a\0", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Label>(), Err(BadLabel), "{bad:?}");
        }
    }

    #[test]
    fn a_text_is_as_long_as_a_message_may_be() {
        let text = |count| Text::from("ก".repeat(count));
        assert!(fits(&text(1)) && fits(&text(BULK_TEXT_CHARS_MAX)));
        assert!(!fits(&text(0)) && !fits(&text(BULK_TEXT_CHARS_MAX + 1)));
    }
}
