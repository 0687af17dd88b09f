//! Keywords in replies: opt-out (STOP), opt-in (START) and HELP. The words that carriers require are built in; others can
//! be added.

use std::collections::BTreeSet;

use crate::inbound::InboundMessage;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keyword {
    Stop,
    Start,
    Help,
}

/// The words of CTIA's short code handbook.
const STOP: [&str; 6] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
const START: [&str; 2] = ["START", "UNSTOP"];
const HELP: [&str; 1] = ["HELP"];

/// Keywords, in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keywords {
    stop: BTreeSet<String>,
    start: BTreeSet<String>,
    help: BTreeSet<String>,
}

impl Default for Keywords {
    fn default() -> Self {
        let words = |known: &[&str]| known.iter().map(|word| (*word).to_owned()).collect();
        Self { stop: words(&STOP), start: words(&START), help: words(&HELP) }
    }
}

impl Keywords {
    /// Adds words in any case. For a word with two meanings STOP takes precedence, then START.
    #[must_use]
    pub fn and<'a>(mut self, keyword: Keyword, words: impl IntoIterator<Item = &'a str>) -> Self {
        let known = match keyword {
            Keyword::Stop => &mut self.stop,
            Keyword::Start => &mut self.start,
            Keyword::Help => &mut self.help,
        };
        let bare =
            |word: &str| word.trim_matches(|char: char| !char.is_alphanumeric()).to_uppercase();
        known.extend(words.into_iter().map(bare).filter(|word| !word.is_empty()));
        self
    }

    pub fn meaning(&self, word: &str) -> Option<Keyword> {
        let word = word.to_uppercase();
        if self.stop.contains(&word) {
            Some(Keyword::Stop)
        } else if self.start.contains(&word) {
            Some(Keyword::Start)
        } else if self.help.contains(&word) {
            Some(Keyword::Help)
        } else {
            None
        }
    }

    /// The keyword of an inbound message and the word itself, which is the first one. START and HELP count only as a
    /// single word; STOP also with text after it.
    pub fn of(&self, message: &InboundMessage) -> Option<(Keyword, String)> {
        let word = message.keyword()?;
        let keyword = self.meaning(&word)?;
        let words = message.content.text()?.as_str().split_whitespace().count();
        (keyword == Keyword::Stop || words == 1).then_some((keyword, word))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::InboundId;
    use crate::inbound::{InboundContent, Party};
    use crate::routing::CarrierName;
    use crate::time::Timestamp;

    fn said(text: &str) -> InboundMessage {
        InboundMessage {
            id: InboundId(Uuid::nil()),
            carrier: CarrierName::new("main"),
            from: Party::new("4511111111"),
            to: Party::new("1919"),
            content: InboundContent::Text(text.into()),
            parts: 1,
            missing: vec![],
            account: None,
            received_at: Timestamp::default(),
        }
    }

    fn means(keywords: &Keywords, text: &str) -> Option<Keyword> {
        keywords.of(&said(text)).map(|(keyword, _)| keyword)
    }

    #[test]
    fn the_required_words_are_built_in() {
        let known = Keywords::default();
        for word in ["STOP", "stop", " Stop! ", "stopall", "Unsubscribe", "CANCEL", "end", "quit."]
        {
            assert_eq!(means(&known, word), Some(Keyword::Stop), "{word}");
        }
        for (word, meaning) in [
            ("start", Some(Keyword::Start)),
            ("UNSTOP", Some(Keyword::Start)),
            ("help?", Some(Keyword::Help)),
            ("yes", None),
            ("stopper", None),
            ("please stop", None),
            ("", None),
        ] {
            assert_eq!(means(&known, word), meaning, "{word}");
        }
    }

    #[test]
    fn only_stop_counts_with_text_after_it() {
        let known = Keywords::default();
        assert_eq!(means(&known, "stop sending me this"), Some(Keyword::Stop));
        assert_eq!(means(&known, "start a new order please"), None);
        assert_eq!(means(&known, "help me out here"), None);
    }

    #[test]
    fn words_of_other_languages_can_be_added() {
        let known = Keywords::default()
            .and(Keyword::Stop, ["afmeld", "stopnu", "ยกเลิก"])
            .and(Keyword::Start, ["tilmeld"])
            .and(Keyword::Help, ["hjælp", ""]);
        assert_eq!(means(&known, "AFMELD"), Some(Keyword::Stop));
        assert_eq!(means(&known, "ยกเลิก"), Some(Keyword::Stop));
        assert_eq!(means(&known, "Tilmeld"), Some(Keyword::Start));
        assert_eq!(means(&known, "Hjælp!"), Some(Keyword::Help));
        assert_eq!(means(&known, "stop"), Some(Keyword::Stop), "the built-in words are lost");
        let stop = Keywords::default().and(Keyword::Help, ["stop"]);
        assert_eq!(means(&stop, "stop"), Some(Keyword::Stop), "STOP lost precedence");
    }
}
