//! The node, its channels and what it holds, at one moment.

use std::time::Duration;

use domain::id::OrderId;
use domain::money::Msat;
use domain::payout::NodeIdentity;
use domain::ports::{Channels, HeldOrder, Lightning, LostOrder, OrderLoad, PortError, Store};
use domain::sale::hold::Tip;
use domain::time::Timestamp;

/// More than nodes can hold; what is beyond is not summed up.
const HELD_MAX: u32 = 50_000;

/// Lost orders that are named.
const LOST_NAMED_MAX: u32 = 20;

/// How long payments are held already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    TenMinutes,
    Hour,
    FourHours,
    Older,
}

impl Age {
    pub const ALL: [Self; 4] = [Self::TenMinutes, Self::Hour, Self::FourHours, Self::Older];

    fn of(held: Duration) -> Self {
        match held.as_secs() / 60 {
            0..10 => Self::TenMinutes,
            10..60 => Self::Hour,
            60..240 => Self::FourHours,
            _ => Self::Older,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeldSum {
    pub count: u64,
    pub sum: Msat,
}

impl HeldSum {
    fn add(&mut self, held: Msat) {
        self.count += 1;
        self.sum = self.sum.checked_add(held).unwrap_or(self.sum);
    }
}

/// The payment that the node gives back first, unless it is decided before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextDeadline {
    pub order: OrderId,
    pub height: u32,
}

#[derive(Debug, Clone)]
pub struct Status {
    /// False: no invoices are sold.
    pub has_node: bool,
    pub identity: Result<NodeIdentity, PortError>,
    pub tip: Result<Tip, PortError>,
    pub channels: Result<Channels, PortError>,
    pub orders: OrderLoad,
    /// By [`Age::ALL`].
    pub held: [HeldSum; 4],
    pub next_deadline: Option<NextDeadline>,
    /// The last ones first.
    pub lost: Vec<LostOrder>,
    pub payouts_attempting: u64,
    pub payouts_paused_at: Option<Timestamp>,
    pub at: Timestamp,
}

impl Status {
    pub fn total(&self) -> HeldSum {
        let mut total = HeldSum::default();
        for held in self.held {
            total.count += held.count;
            total.sum = total.sum.checked_add(held.sum).unwrap_or(total.sum);
        }
        total
    }

    /// Why nothing is sold now, if that is so.
    pub fn not_selling(&self) -> Option<&'static str> {
        match &self.tip {
            _ if !self.has_node => Some("no Lightning node is configured"),
            Err(_) => Some("the node does not answer"),
            Ok(tip) if !tip.synced => Some("the node is not synced with the chain"),
            Ok(tip) if !tip.is_fresh(self.at) => Some("the newest block is too old"),
            Ok(_) => None,
        }
    }

    /// Blocks until the next deadline, as far as the tip shows.
    pub fn blocks_left(&self) -> Option<u32> {
        let (next, tip) = (self.next_deadline?, self.tip.as_ref().ok()?);
        Some(next.height.saturating_sub(tip.height_at(self.at)))
    }
}

/// What the node does not answer is an error in its place; the store's errors end it.
pub async fn status(
    store: &dyn Store,
    lightning: &dyn Lightning,
    at: Timestamp,
) -> Result<Status, PortError> {
    let (identity, tip, channels) =
        tokio::join!(lightning.identity(), lightning.tip(), lightning.channels());
    let (orders, held) = (store.order_load().await?, held(store).await?);
    let payouts = store.payout_load().await?;
    let mut sums = [HeldSum::default(); 4];
    for order in &held {
        sums[Age::of(at.since(order.since)) as usize].add(order.held);
    }
    Ok(Status {
        has_node: lightning.held_max() > 0,
        identity,
        tip,
        channels,
        orders,
        held: sums,
        next_deadline: next_deadline(&held),
        lost: store.lost_orders(LOST_NAMED_MAX).await?,
        payouts_attempting: payouts.attempting,
        payouts_paused_at: payouts.paused_at,
        at,
    })
}

pub(super) async fn held(store: &dyn Store) -> Result<Vec<HeldOrder>, PortError> {
    store.held_orders(HELD_MAX).await
}

pub(super) fn next_deadline(held: &[HeldOrder]) -> Option<NextDeadline> {
    let next = held.iter().min_by_key(|held| held.deadline_height)?;
    Some(NextDeadline { order: next.order, height: next.deadline_height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_end_at_their_minute() {
        for (secs, age) in [
            (0, Age::TenMinutes),
            (599, Age::TenMinutes),
            (600, Age::Hour),
            (3_599, Age::Hour),
            (3_600, Age::FourHours),
            (14_399, Age::FourHours),
            (14_400, Age::Older),
        ] {
            assert_eq!(Age::of(Duration::from_secs(secs)), age, "{secs}");
        }
    }

    #[test]
    fn the_lowest_deadline_is_the_next() {
        let held = |byte: u8, deadline_height| HeldOrder {
            order: OrderId::new([byte; 32]),
            held: Msat::new(1),
            since: Timestamp::from_millis(0),
            deadline_height,
        };
        assert_eq!(next_deadline(&[]), None);
        let next = next_deadline(&[held(1, 20), held(2, 10), held(3, 30)]).unwrap();
        assert_eq!((next.order, next.height), (OrderId::new([2; 32]), 10));
    }
}
