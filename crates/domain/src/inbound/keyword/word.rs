//! One word as keywords are compared: an account's keyword on a number, and the first word of a message.

use std::fmt;
use std::str::FromStr;

use super::{fold, read};
use crate::inbound::InboundMessage;

/// Characters of a keyword in its compared form.
const CHARS_MAX: usize = 32;

/// A word without case, symbols and punctuation. `Debug` does not show it: it may come from a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one word of at most {CHARS_MAX} letters and digits")]
pub struct BadWord;

impl Word {
    /// The first word of a message; `None` if its beginning is missing or is longer than any keyword.
    pub fn first_of(message: &InboundMessage) -> Option<Self> {
        let (words, _) = read(message)?;
        Self::of(words.into_iter().next()?)
    }

    fn of(word: String) -> Option<Self> {
        (word.chars().count() <= CHARS_MAX).then_some(Self(word))
    }

    /// As it is compared, stored and shown: in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As a person writes it, or as it is stored.
impl FromStr for Word {
    type Err = BadWord;

    fn from_str(written: &str) -> Result<Self, BadWord> {
        let (words, whole) = fold::words(written);
        let [word] = <[String; 1]>::try_from(words).map_err(|_| BadWord)?;
        Self::of(word).filter(|_| whole).ok_or(BadWord)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word(<{}>)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_compared_without_case_and_symbols() {
        let word = |written: &str| written.parse::<Word>();
        for written in ["Pacman", "PACMAN!", " #pacman ", "ｐａｃｍａｎ"] {
            assert_eq!(word(written), word("pacman"), "{written}");
        }
        assert_eq!(word("SMØRREBRØD").unwrap().as_str(), "smørrebrød");
        assert_eq!(word("2go").unwrap().as_str(), "2go");
        for bad in ["", "!?", "two words", "a-b", &"x".repeat(33), &"! ".repeat(200)] {
            assert_eq!(word(bad), Err(BadWord), "{bad}");
        }
    }

    #[test]
    fn a_stored_word_is_read_again() {
        for written in ["Straße", "İstanbul", "ΣΤΟΠ", "don't", "数字"] {
            let word: Word = written.parse().unwrap();
            assert_eq!(word.as_str().parse(), Ok(word.clone()));
            assert!(!format!("{word:?}").contains(word.as_str()));
        }
    }
}
