//! What the caller allows when a text is put into parts, and why a text is refused.
//!
//! A policy says nothing of the carrier's protocol (UDH, SAR or payload): all of them have the room
//! that is computed here.

use super::national::Language;

/// How a text may be written and cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Which alphabets may be used.
    pub alphabet: Alphabet,
    /// Whether a text outside the default alphabet may use national language tables. Only for
    /// destinations whose networks are known to carry them: others show wrong letters.
    pub national: National,
    /// How wide the reference of a long text is.
    pub reference: ReferenceWidth,
    /// The most parts one text may take. The standard's count is one octet, hence never above 255.
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

/// Which alphabets may carry a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// GSM-7 when every character fits, else UCS-2.
    #[default]
    Automatic,
    /// GSM-7 or a refusal: for carriers without UCS-2, and customers who fear its price.
    Gsm7Only,
    /// Always UCS-2.
    Ucs2Only,
}

/// Whether national language tables may be used. Each costs a part three octets of header.
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

/// How wide the reference number is that the parts of one text share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReferenceWidth {
    /// Information element 0x00 (TS 23.040 §9.2.3.24.1): 153 septets or 67 units a part.
    #[default]
    Eight,
    /// Information element 0x08 (TS 23.040 §9.2.3.24.8): 152 septets or 66 units a part, and a
    /// reference that seldom comes round again.
    Sixteen,
}

/// Why a text cannot be sent. Positions count characters from 0; the text itself is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There is nothing to send.
    #[error("the text is empty")]
    Empty,
    /// A control character (below U+0020) other than line feed, carriage return and form feed.
    #[error("the text has a control character (U+{code:04X}) at position {position}")]
    Control {
        /// Characters before it.
        position: usize,
        /// Its code point.
        code: u32,
    },
    /// The policy allows GSM-7 only, and a character is not in its tables.
    #[error("the character at position {position} is not in the GSM 7 bit alphabet")]
    NotGsm7 {
        /// Characters before it.
        position: usize,
    },
    /// The text takes more parts than the policy allows.
    #[error("the text takes {parts} parts, at most {parts_max} are allowed")]
    TooLong {
        /// Parts it would take.
        parts: usize,
        /// Parts allowed.
        parts_max: u8,
    },
}
