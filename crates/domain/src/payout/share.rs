//! The referrer's share of a settled order.

use crate::money::Msat;

/// Hundredths of a percent, 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShareRate(u16);

impl ShareRate {
    const WHOLE: u16 = 10_000;

    /// `None` above 100 percent.
    pub const fn from_basis_points(points: u16) -> Option<Self> {
        if points <= Self::WHOLE { Some(Self(points)) } else { None }
    }

    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// Rounded down to whole sats, because payees take no parts of one. `None`: no share is due.
    pub fn of(self, settled: Msat) -> Option<Msat> {
        let share = i128::from(settled.get()) * i128::from(self.0) / i128::from(Self::WHOLE);
        let sats = i64::try_from(share / 1_000).ok()?;
        Msat::from_sats(sats).filter(|share| *share > Msat::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_rounded_down_to_whole_sats() {
        let tenth = ShareRate::from_basis_points(1_000).unwrap();
        assert_eq!(tenth.of(Msat::new(3_000_000)), Some(Msat::new(300_000)));
        assert_eq!(tenth.of(Msat::new(1_009_999)), Some(Msat::new(100_000)));
        assert_eq!(tenth.of(Msat::new(9_999)), None);
        assert_eq!(tenth.of(Msat::new(-5_000_000)), None);
        assert_eq!(ShareRate::default().of(Msat::new(3_000_000)), None);
        assert_eq!(ShareRate::from_basis_points(10_001), None);
    }

    proptest! {
        #[test]
        fn is_never_more_than_what_was_settled(points in 0_u16..=10_000, msat in any::<i64>()) {
            let rate = ShareRate::from_basis_points(points).unwrap();
            if let Some(share) = rate.of(Msat::new(msat)) {
                prop_assert!(share.get() > 0 && share.get() <= msat && share.get() % 1_000 == 0);
            }
        }
    }
}
