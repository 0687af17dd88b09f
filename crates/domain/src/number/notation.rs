//! How a door reads numbers: its home country, and how much of a numbering plan an international number must fit.

use super::home::Home;

/// What an international number must be. National readings are always held to the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Accept {
    /// A known calling code and a length that its plan has. Plans change faster than any table, and the carrier knows.
    #[default]
    Possible,
    /// In a range that is assigned in its plan.
    Valid,
}

/// How numbers are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notation {
    /// The country whose national formats are read; without one every number is international.
    pub home: Option<Home>,
    pub accept: Accept,
}

impl Notation {
    /// The same for doors without a home country.
    #[must_use]
    pub const fn without_home(self) -> Self {
        Self { home: None, ..self }
    }

    /// Possible numbers, in the national formats of a country too.
    #[must_use]
    pub const fn of(home: Option<Home>) -> Self {
        Self { home, accept: Accept::Possible }
    }
}
