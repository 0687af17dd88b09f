//! How the reservation of a campaign is posted and voided, share by share, as its recipients become
//! final.
//!
//! | a recipient becomes | refunds *undelivered* | refunds *unsent* |
//! |---|---|---|
//! | *success* | posted | posted |
//! | any other final state, and a carrier took its whole text | voided | posted |
//! | any other final state, and none did | voided | voided |
//!
//! A campaign cancelled before its start voids all that is left.
//!
//! | posted + voided | the reservation is |
//! |---|---|
//! | less than reserved | *pending* |
//! | all, something of it posted | *posted* |
//! | all, nothing of it posted | *voided* |
//! | more than reserved | refused: the ledger would not balance |

use std::cmp::Ordering;

use super::ledger::{TransferEvent, TransferState, next};
use crate::money::Msat;

/// A reservation, and how much of it is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// In all, with every paid retry.
    pub reserved: Msat,
    pub posted: Msat,
    pub voided: Msat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    #[error("an amount is too large to be counted")]
    Overflow,
    #[error("more would be settled than is reserved")]
    MoreThanReserved,
}

impl Settlement {
    /// Posts or voids the price of a recipient that became final.
    pub fn settle(&mut self, price: Msat, is_kept: bool) -> Result<(), SettlementError> {
        let share = if is_kept { &mut self.posted } else { &mut self.voided };
        *share = share.checked_add(price).ok_or(SettlementError::Overflow)?;
        self.state().map(drop)
    }

    /// Voids what is left, and returns how much that was.
    pub fn void_rest(&mut self) -> Result<Msat, SettlementError> {
        self.state()?;
        let rest = self.rest()?;
        self.voided = self.voided.checked_add(rest).ok_or(SettlementError::Overflow)?;
        Ok(rest)
    }

    /// The state of the reservation's transfer.
    pub fn state(&self) -> Result<TransferState, SettlementError> {
        let event = match self.rest()?.cmp(&Msat::ZERO) {
            Ordering::Greater => return Ok(TransferState::Pending),
            Ordering::Equal if self.posted > Msat::ZERO => TransferEvent::Post,
            Ordering::Equal => TransferEvent::Void,
            Ordering::Less => return Err(SettlementError::MoreThanReserved),
        };
        next(TransferState::Pending, event).map_err(|_| SettlementError::MoreThanReserved)
    }

    /// What was posted and voided since `before`.
    pub fn since(&self, before: &Self) -> Result<(Msat, Msat), SettlementError> {
        let difference =
            |after: Msat, before| after.checked_sub(before).ok_or(SettlementError::Overflow);
        Ok((difference(self.posted, before.posted)?, difference(self.voided, before.voided)?))
    }

    fn rest(&self) -> Result<Msat, SettlementError> {
        let decided = self.posted.checked_add(self.voided).ok_or(SettlementError::Overflow)?;
        self.reserved.checked_sub(decided).ok_or(SettlementError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_add_up_to_the_reservation(
            prices in prop::collection::vec((0..1_000_i64, any::<bool>()), 1..50),
            settled in 0..50_usize,
        ) {
            let reserved = Msat::checked_sum(prices.iter().map(|(price, _)| Msat::new(*price)));
            let reserved = reserved.unwrap();
            let mut settlement = Settlement { reserved, ..Settlement::default() };
            let mut posted = 0;
            for (price, is_kept) in prices.iter().take(settled) {
                let before = settlement;
                settlement.settle(Msat::new(*price), *is_kept).unwrap();
                let (kept, given_back) = settlement.since(&before).unwrap();
                prop_assert_eq!(kept.get() + given_back.get(), *price);
                posted += if *is_kept { *price } else { 0 };
            }
            prop_assert_eq!(settlement.posted, Msat::new(posted));
            settlement.void_rest().unwrap();
            prop_assert_eq!(settlement.posted.get() + settlement.voided.get(), reserved.get());
            let expected =
                if posted > 0 { TransferState::Posted } else { TransferState::Voided };
            prop_assert_eq!(settlement.state(), Ok(expected));
        }

        #[test]
        fn settles_no_more_than_is_reserved(
            reserved in 0..100_i64, price in 0..200_i64, is_kept: bool
        ) {
            let reserved_msat = Msat::new(reserved);
            let mut settlement = Settlement { reserved: reserved_msat, ..Settlement::default() };
            let settled = settlement.settle(Msat::new(price), is_kept);
            let refused = Err(SettlementError::MoreThanReserved);
            prop_assert_eq!(settled, if price > reserved { refused } else { Ok(()) });
        }
    }

    #[test]
    fn is_pending_until_all_is_decided() {
        let mut settlement = Settlement { reserved: Msat::new(3), ..Settlement::default() };
        assert_eq!(settlement.state(), Ok(TransferState::Pending));
        settlement.settle(Msat::new(2), true).unwrap();
        assert_eq!(settlement.state(), Ok(TransferState::Pending));
        settlement.settle(Msat::new(1), false).unwrap();
        assert_eq!(settlement.state(), Ok(TransferState::Posted));
    }
}
