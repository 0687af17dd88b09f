//! Section `[referrals]`.

use anyhow::Context;
use domain::money::Msat;
use domain::payout::{ShareRate, amount_max};
use engine::ReferralSettings;
use serde::Deserialize;

/// Shares of referrers, and their payment.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReferralsConfig {
    pub share_percent: u16,
    pub floor_sats: i64,
    pub per_day_sats: i64,
}

impl Default for ReferralsConfig {
    fn default() -> Self {
        Self { share_percent: 10, floor_sats: 1_000, per_day_sats: 100_000 }
    }
}

impl ReferralsConfig {
    pub(crate) fn settings(self) -> anyhow::Result<ReferralSettings> {
        let points = self.share_percent.saturating_mul(100);
        let share = ShareRate::from_basis_points(points).context("referrals.share_percent")?;
        let floor = Msat::from_sats(self.floor_sats).context("referrals.floor_sats")?;
        let per_day = Msat::from_sats(self.per_day_sats).context("referrals.per_day_sats")?;
        Ok(ReferralSettings { share, floor, per_day })
    }

    /// The key that is wrong, and why.
    pub(super) fn mistake(self) -> Option<(&'static str, String)> {
        let (floor, per_day) = (self.floor_sats, self.per_day_sats);
        if self.share_percent > 50 {
            let text = "share_percent must be 0 to 50; 0 ends shares";
            return Some(("share_percent", text.to_owned()));
        }
        if floor < 1 {
            return Some(("floor_sats", "floor_sats must be at least 1".to_owned()));
        }
        let fits = || Some(amount_max(Msat::from_sats(per_day)?) >= Msat::from_sats(floor)?);
        if fits() != Some(true) {
            let text = "per_day_sats must be floor_sats and the fee of its route, or more";
            return Some(("per_day_sats", text.to_owned()));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_room_for_the_floor_and_the_fee_of_its_route() {
        let mistake = |floor_sats, per_day_sats| {
            ReferralsConfig { floor_sats, per_day_sats, ..ReferralsConfig::default() }.mistake()
        };
        for (floor, day) in [(1_000, 1_010), (1, 11), (5_000, 5_026)] {
            assert_eq!(mistake(floor, day), None);
        }
        for (floor, day) in [(1_000, 1_009), (1, 10), (5_000, 5_025)] {
            assert_eq!(mistake(floor, day).unwrap().0, "per_day_sats");
        }
    }
}
