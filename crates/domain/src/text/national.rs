//! National language tables of 3GPP TS 23.038 annex A: Turkish, Spanish and Portuguese.
//!
//! The tables of the Indian languages (identifiers 4 to 13) are omitted until they can be checked against the standard's
//! text. Their texts are sent as UCS-2, and inbound parts with them are decoded with the default alphabet, as §6.2.1.2.5
//! requires of a receiver without them.

use super::table::Table;

/// A language with national tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Single shift §A.2.1, locking shift §A.3.1.
    Turkish,
    /// Single shift §A.2.2; the standard has no locking table for it (§A.3.2 is void).
    Spanish,
    /// Single shift §A.2.3, locking shift §A.3.3.
    Portuguese,
}

impl Language {
    /// The National Language Identifier (TS 23.038 §6.2.1.2.4), the value of the information
    /// elements 0x24 and 0x25.
    #[must_use]
    pub const fn identifier(self) -> u8 {
        match self {
            Self::Turkish => 1,
            Self::Spanish => 2,
            Self::Portuguese => 3,
        }
    }

    /// The language of an identifier, if its tables are supported.
    #[must_use]
    pub const fn from_identifier(identifier: u8) -> Option<Self> {
        match identifier {
            1 => Some(Self::Turkish),
            2 => Some(Self::Spanish),
            3 => Some(Self::Portuguese),
            _ => None,
        }
    }
}

pub(super) fn locking_table(language: Language) -> Option<&'static Table> {
    match language {
        Language::Turkish => Some(&TURKISH_LOCKING),
        Language::Spanish => None,
        Language::Portuguese => Some(&PORTUGUESE_LOCKING),
    }
}

pub(super) fn single_table(language: Language) -> &'static Table {
    match language {
        Language::Turkish => &TURKISH_SINGLE,
        Language::Spanish => &SPANISH_SINGLE,
        Language::Portuguese => &PORTUGUESE_SINGLE,
    }
}

/// TS 23.038 §A.3.1.
#[rustfmt::skip]
static TURKISH_LOCKING: Table = Table::new([
    '@', '£', '$', '¥', '€', 'é', 'ù', 'ı', 'ò', 'Ç', '\n', 'Ğ', 'ğ', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Ş', 'ş', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    'İ', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    'ç', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
]);

/// TS 23.038 §A.3.3.
#[rustfmt::skip]
static PORTUGUESE_LOCKING: Table = Table::new([
    '@', '£', '$', '¥', 'ê', 'é', 'ú', 'í', 'ó', 'ç', '\n', 'Ô', 'ô', '\r', 'Á', 'á',
    'Δ', '_', 'ª', 'Ç', 'À', '∞', '^', '\\', '€', 'Ó', '|', '\u{1B}', 'Â', 'â', 'Ê', 'É',
    ' ', '!', '"', '#', 'º', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    'Í', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ã', 'Õ', 'Ú', 'Ü', '§',
    '~', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ã', 'õ', '`', 'ü', 'à',
]);

/// TS 23.038 §A.2.1.
#[rustfmt::skip]
static TURKISH_SINGLE: Table = Table::sparse(&[
    (0x0A, '\u{0C}'), (0x14, '^'), (0x28, '{'), (0x29, '}'), (0x2F, '\\'), (0x3C, '['),
    (0x3D, '~'), (0x3E, ']'), (0x40, '|'), (0x65, '€'),
    (0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş'),
]);

/// TS 23.038 §A.2.2.
#[rustfmt::skip]
static SPANISH_SINGLE: Table = Table::sparse(&[
    (0x0A, '\u{0C}'), (0x14, '^'), (0x28, '{'), (0x29, '}'), (0x2F, '\\'), (0x3C, '['),
    (0x3D, '~'), (0x3E, ']'), (0x40, '|'), (0x65, '€'),
    (0x09, 'ç'), (0x41, 'Á'), (0x49, 'Í'), (0x4F, 'Ó'), (0x55, 'Ú'),
    (0x61, 'á'), (0x69, 'í'), (0x6F, 'ó'), (0x75, 'ú'),
]);

/// TS 23.038 §A.2.3.
#[rustfmt::skip]
static PORTUGUESE_SINGLE: Table = Table::sparse(&[
    (0x05, 'ê'), (0x09, 'ç'), (0x0A, '\u{0C}'), (0x0B, 'Ô'), (0x0C, 'ô'), (0x0E, 'Á'), (0x0F, 'á'),
    (0x12, 'Φ'), (0x13, 'Γ'), (0x14, '^'), (0x15, 'Ω'), (0x16, 'Π'), (0x17, 'Ψ'), (0x18, 'Σ'),
    (0x19, 'Θ'), (0x1F, 'Ê'), (0x28, '{'), (0x29, '}'), (0x2F, '\\'), (0x3C, '['), (0x3D, '~'),
    (0x3E, ']'), (0x40, '|'), (0x41, 'À'), (0x49, 'Í'), (0x4F, 'Ó'), (0x55, 'Ú'), (0x5B, 'Ã'),
    (0x5C, 'Õ'), (0x61, 'Â'), (0x65, '€'), (0x69, 'í'), (0x6F, 'ó'), (0x75, 'ú'), (0x7B, 'ã'),
    (0x7C, 'õ'), (0x7F, 'â'),
]);
