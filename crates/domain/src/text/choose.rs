//! The encodings of texts, and the capacity of a part in each.
//!
//! The capacity is always computed from the octets of the header (3GPP TS 23.040 §9.2.3.24).

use super::{
    alphabet::{Shifts, Tables},
    national::{Language, locking_table},
    policy::{National, ReferenceWidth},
};

/// Octets of user data in one part, including the header (TS 23.040 §9.2.3.16).
pub(super) const USER_DATA_OCTETS: usize = 140;

/// How a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7 bit; a unit is a septet. `None` is the default alphabet and its extension.
    Gsm7 {
        /// The locking shift table.
        locking: Option<Language>,
        /// The single shift table.
        single: Option<Language>,
    },
    /// UTF-16, big-endian; a unit is 16 bits.
    Ucs2,
}

impl Encoding {
    /// GSM 7 bit without national tables.
    pub const GSM7: Self = Self::Gsm7 { locking: None, single: None };

    /// `data_coding` (SMPP 3.4 §5.2.19): 0x00 (the carrier's default alphabet, here GSM-7) or 0x08.
    #[must_use]
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm7 { .. } => 0x00,
            Self::Ucs2 => 0x08,
        }
    }

    /// Capacity in units after a header of `header_octets`, including its length octet.
    #[must_use]
    pub const fn room(self, header_octets: usize) -> usize {
        let octets = USER_DATA_OCTETS.saturating_sub(header_octets);
        match self {
            Self::Gsm7 { .. } => octets * 8 / 7,
            Self::Ucs2 => octets / 2,
        }
    }

    /// The tables of GSM-7; `None` for UCS-2.
    pub(super) fn tables(self) -> Option<Tables> {
        match self {
            Self::Gsm7 { locking, single } => Some(Shifts { locking, single }.tables()),
            Self::Ucs2 => None,
        }
    }

    /// Octets of a part's header, including its length octet: 3 for each national table, 5 or 6 for concatenation; 0
    /// without a header.
    #[must_use]
    pub(super) const fn header_octets(self, concat: Option<ReferenceWidth>) -> usize {
        let tables = match self {
            Self::Gsm7 { locking, single } => {
                locking.is_some() as usize + single.is_some() as usize
            }
            Self::Ucs2 => 0,
        };
        let elements = 3 * tables
            + match concat {
                None => 0,
                Some(ReferenceWidth::Eight) => 5,
                Some(ReferenceWidth::Sixteen) => 6,
            };
        if elements == 0 { 0 } else { 1 + elements }
    }

    /// Capacity of a single part, in units.
    pub(super) const fn room_alone(self) -> usize {
        self.room(self.header_octets(None))
    }

    /// Capacity of each of several parts, in units.
    pub(super) const fn room_of_many(self, width: ReferenceWidth) -> usize {
        self.room(self.header_octets(Some(width)))
    }
}

impl From<Shifts> for Encoding {
    fn from(shifts: Shifts) -> Self {
        Self::Gsm7 { locking: shifts.locking, single: shifts.single }
    }
}

/// The pairs of national tables that a policy allows, most widely supported first.
pub(super) fn national_shifts(national: National) -> impl Iterator<Item = Shifts> {
    let (language, locking_allowed) = match national {
        National::Forbidden => (None, false),
        National::Single(language) => (Some(language), false),
        National::SingleAndLocking(language) => (Some(language), true),
    };
    let locking = language.filter(|&held| locking_allowed && locking_table(held).is_some());
    let single_only = language.map(|_| Shifts { locking: None, single: language });
    let locking_only = locking.map(|_| Shifts { locking, single: None });
    let both = locking.map(|_| Shifts { locking, single: language });
    [single_only, locking_only, both].into_iter().flatten()
}
