//! How many of a referrer's shares one payment pays, and what its route may cost.

use crate::id::OrderId;
use crate::money::Msat;

/// A share that waits for its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueShare {
    pub order: OrderId,
    pub amount: Msat,
}

/// Shares whose sum is at most `max`, the first ones first, and that sum. What does not fit holds up none after it.
pub fn pick(shares: &[DueShare], max: Msat) -> (Vec<OrderId>, Msat) {
    let (mut picked, mut sum) = (Vec::new(), Msat::ZERO);
    for share in shares {
        if let Some(more) = sum.checked_add(share.amount)
            && more <= max
        {
            picked.push(share.order);
            sum = more;
        }
    }
    (picked, sum)
}

/// The fee limit of payments up to [`SMALL`] is at least this.
const LEAST_FEE: Msat = Msat::new(10_000);

const SMALL: Msat = Msat::new(1_000_000);

/// Up to 1,000 sats one percent, at least 10 sats; above that half a percent.
pub fn routing_fee_max(amount: Msat) -> Msat {
    if amount > SMALL {
        return Msat::new(amount.get() / 200);
    }
    Msat::new(amount.get() / 100).max(LEAST_FEE)
}

/// The largest amount that fits into `per_day` with the fee of its route.
pub fn amount_max(per_day: Msat) -> Msat {
    let fee = routing_fee_max(per_day).max(LEAST_FEE);
    per_day.checked_sub(fee).unwrap_or(Msat::ZERO).max(Msat::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(sats: i64) -> DueShare {
        DueShare { order: OrderId::new([1; 32]), amount: Msat::new(sats * 1_000) }
    }

    #[test]
    fn picks_those_that_fit_the_oldest_first() {
        let shares = [share(300), share(500), share(400), share(1)];
        let sats = |max: i64| {
            let (picked, sum) = pick(&shares, Msat::new(max * 1_000));
            (picked.len(), sum.sats_floor())
        };
        assert_eq!(sats(10_000), (4, 1_201));
        assert_eq!(sats(1_200), (3, 1_200));
        assert_eq!(sats(1_199), (3, 801));
        assert_eq!(sats(299), (1, 1));
        assert_eq!(sats(0), (0, 0));
    }

    #[test]
    fn what_fits_into_a_day_fits_with_its_fee() {
        for sats in (0..3_000).chain([100_000, 9_999_999]) {
            let per_day = Msat::new(sats * 1_000);
            let amount = amount_max(per_day);
            let with_fee = amount.checked_add(routing_fee_max(amount)).unwrap();
            assert!(amount == Msat::ZERO || with_fee <= per_day, "{sats} sats");
        }
        assert_eq!(amount_max(Msat::new(1_010_000)), SMALL);
    }

    #[test]
    fn the_fee_limit_is_that_of_small_and_large_payments() {
        for (sats, fee_msat) in [(1, 10_000), (1_000, 10_000), (1_001, 5_005), (100_000, 500_000)] {
            assert_eq!(routing_fee_max(Msat::new(sats * 1_000)).get(), fee_msat, "{sats} sats");
        }
    }
}
