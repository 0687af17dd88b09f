//! When a held payment may be worked on, and when it must be let go. Heights are block heights,
//! deltas are blocks.
//!
//! A payment is held by hash time-locked contracts that expire at a block height, while our work
//! is measured in minutes. Blocks come at random, so each product is given the number of blocks
//! that its time exceeds less than once in a million (15 % growth of hash rate included).
//!
//! | age of the tip | new payments | heights are taken as |
//! |---|---|---|
//! | up to 60 minutes | sold, held | the tip's |
//! | up to 2 hours | sold, held | one block more for every 5 minutes beyond 60 |
//! | more, or the node is not synced | not sold; a payment that is held waits within its margin | the same |
//!
//! Gaps of an hour between two blocks come every few days. Counting a block for every 5 minutes is
//! twice what a chain that runs unseen would add.

use std::time::Duration;

use crate::money::Msat;
use crate::sale::order::{OrderKind, OrderState};
use crate::time::Timestamp;

/// Blocks before the node's own deadline at which we act.
pub const ACTION_MARGIN_BLOCKS: u32 = 6;

/// A tip older than this is stale: nothing new is sold.
pub const TIP_AGE_MAX: Duration = Duration::from_secs(2 * 60 * 60);

/// Up to this age the tip's height is the chain's.
const TIP_AGE_USUAL: Duration = Duration::from_secs(60 * 60);

/// Beyond that, as many blocks are assumed as this fits into the rest of its age.
const UNSEEN_BLOCK: Duration = Duration::from_secs(5 * 60);

/// Products that are decided within this are short.
const SHORT: Duration = Duration::from_secs(60 * 60);

/// Of the slots for held payments, what long products may fill.
pub const LONG_HELD_PERCENT: u64 = 75;

/// How long a product may keep a payment held, in time and in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldTerms {
    /// After this the order is decided, one way or the other.
    pub work: Duration,
    /// Blocks that pass in `work` less than once in a million.
    pub work_blocks: u32,
    /// `min_final_cltv_expiry_delta` of the invoice (BOLT 11 `c`).
    pub cltv_delta: u32,
}

impl HoldTerms {
    /// A text waits `receipt_wait` for its receipt, at most 24 hours. A number waits 21 minutes for its
    /// code. A rental gets its number within as long, and is fulfilled 20 minutes later. Mail is decided
    /// in minutes, credit at once.
    pub const fn of(kind: OrderKind, receipt_wait: Duration) -> Self {
        match kind {
            OrderKind::Send => Self::of_text(receipt_wait),
            OrderKind::Rent => {
                Self { work: Duration::from_secs(41 * 60), work_blocks: 19, cltv_delta: 80 }
            }
            OrderKind::Receive => {
                Self { work: Duration::from_secs(21 * 60), work_blocks: 14, cltv_delta: 60 }
            }
            OrderKind::Email | OrderKind::Fund => {
                Self { work: Duration::from_secs(20 * 60), work_blocks: 13, cltv_delta: 60 }
            }
        }
    }
}

impl HoldTerms {
    /// Of the payments that a node may hold, as many as may be held when one more of this product is sold: long ones
    /// are refused first, because each keeps its slot for hours.
    pub const fn share_of_slots(self, held_max: u64) -> u64 {
        let percent = if self.work.as_secs() > SHORT.as_secs() { LONG_HELD_PERCENT } else { 100 };
        held_max.saturating_mul(percent) / 100
    }

    const fn of_text(receipt_wait: Duration) -> Self {
        let minutes = receipt_wait.as_secs().div_ceil(60);
        let (work_blocks, cltv_delta) = match minutes {
            0..=20 => (13, 60),
            21..=60 => (24, 80),
            61..=120 => (36, 96),
            121..=240 => (57, 144),
            241..=480 => (95, 168),
            481..=720 => (130, 192),
            _ => (231, 288),
        };
        Self { work: receipt_wait, work_blocks, cltv_delta }
    }
}

/// A payment that the node reports as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPayment {
    pub amount: Msat,
    /// At this height the node gives the money back by itself.
    pub deadline_height: u32,
}

/// The node's view of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    pub height: u32,
    pub synced: bool,
    /// When the newest block was seen.
    pub seen_at: Timestamp,
}

impl Tip {
    /// The chain's height, as far as it can be told from a tip of this age.
    pub fn height_at(&self, now: Timestamp) -> u32 {
        let unseen = now.since(self.seen_at).saturating_sub(TIP_AGE_USUAL);
        let blocks = unseen.as_secs() / UNSEEN_BLOCK.as_secs();
        self.height.saturating_add(u32::try_from(blocks).unwrap_or(u32::MAX))
    }

    /// Whether anything new may be sold.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.synced && now.since(self.seen_at) <= TIP_AGE_MAX
    }
}

/// Why work on a held payment may not begin. It is given back at once, or waits while the tip is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the order is no longer open for payment")]
    NotOpen,
    #[error("paid after the order's time to pay")]
    TooLate,
    #[error("less than the price")]
    Underpaid,
    #[error("more than twice the price")]
    Overpaid,
    #[error("too few blocks are left to do the work")]
    DeadlineTooNear,
    #[error("the node does not see the chain as it is now")]
    StaleTip,
}

/// Whether work on `payment` may begin (see the module's text).
pub fn check(
    terms: HoldTerms,
    state: OrderState,
    price: Msat,
    pay_by: Timestamp,
    payment: HeldPayment,
    tip: Tip,
    now: Timestamp,
) -> Result<(), Unfit> {
    if state != OrderState::Open {
        return Err(Unfit::NotOpen);
    }
    if now > pay_by {
        return Err(Unfit::TooLate);
    }
    if payment.amount < price {
        return Err(Unfit::Underpaid);
    }
    if price.checked_mul(2).is_none_or(|twice| payment.amount > twice) {
        return Err(Unfit::Overpaid);
    }
    let needed = terms.work_blocks + ACTION_MARGIN_BLOCKS;
    if payment.deadline_height.saturating_sub(tip.height_at(now)) < needed {
        return Err(Unfit::DeadlineTooNear);
    }
    if tip.is_fresh(now) { Ok(()) } else { Err(Unfit::StaleTip) }
}

/// Whether a held payment must be decided now, because the node will soon decide by itself.
pub fn must_decide(deadline_height: u32, tip: &Tip, now: Timestamp) -> bool {
    tip.height_at(now).saturating_add(ACTION_MARGIN_BLOCKS) >= deadline_height
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const PRICE: Msat = Msat::new(1_000_000);

    fn terms(kind: OrderKind) -> HoldTerms {
        HoldTerms::of(kind, Duration::from_secs(4 * 60 * 60))
    }

    fn minutes_ago(minutes: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - minutes * 60_000)
    }

    fn verdict(change: impl FnOnce(&mut HeldPayment, &mut Tip)) -> Result<(), Unfit> {
        let mut payment = HeldPayment { amount: PRICE, deadline_height: 1_063 };
        let mut tip = Tip { height: 1_000, synced: true, seen_at: NOW };
        change(&mut payment, &mut tip);
        check(terms(OrderKind::Send), OrderState::Open, PRICE, NOW, payment, tip, NOW)
    }

    #[test]
    fn accepts_an_exact_payment_with_just_enough_blocks() {
        assert_eq!(verdict(|_, _| ()), Ok(()));
    }

    #[test]
    fn gives_back_what_is_unfit() {
        assert_eq!(verdict(|p, _| p.amount = Msat::new(999_999)), Err(Unfit::Underpaid));
        assert_eq!(verdict(|p, _| p.amount = Msat::new(2_000_001)), Err(Unfit::Overpaid));
        assert_eq!(verdict(|p, _| p.deadline_height -= 1), Err(Unfit::DeadlineTooNear));
        assert_eq!(verdict(|_, t| t.synced = false), Err(Unfit::StaleTip));
    }

    #[test]
    fn an_old_tip_counts_as_higher_and_sells_for_two_hours() {
        for (age, unseen) in [(0, 0), (60, 0), (64, 0), (65, 1), (69, 1), (70, 2), (120, 12)] {
            let tip = Tip { height: 1_000, synced: true, seen_at: minutes_ago(age) };
            assert_eq!(tip.height_at(NOW), 1_000 + unseen, "{age} minutes");
            let with = |blocks| {
                verdict(|payment, tip| {
                    payment.deadline_height = 1_063 + blocks;
                    tip.seen_at = minutes_ago(age);
                })
            };
            assert_eq!(with(unseen), Ok(()), "{age} minutes");
            if unseen > 0 {
                assert_eq!(with(unseen - 1), Err(Unfit::DeadlineTooNear), "{age} minutes");
            }
        }
        let stale = verdict(|payment, tip| {
            payment.deadline_height = 2_000;
            tip.seen_at = minutes_ago(121);
        });
        assert_eq!(stale, Err(Unfit::StaleTip));
    }

    #[test]
    fn refuses_late_payment_and_payment_of_a_cancelled_order() {
        let payment = HeldPayment { amount: PRICE, deadline_height: 1_063 };
        let tip = Tip { height: 1_000, synced: true, seen_at: NOW };
        let terms = terms(OrderKind::Send);
        let early = Timestamp::from_millis(NOW.as_millis() - 1);
        let late = check(terms, OrderState::Open, PRICE, early, payment, tip, NOW);
        assert_eq!(late, Err(Unfit::TooLate));
        let again = check(terms, OrderState::Cancelled, PRICE, NOW, payment, tip, NOW);
        assert_eq!(again, Err(Unfit::NotOpen));
    }

    #[test]
    fn terms_leave_room_for_the_largest_node_margin() {
        let lnd_margin = 18;
        for minutes in (10..=24 * 60).step_by(10) {
            for &kind in OrderKind::ALL {
                let terms = HoldTerms::of(kind, Duration::from_secs(minutes * 60));
                let needed = terms.work_blocks + ACTION_MARGIN_BLOCKS + lnd_margin;
                assert!(terms.cltv_delta >= needed, "{minutes} minutes");
                // Blocks that come on average, and a margin.
                assert!(u64::from(terms.work_blocks) > terms.work.as_secs() / 600 + 8);
            }
        }
    }

    #[test]
    fn long_products_are_refused_first() {
        for (kind, minutes, slots) in [
            (OrderKind::Receive, 240, 100),
            (OrderKind::Rent, 240, 100),
            (OrderKind::Fund, 240, 100),
            (OrderKind::Send, 60, 100),
            (OrderKind::Send, 61, 75),
            (OrderKind::Send, 240, 75),
        ] {
            let terms = HoldTerms::of(kind, Duration::from_secs(minutes * 60));
            assert_eq!(terms.share_of_slots(100), slots, "{kind:?}, {minutes} minutes");
        }
    }

    #[test]
    fn acts_before_the_node_does() {
        let tip = Tip { height: 994, synced: true, seen_at: NOW };
        assert!(must_decide(1_000, &tip, NOW));
        assert!(!must_decide(1_001, &tip, NOW));
        let old = Tip { seen_at: minutes_ago(65), ..tip };
        assert!(must_decide(1_001, &old, NOW));
        assert!(!must_decide(1_002, &old, NOW));
    }
}
