//! The GSM 7 bit default alphabet with its extension table, and coding between characters and
//! septets under any pair of shift tables (3GPP TS 23.038 §6.2.1).
//!
//! A *locking* table replaces the alphabet itself, a *single shift* table what follows an escape.
//! Septets are held one in each octet; [`super::packed`] squeezes them. Nothing here decides which
//! tables a text should use: that is `choose`.

use super::national::{Language, locking_table, single_table};

/// The septet that announces a character of the single shift table.
pub const ESCAPE: u8 = 0x1B;

/// No character stands at this place of a table.
pub(super) const VOID: char = '\0';

/// What stands in `Table::low` for a character that the table does not have.
const NONE: u8 = 0xFF;

/// The pair of tables a run of septets is read with. `None` is the default alphabet, respectively
/// its extension table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Shifts {
    /// Replaces the alphabet (TS 23.038 §6.2.1.2.3).
    pub locking: Option<Language>,
    /// Replaces the extension table (TS 23.038 §6.2.1.2.2).
    pub single: Option<Language>,
}

/// 128 characters by septet, and the way back: by code for those below U+0100, by looking through
/// the few others.
pub(super) struct Table {
    chars: [char; 128],
    low: [u8; 256],
    high: [u8; HIGH_MAX],
    high_count: usize,
}

/// The most characters from U+0100 on that a table has (Turkish locking: the Greek capitals, €, ı,
/// Ğ, ğ, Ş, ş, İ).
const HIGH_MAX: usize = 20;

impl Table {
    pub(super) const fn new(chars: [char; 128]) -> Self {
        let (mut low, mut high, mut high_count) = ([NONE; 256], [0; HIGH_MAX], 0);
        let mut septet = 0u8;
        while septet < 128 {
            let char = chars[septet as usize];
            // The first place wins, should a character stand at two.
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

    /// A table of few characters, given as (septet, character).
    pub(super) const fn sparse(entries: &[(u8, char)]) -> Self {
        let mut chars = [VOID; 128];
        let mut at = 0;
        while at < entries.len() {
            chars[entries[at].0 as usize] = entries[at].1;
            at += 1;
        }
        Self::new(chars)
    }

    fn char(&self, septet: u8) -> Option<char> {
        match self.chars[usize::from(septet & 0x7F)] {
            VOID => None,
            char => Some(char),
        }
    }

    #[inline]
    fn septet(&self, char: char) -> Option<u8> {
        if let Ok(low) = u8::try_from(u32::from(char)) {
            let septet = self.low[usize::from(low)];
            return (septet != NONE).then_some(septet);
        }
        let high = self.high.iter().take(self.high_count);
        high.copied().find(|&septet| self.chars[usize::from(septet)] == char)
    }
}

/// A character as septets: itself, or an escape and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Septets {
    One(u8),
    Escaped(u8),
}

/// The two tables of a pair of shifts, found once for a whole text.
#[derive(Clone, Copy)]
pub(super) struct Tables {
    base: &'static Table,
    extension: &'static Table,
}

impl Shifts {
    pub(super) fn tables(self) -> Tables {
        Tables {
            base: self.locking.and_then(locking_table).unwrap_or(&DEFAULT),
            extension: self.single.map_or(&EXTENSION, single_table),
        }
    }
}

impl Tables {
    /// The septets of `char`, or `None` when these tables do not have it.
    #[inline]
    pub(super) fn septets(self, char: char) -> Option<Septets> {
        // U+001B and NUL are marks of the tables, not characters that can be sent.
        if matches!(char, '\u{1B}' | VOID) {
            return None;
        }
        if let Some(septet) = self.base.septet(char) {
            return Some(Septets::One(septet));
        }
        self.extension.septet(char).map(Septets::Escaped)
    }
}

/// Reads septets, one in each octet (the high bit is ignored), as TS 23.038 §6.2.1.1 asks:
/// an escape before a place that the table leaves empty shows the alphabet's own character, and an
/// escape before an escape (or at the end) shows a space.
///
/// A language whose tables are not held reads as the default alphabet (§6.2.1.2.5), which is what
/// `None` in `shifts` says.
#[must_use]
pub fn decode_septets(septets: &[u8], shifts: Shifts) -> String {
    let Tables { base, extension } = shifts.tables();
    let mut text = String::with_capacity(septets.len());
    let mut septets = septets.iter().map(|octet| octet & 0x7F);
    while let Some(septet) = septets.next() {
        if septet != ESCAPE {
            text.push(base.char(septet).unwrap_or(' '));
            continue;
        }
        match septets.next() {
            None | Some(ESCAPE) => text.push(' '),
            Some(escaped) => {
                let char = extension.char(escaped).or_else(|| base.char(escaped));
                text.push(char.unwrap_or(' '));
            }
        }
    }
    text
}

/// Writes `text` as septets, one in each octet; `None` when a character is not in the tables.
#[must_use]
pub fn encode_septets(text: &str, shifts: Shifts) -> Option<Vec<u8>> {
    let mut septets = Vec::with_capacity(text.len());
    let tables = shifts.tables();
    for char in text.chars() {
        match tables.septets(char)? {
            Septets::One(septet) => septets.push(septet),
            Septets::Escaped(septet) => septets.extend([ESCAPE, septet]),
        }
    }
    Some(septets)
}

/// The default alphabet, TS 23.038 §6.2.1. Each line is a column of the standard's table.
#[rustfmt::skip]
static DEFAULT: Table = Table::new([
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
]);

/// The extension table, TS 23.038 §6.2.1.1. Form feed is the standard's page break.
static EXTENSION: Table = Table::sparse(&[
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
]);
