//! The GSM 7 bit default alphabet with its extension table, and encoding and decoding with any pair of shift tables
//! (3GPP TS 23.038 §6.2.1).
//!
//! A *locking* table replaces the alphabet itself, a *single shift* table the characters after an escape. Septets are
//! stored one per octet; [`super::packed`] packs them. `choose` decides which tables a text uses.

use super::national::{Language, locking_table, single_table};
use super::table::{Table, VOID};

/// The septet that precedes a character of the single shift table.
pub const ESCAPE: u8 = 0x1B;

/// The pair of tables for a run of septets. `None` is the default alphabet or its extension table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Shifts {
    /// Replaces the alphabet (TS 23.038 §6.2.1.2.3).
    pub locking: Option<Language>,
    /// Replaces the extension table (TS 23.038 §6.2.1.2.2).
    pub single: Option<Language>,
}

/// A character as septets: itself, or an escape and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Septets {
    One(u8),
    Escaped(u8),
}

/// The tables of a pair of shifts, looked up once per text.
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
    /// The septets of `char`; `None` if it is not in the tables.
    #[inline]
    pub(super) fn septets(self, char: char) -> Option<Septets> {
        // U+001B and NUL are markers in the tables, not characters.
        if matches!(char, '\u{1B}' | VOID) {
            return None;
        }
        if let Some(septet) = self.base.septet(char) {
            return Some(Septets::One(septet));
        }
        self.extension.septet(char).map(Septets::Escaped)
    }
}

/// Decodes septets, one per octet (the high bit is ignored), as in TS 23.038 §6.2.1.1: an escape before a septet without
/// an entry gives the alphabet's own character; an escape before an escape or at the end gives a space.
///
/// For a language without tables here the default alphabet is used (§6.2.1.2.5): `None` in `shifts`.
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

/// Encodes `text` as septets, one per octet; `None` if a character is not in the tables.
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

/// The default alphabet (TS 23.038 §6.2.1). Each line is a column of the standard's table.
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

/// The extension table (TS 23.038 §6.2.1.1). Form feed is the standard's page break.
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
