//! The texts of a campaign whose text differs by recipient: placeholders were filled from each contact's fields when
//! it was accepted. They are stored with it, so that a contact that is changed later changes nothing.

use std::fmt;

use crate::number::Msisdn;

/// Texts by number; one string holds all of them. Not for logs.
#[derive(Clone, Default)]
pub struct MergedTexts {
    all: String,
    /// Sorted by number, once [`MergedTexts::sorted`].
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    number: Msisdn,
    begin: usize,
    end: usize,
    parts: u16,
}

impl MergedTexts {
    pub fn add(&mut self, number: Msisdn, text: &str, parts: u16) {
        let begin = self.all.len();
        self.all.push_str(text);
        self.entries.push(Entry { number, begin, end: self.all.len(), parts });
    }

    /// Ready to be searched. Of a number that was added twice the first text counts.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        // Stable: equal numbers stay in their order.
        self.entries.sort_by_key(|entry| entry.number);
        self.entries.dedup_by_key(|entry| entry.number);
        self
    }

    /// The text for a number, and its parts.
    #[must_use]
    pub fn get(&self, number: Msisdn) -> Option<(&str, u16)> {
        let found = self.entries.binary_search_by_key(&number, |entry| entry.number).ok()?;
        let entry = self.entries.get(found)?;
        Some((self.all.get(entry.begin..entry.end)?, entry.parts))
    }

    /// Octets of all texts.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.all.len()
    }
}

impl fmt::Debug for MergedTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MergedTexts(<{}>)", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_text_of_a_number() {
        let number = |digits| Msisdn::from_digits(digits).unwrap();
        let mut texts = MergedTexts::default();
        texts.add(number(4_520_000_002), "Hi Bo", 1);
        texts.add(number(4_520_000_001), "Hi Ida", 2);
        texts.add(number(4_520_000_002), "Hi", 3);
        let texts = texts.sorted();
        assert_eq!(texts.get(number(4_520_000_001)), Some(("Hi Ida", 2)));
        assert_eq!(texts.get(number(4_520_000_002)), Some(("Hi Bo", 1)));
        assert_eq!(texts.get(number(4_520_000_003)), None);
        assert_eq!(format!("{texts:?}"), "MergedTexts(<2>)");
    }
}
