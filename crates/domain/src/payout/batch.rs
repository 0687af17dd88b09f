//! How many of a referrer's shares one payment pays, and what its route may cost.

use crate::id::OrderId;
use crate::money::Msat;

/// A share that waits for its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueShare {
    pub order: OrderId,
    pub amount: Msat,
}

/// The first shares whose sum is at most `max`, and that sum.
pub fn pick(shares: &[DueShare], max: Msat) -> (&[DueShare], Msat) {
    let (mut count, mut sum) = (0, Msat::ZERO);
    for share in shares {
        match sum.checked_add(share.amount) {
            Some(more) if more <= max => (count, sum) = (count + 1, more),
            _ => break,
        }
    }
    (shares.get(..count).unwrap_or_default(), sum)
}

/// Up to 1,000 sats one percent, at least 10 sats; above that half a percent.
pub const fn routing_fee_max(amount: Msat) -> Msat {
    const SMALL: i64 = 1_000_000;
    const LEAST: i64 = 10_000;
    let msat = amount.get();
    if msat > SMALL {
        return Msat::new(msat / 200);
    }
    let percent = msat / 100;
    Msat::new(if percent > LEAST { percent } else { LEAST })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(sats: i64) -> DueShare {
        DueShare { order: OrderId::new([1; 32]), amount: Msat::new(sats * 1_000) }
    }

    #[test]
    fn picks_the_oldest_that_fit() {
        let shares = [share(300), share(500), share(400), share(1)];
        let sats = |max: i64| {
            let (picked, sum) = pick(&shares, Msat::new(max * 1_000));
            (picked.len(), sum.sats_floor())
        };
        assert_eq!(sats(10_000), (4, 1_201));
        assert_eq!(sats(1_199), (2, 800));
        assert_eq!(sats(299), (0, 0));
    }

    #[test]
    fn the_fee_limit_is_that_of_small_and_large_payments() {
        for (sats, fee_msat) in [(1, 10_000), (1_000, 10_000), (1_001, 5_005), (100_000, 500_000)] {
            assert_eq!(routing_fee_max(Msat::new(sats * 1_000)).get(), fee_msat, "{sats} sats");
        }
    }
}
