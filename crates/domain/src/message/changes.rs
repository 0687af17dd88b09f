//! Recipients of a campaign that became final, as their event keeps them: text of a fixed width each, so
//! that later ones are appended to a stored event without reading it.
//!
//! ```text
//! 0000017000066812345678s\n     index, number, state
//! ```

use std::fmt;

use super::recipient::RecipientState;
use crate::limits::WEBHOOK_RECIPIENTS_MAX;

/// Characters of one recipient.
const WIDTH: usize = 24;

const INDEX_DIGITS: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedRecipient {
    /// From 0.
    pub index: u32,
    /// Digits of its number.
    pub number: u64,
    pub state: RecipientState,
}

/// Not for logs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PackedChanges(String);

impl fmt::Debug for PackedChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedChanges(<{}>)", self.len())
    }
}

impl PackedChanges {
    /// Characters of as many as one event has.
    pub const CHARS_MAX: usize = WIDTH * WEBHOOK_RECIPIENTS_MAX;

    /// Adds a recipient; one that is not final is left out.
    pub fn push(&mut self, changed: ChangedRecipient) {
        let ChangedRecipient { index, number, state } = changed;
        if let Some(letter) = letter(state) {
            let entry = format!("{index:0INDEX_DIGITS$}{number:015}{letter}\n");
            debug_assert_eq!(entry.len(), WIDTH, "an index or a number is too long");
            self.0 += &entry;
        }
    }

    /// `None` when it is no such text.
    pub fn from_stored(text: String) -> Option<Self> {
        let all = Self(text);
        (all.0.is_ascii() && all.0.len().is_multiple_of(WIDTH) && all.iter().count() == all.len())
            .then_some(all)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub const fn len(&self) -> usize {
        self.0.len() / WIDTH
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs of at most as many as one event has.
    pub fn runs(&self) -> impl Iterator<Item = &str> {
        let ends = (0..self.0.len()).step_by(Self::CHARS_MAX);
        ends.map(|at| &self.0[at..self.0.len().min(at + Self::CHARS_MAX)])
    }

    pub fn iter(&self) -> impl Iterator<Item = ChangedRecipient> + '_ {
        self.0.lines().filter_map(read)
    }
}

fn read(line: &str) -> Option<ChangedRecipient> {
    let (index, rest) = line.split_at_checked(INDEX_DIGITS)?;
    let (number, letter) = rest.split_at_checked(WIDTH - INDEX_DIGITS - 2)?;
    let state =
        RecipientState::ALL.iter().copied().find(|state| self::letter(*state) == Some(letter));
    Some(ChangedRecipient {
        index: index.parse().ok()?,
        number: number.parse().ok()?,
        state: state?,
    })
}

const fn letter(state: RecipientState) -> Option<&'static str> {
    match state {
        RecipientState::Pending | RecipientState::Submitted => None,
        RecipientState::Success => Some("s"),
        RecipientState::Failed => Some("f"),
        RecipientState::Invalid => Some("i"),
        RecipientState::Blocked => Some("b"),
        RecipientState::Expired => Some("e"),
        RecipientState::Timeout => Some("t"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MESSAGE_RECIPIENTS_MAX;

    #[test]
    fn what_is_packed_is_read_back() {
        let number = |index| [66_812_345_678, 999_999_999_999_999, 1_000_000][index % 3];
        let all: Vec<_> = RecipientState::ALL
            .iter()
            .filter(|state| state.is_final())
            .enumerate()
            .map(|(at, &state)| ChangedRecipient {
                index: if at == 0 {
                    MESSAGE_RECIPIENTS_MAX - 1
                } else {
                    u32::try_from(at).unwrap()
                },
                number: number(at),
                state,
            })
            .collect();
        let mut packed = PackedChanges::default();
        all.iter().for_each(|changed| packed.push(*changed));
        packed.push(ChangedRecipient { state: RecipientState::Submitted, ..all[0] });
        assert_eq!((packed.len(), packed.iter().collect::<Vec<_>>()), (6, all));
        let stored = PackedChanges::from_stored(packed.as_str().to_owned()).unwrap();
        assert_eq!(stored, packed);
        let shown = format!("{packed:?}");
        assert_eq!(shown, "PackedChanges(<6>)");
        for wrong in ["{}", &packed.as_str()[1..], &packed.as_str().replace('s', "x"), "é"] {
            assert_eq!(PackedChanges::from_stored(wrong.to_owned()), None, "{wrong:?}");
        }
    }

    #[test]
    fn many_are_several_events() {
        let mut packed = PackedChanges::default();
        for index in 0..2_500 {
            let (number, state) = (66_812_345_678, RecipientState::Success);
            packed.push(ChangedRecipient { index, number, state });
        }
        let runs: Vec<_> = packed.runs().map(|run| run.lines().count()).collect();
        assert_eq!(runs, [1_000, 1_000, 500]);
        assert_eq!(packed.runs().collect::<String>(), packed.as_str());
        assert_eq!(PackedChanges::default().runs().count(), 0);
    }
}
