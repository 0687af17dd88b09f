//! Keywords in replies: opt-out (STOP), opt-in (START) and HELP, in the words that are built in and those that the
//! operator adds.
//!
//! | word | as the first words of a text | as the whole text |
//! |---|---|---|
//! | STOP and its English synonyms, and stop words of the operator | opt-out | opt-out |
//! | stop words of other languages | – | opt-out |
//! | START, HELP and theirs | – | opt-in, help |
//!
//! Texts are compared by their words, in a form without case, symbols and punctuation (`fold`). A word that the owner of
//! the number uses for something else means nothing here, and neither does any word that comes to a lent number: see
//! [`Receivers::keyword`](super::Receivers::keyword).

mod fold;
mod word;
mod words;

use std::collections::BTreeSet;

use crate::inbound::InboundMessage;

pub use word::{BadWord, Word};

/// Words of a phrase in the configuration.
pub const PHRASE_WORDS_MAX: usize = 6;

/// Characters of a phrase in the configuration.
pub const PHRASE_CHARS_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keyword {
    Stop,
    Start,
    Help,
}

/// Why a phrase can be no keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {PHRASE_WORDS_MAX} words of together at most {PHRASE_CHARS_MAX} characters")]
pub struct BadPhrase;

/// Whether a phrase can be a keyword.
pub fn check_phrase(phrase: &str) -> Result<(), BadPhrase> {
    let count = phrase.split_whitespace().count();
    let short = count <= PHRASE_WORDS_MAX && phrase.chars().count() <= PHRASE_CHARS_MAX;
    let Some(folded) = folded(phrase).filter(|_| short) else { return Err(BadPhrase) };
    if folded.split(' ').count() <= PHRASE_WORDS_MAX { Ok(()) } else { Err(BadPhrase) }
}

/// The words of a phrase as they are compared, separated by spaces; `None` if it has none.
fn folded(phrase: &str) -> Option<String> {
    let (words, _) = fold::words(phrase);
    (!words.is_empty()).then(|| words.join(" "))
}

/// Phrases, each as its folded words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrases(BTreeSet<String>);

impl Phrases {
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        Self(phrases.into_iter().filter_map(folded).collect())
    }

    /// The longest phrase that a text begins with.
    fn leading(&self, words: &[String]) -> Option<String> {
        let counts = (1..=words.len().min(PHRASE_WORDS_MAX)).rev();
        let mut heads = counts.filter_map(|count| Some(words.get(..count)?.join(" ")));
        heads.find(|head| self.0.contains(head))
    }

    /// Whether a text begins with one of them.
    pub fn begin(&self, message: &InboundMessage) -> bool {
        !self.0.is_empty() && read(message).is_some_and(|(words, _)| self.leading(&words).is_some())
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// Whether one of them begins with this word.
    pub fn use_word(&self, word: &Word) -> bool {
        self.0.iter().any(|phrase| phrase.split(' ').next() == Some(word.as_str()))
    }
}

/// The words of a message that are compared, and whether they are all of it. `None` if its beginning is missing.
fn read(message: &InboundMessage) -> Option<(Vec<String>, bool)> {
    if message.missing.first() == Some(&1) {
        return None;
    }
    let (words, whole) = fold::words(message.content.text()?.as_str());
    Some((words, whole && message.is_complete()))
}

/// All keywords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keywords {
    /// Also with a text after it.
    leading_stop: Phrases,
    stop: Phrases,
    start: Phrases,
    help: Phrases,
}

impl Default for Keywords {
    fn default() -> Self {
        let of = |phrases: &[&'static str]| Phrases::new(phrases.iter().copied());
        Self {
            leading_stop: of(words::ENGLISH_STOP),
            stop: Phrases::new(words::OTHER_STOP.iter().copied().flatten().copied()),
            start: of(words::ENGLISH_START),
            help: of(words::ENGLISH_HELP),
        }
    }
}

impl Keywords {
    /// Adds phrases. For one with two meanings STOP takes precedence, then START.
    #[must_use]
    pub fn and<'a>(mut self, keyword: Keyword, phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let known = match keyword {
            Keyword::Stop => &mut self.leading_stop,
            Keyword::Start => &mut self.start,
            Keyword::Help => &mut self.help,
        };
        known.0.extend(phrases.into_iter().filter_map(folded));
        self
    }

    /// Whether this word alone is opt-out, opt-in or help.
    pub fn have(&self, word: &Word) -> bool {
        let all = [&self.leading_stop, &self.stop, &self.start, &self.help];
        all.into_iter().any(|phrases| phrases.has(word.as_str()))
    }

    /// The keyword of an inbound message, and the phrase in capitals.
    pub fn of(&self, message: &InboundMessage) -> Option<(Keyword, String)> {
        let (words, whole) = read(message)?;
        let leading = self.leading_stop.leading(&words).map(|phrase| (Keyword::Stop, phrase));
        let all = whole.then(|| words.join(" "));
        let by_whole = || {
            let all = all?;
            let keywords = [
                (Keyword::Stop, &self.stop),
                (Keyword::Start, &self.start),
                (Keyword::Help, &self.help),
            ];
            let keyword = keywords.into_iter().find(|(_, phrases)| phrases.has(&all))?.0;
            Some((keyword, all))
        };
        let (keyword, phrase) = leading.or_else(by_whole)?;
        Some((keyword, phrase.to_uppercase()))
    }
}

#[cfg(test)]
mod tests;
