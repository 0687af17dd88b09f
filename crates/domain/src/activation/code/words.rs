//! Words around codes, from `data/code_words.tsv`.

use std::sync::LazyLock;

use crate::activation::country::lines;

/// What a word says of a number beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Label,
    Weak,
    NotBefore,
    NotAfter,
    Currency,
    Action,
    Is,
}

const KINDS: [(&str, Kind); 7] = [
    ("label", Kind::Label),
    ("weak", Kind::Weak),
    ("not_before", Kind::NotBefore),
    ("not_after", Kind::NotAfter),
    ("currency", Kind::Currency),
    ("action", Kind::Action),
    ("is", Kind::Is),
];

struct Word {
    kind: Kind,
    chars: Vec<char>,
    /// May be within other letters: scripts without spaces, or with prefixes.
    anywhere: bool,
    /// May be the beginning of a longer word, or its end.
    longer: bool,
    shorter: bool,
}

/// Where a word stands in a text, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let lines = lines(include_str!("../../../data/code_words.tsv"));
    let words = lines.flat_map(|line| {
        let (kind, words) = line.split_once('\t').unwrap_or_default();
        let kind = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
        kind.into_iter().flat_map(|kind| words.split('\t').map(move |word| read(kind, word)))
    });
    words.collect()
});

fn read(kind: Kind, word: &str) -> Word {
    let chars: Vec<_> = word.trim_matches('*').chars().collect();
    let cased = |char: &char| char.is_ascii() || char.is_lowercase();
    Word {
        kind,
        anywhere: !chars.iter().all(cased) && word.chars().count() > 1,
        longer: word.ends_with('*'),
        shorter: word.starts_with('*'),
        chars,
    }
}

impl Word {
    /// Where it is in the text, in lower case, at or after a character.
    fn at(&self, text: &[char], at: usize) -> Option<Span> {
        let end = at + self.chars.len();
        if text.get(at..end)? != self.chars {
            return None;
        }
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| text.get(at)).is_some_and(|char| char.is_alphabetic())
        };
        let starts = self.anywhere || self.shorter || !is_letter(at.checked_sub(1));
        let ends = self.anywhere || self.longer || !is_letter(Some(end));
        (starts && ends).then_some(Span { start: at, end })
    }
}

/// Where words of a kind are in a text in lower case.
pub(super) fn spans(text: &[char], kind: Kind) -> Vec<Span> {
    let mut found = Vec::new();
    for (at, first) in text.iter().enumerate() {
        let of_kind = WORDS.iter().filter(|word| word.kind == kind);
        let here = of_kind.filter(|word| word.chars.first() == Some(first));
        found.extend(here.filter_map(|word| word.at(text, at)));
    }
    found
}

pub(super) fn has(text: &[char], kind: Kind) -> bool {
    !spans(text, kind).is_empty()
}

/// Whether the text begins with a word of a kind.
pub(super) fn starts(text: &[char], kind: Kind) -> bool {
    WORDS.iter().any(|word| word.kind == kind && word.at(text, 0).is_some())
}

/// Whether the text ends with a word of a kind.
pub(super) fn ends(text: &[char], kind: Kind) -> bool {
    WORDS.iter().any(|word| {
        let at = text.len().checked_sub(word.chars.len());
        word.kind == kind && at.is_some_and(|at| word.at(text, at).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_kind_and_every_word_is_in_lower_case() {
        for line in lines(include_str!("../../../data/code_words.tsv")) {
            let (kind, words) = line.split_once('\t').unwrap();
            assert!(KINDS.iter().any(|(name, _)| *name == kind), "{line}");
            for word in words.split('\t') {
                assert_eq!(word, word.to_lowercase(), "texts are compared in lower case");
                assert!(!word.trim_matches('*').is_empty() && word.trim() == word, "{line}");
            }
        }
    }
}
