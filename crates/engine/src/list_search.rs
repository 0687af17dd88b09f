//! What a search of an account's outbox or inbox looks for: an id, digits of a number, or words of a text, in any case.

use domain::text::Text;

pub(crate) struct Search {
    text: String,
    /// Digits to look for in numbers; empty for a search that is no number.
    digits: String,
}

impl Search {
    pub(crate) fn new(search: &str) -> Self {
        let is_mark = |char: char| matches!(char, '+' | ' ' | '-' | '(' | ')');
        let digits: String = search.chars().filter(|char| !is_mark(*char)).collect();
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let digits = if is_number { digits } else { String::new() };
        // A number is stored without what is dialled before it.
        let digits = digits.trim_start_matches("00").to_owned();
        Self { text: search.trim().to_lowercase(), digits }
    }

    pub(crate) fn sms_id(&self) -> Option<u64> {
        let is_written_so = self.has_digits() && self.text == self.digits;
        self.text.parse().ok().filter(|_| is_written_so)
    }

    pub(crate) fn has_digits(&self) -> bool {
        !self.digits.is_empty()
    }

    pub(crate) fn is_number(&self, digits: &str) -> bool {
        self.has_digits() && self.digits == digits
    }

    pub(crate) fn is_in_number(&self, number: &str) -> bool {
        self.has_digits() && number.contains(&self.digits)
    }

    /// Keywords are stored in lower case.
    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.text == keyword
    }

    pub(crate) fn is_in_text(&self, text: &Text) -> bool {
        text.as_str().to_lowercase().contains(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_a_number_or_words() {
        for (search, digits, sms_id) in [
            ("+45 20 12 34-56", "4520123456", None),
            ("004520123456", "4520123456", None),
            ("4520123456", "4520123456", Some(4_520_123_456)),
            ("17", "17", Some(17)),
            ("Rød grød", "", None),
            ("17 æbler", "", None),
            ("", "", None),
        ] {
            let read = Search::new(search);
            assert_eq!((read.digits.as_str(), read.sms_id()), (digits, sms_id), "{search}");
        }
    }
}
