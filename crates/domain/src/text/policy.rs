//! The caller's policy for encoding a text, and the reasons for refusing one.
//!
//! A policy is independent of the carrier's protocol (UDH, SAR or payload): the capacity is the same.

use super::national::Language;

/// How a text may be encoded and split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Allowed alphabets.
    pub alphabet: Alphabet,
    /// Whether a text outside the default alphabet may use national language tables. Only for destinations whose
    /// networks support them: others show wrong letters.
    pub national: National,
    /// Width of a long text's reference.
    pub reference: ReferenceWidth,
    /// Limit of parts; at most 255, because the standard's count is one octet.
    pub parts_max: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            alphabet: Alphabet::Automatic,
            national: National::Forbidden,
            reference: ReferenceWidth::Eight,
            parts_max: u8::MAX,
        }
    }
}

/// Allowed alphabets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// GSM-7 if it has every character, else UCS-2.
    #[default]
    Automatic,
    /// GSM-7 or a refusal, for carriers without UCS-2 and for customers who avoid its price.
    Gsm7Only,
    /// Always UCS-2.
    Ucs2Only,
}

/// Allowed national language tables. Each takes three octets of a part's header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum National {
    /// The default alphabet and its extension table only.
    #[default]
    Forbidden,
    /// The language's single shift table.
    Single(Language),
    /// Its single shift table, its locking table, or both: whichever takes the fewest parts.
    SingleAndLocking(Language),
}

/// Width of the reference shared by the parts of one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReferenceWidth {
    /// Information element 0x00 (TS 23.040 §9.2.3.24.1): 153 septets or 67 units a part.
    #[default]
    Eight,
    /// Information element 0x08 (TS 23.040 §9.2.3.24.8): 152 septets or 66 units a part, and a reference that rarely
    /// repeats.
    Sixteen,
}

/// Why a text cannot be sent. Positions count characters from 0; the text itself is never included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// A control character (below U+0020) other than line feed, carriage return and form feed.
    #[error("the text has a control character (U+{code:04X}) at position {position}")]
    Control {
        /// Position in characters, from 0.
        position: usize,
        /// Its code point.
        code: u32,
    },
    /// The policy allows only GSM-7, and a character is not in its tables.
    #[error("the character at position {position} is not in the GSM 7 bit alphabet")]
    NotGsm7 {
        /// Position in characters, from 0.
        position: usize,
    },
    /// The text needs more parts than the policy allows.
    #[error("the text takes {parts} parts, at most {parts_max} are allowed")]
    TooLong {
        /// Parts needed.
        parts: usize,
        /// Parts allowed.
        parts_max: u8,
    },
}
