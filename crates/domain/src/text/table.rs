//! A table of 128 characters by septet, the form of the GSM alphabets (3GPP TS 23.038 §6.2.1).

/// A septet without an entry.
pub(super) const VOID: char = '\0';

/// Entry of `Table::low` for a character that is not in the table.
const NONE: u8 = 0xFF;

/// 128 characters by septet, with the reverse lookup: by code below U+0100, by linear search for the few others.
pub(super) struct Table {
    chars: [char; 128],
    low: [u8; 256],
    high: [u8; HIGH_MAX],
    high_count: usize,
}

/// Most characters above U+00FF in a table (Turkish locking: the Greek capitals, €, ı, Ğ, ğ, Ş, ş, İ).
const HIGH_MAX: usize = 20;

impl Table {
    pub(super) const fn new(chars: [char; 128]) -> Self {
        let (mut low, mut high, mut high_count) = ([NONE; 256], [0; HIGH_MAX], 0);
        let mut septet = 0u8;
        while septet < 128 {
            let char = chars[septet as usize];
            // If a character has two entries, the first wins.
            if char as u32 > 0xFF {
                high[high_count] = septet;
                high_count += 1;
            } else if char != VOID && low[char as usize] == NONE {
                low[char as usize] = septet;
            }
            septet += 1;
        }
        Self { chars, low, high, high_count }
    }

    /// A table with a few entries, given as (septet, character).
    pub(super) const fn sparse(entries: &[(u8, char)]) -> Self {
        let mut chars = [VOID; 128];
        let mut at = 0;
        while at < entries.len() {
            chars[entries[at].0 as usize] = entries[at].1;
            at += 1;
        }
        Self::new(chars)
    }

    pub(super) fn char(&self, septet: u8) -> Option<char> {
        match self.chars[usize::from(septet & 0x7F)] {
            VOID => None,
            char => Some(char),
        }
    }

    #[inline]
    pub(super) fn septet(&self, char: char) -> Option<u8> {
        if let Ok(low) = u8::try_from(u32::from(char)) {
            let septet = self.low[usize::from(low)];
            return (septet != NONE).then_some(septet);
        }
        let high = self.high.iter().take(self.high_count);
        high.copied().find(|&septet| self.chars[usize::from(septet)] == char)
    }
}
