//! Money in whole millisatoshi, without floats and with checked arithmetic. Exchange rates are configuration.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// An amount in millisatoshi. Negative amounts occur only in the ledger, as one side of a transfer.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Msat(i64);

/// 21 million bitcoin, the upper limit of amounts; a thousand of them can be summed without overflow.
const MSAT_MAX: i64 = 21_000_000 * 100_000_000 * 1_000;

impl Msat {
    pub const ZERO: Self = Self(0);

    pub const fn new(msat: i64) -> Self {
        Self(msat)
    }

    /// `None` above 21 million bitcoin.
    pub const fn from_sats(sats: i64) -> Option<Self> {
        match sats.checked_mul(1_000) {
            Some(msat) if msat >= -MSAT_MAX && msat <= MSAT_MAX => Some(Self(msat)),
            _ => None,
        }
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whole satoshi, rounded down, so that a displayed balance never exceeds the real one.
    pub const fn sats_floor(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole satoshi, rounded up: what a price shows is never less than what is charged.
    pub const fn sats_ceil(self) -> i64 {
        self.0.div_euclid(1_000) + (self.0.rem_euclid(1_000) > 0) as i64
    }

    /// Rounded up to whole satoshi; `None` beyond what can be counted.
    pub const fn round_up(self) -> Option<Self> {
        match self.sats_ceil().checked_mul(1_000) {
            Some(msat) => Some(Self(msat)),
            None => None,
        }
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The sum; `None` on overflow.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} msat", self.0)
    }
}

impl Sum for Msat {
    /// Saturating sum, for reports only.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| Self(sum.0.saturating_add(amount.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_more_than_21_million_bitcoin() {
        assert!(Msat::from_sats(2_100_000_000_000_000).is_some());
        assert!(Msat::from_sats(2_100_000_000_000_001).is_none());
        assert!(Msat::from_sats(i64::MAX).is_none());
    }

    #[test]
    fn shows_a_balance_rounded_down() {
        assert_eq!(Msat::new(1_999).sats_floor(), 1);
        assert_eq!(Msat::new(-1).sats_floor(), -1);
    }

    #[test]
    fn shows_a_price_rounded_up() {
        assert_eq!(Msat::new(1_001).sats_ceil(), 2);
        assert_eq!(Msat::new(2_000).sats_ceil(), 2);
        assert_eq!(Msat::new(1).round_up(), Some(Msat::new(1_000)));
        assert_eq!(Msat::new(i64::MAX).round_up(), None);
    }

    #[test]
    fn overflow_is_none() {
        assert_eq!(Msat::new(i64::MAX).checked_add(Msat::new(1)), None);
        assert_eq!(Msat::new(i64::MAX).checked_mul(2), None);
    }
}
