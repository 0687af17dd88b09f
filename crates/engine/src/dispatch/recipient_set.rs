//! A set of a chunk's recipients, one bit each.

#[derive(Debug, Default)]
pub(super) struct RecipientSet {
    words: Vec<u64>,
    count: usize,
}

impl RecipientSet {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) fn add(&mut self, at: u32) {
        let (word, bit) = place(at);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.count += usize::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    pub(super) fn has(&self, at: u32) -> bool {
        let (word, bit) = place(at);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// False if absent.
    pub(super) fn remove(&mut self, at: u32) -> bool {
        let (word, bit) = place(at);
        let there = self.has(at);
        if there {
            self.words[word] &= !bit;
            self.count -= 1;
        }
        there
    }
}

fn place(at: u32) -> (usize, u64) {
    (usize::try_from(at / 64).unwrap_or(usize::MAX), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_added_and_not_removed() {
        let mut set = RecipientSet::default();
        for at in [0, 63, 64, 999, 64] {
            set.add(at);
        }
        assert_eq!(set.count(), 4);
        assert!(set.has(63) && set.has(999) && !set.has(62) && !set.has(5_000));
        assert!(set.remove(64) && !set.remove(64) && !set.remove(9_999));
        assert_eq!(set.count(), 3);
    }
}
