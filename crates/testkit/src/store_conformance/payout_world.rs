//! Settled orders with shares, and payments of these.

use std::time::Duration;

use domain::id::{OrderId, PaymentHash};
use domain::money::Msat;
use domain::payout::{LightningAddress, ShareRate, Trouble};
use domain::ports::{
    CreditOrder, NewPayout, NodeVerdict, Payout, PayoutBegun, PayoutEnd, PayoutList, PayoutReport,
    ReceiptState,
};
use domain::sale::order::NewOrder;
use domain::time::Timestamp;

use super::Rig;
use super::world::{PRICE, World, accepted, at};

pub(super) const NODE: [u8; 33] = [2; 33];
/// Ten percent of [`PRICE`].
pub(super) const SHARE: Msat = Msat::new(100_000);
pub(super) const PLENTY: Msat = Msat::new(1_000_000_000);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

pub(super) fn address(user: &str) -> LightningAddress {
    format!("{user}@example.com").parse().unwrap()
}

pub(super) async fn world(rig: &impl Rig) -> World {
    let world = World::new(rig).await;
    let tenth = ShareRate::from_basis_points(1_000).unwrap();
    world.store.set_share_rate(tenth).await.unwrap();
    world
}

/// A settled order over Lightning.
pub(super) async fn settled(world: &World, referral: &str) -> OrderId {
    let order = fulfilled(world, referral).await;
    world.node_says(order, NodeVerdict::Settled).await;
    order
}

/// Its message is delivered, and the node has not settled it yet.
pub(super) async fn fulfilled(world: &World, referral: &str) -> OrderId {
    let new = NewOrder { referral: Some(referral.to_owned()), ..world.new_order() };
    let order = new.id;
    world.add(new).await;
    world.hold(order, Some(world.new_message(1))).await;
    deliver(world, order).await;
    order
}

pub(super) async fn deliver(world: &World, order: OrderId) {
    let chunk = world.claim_one(at(5)).await;
    let id = order.to_string();
    world.done(&chunk, accepted(&chunk, 0, &[(1, &id)])).await;
    world.receive(&id, ReceiptState::Delivered).await;
}

/// An order from credit that was delivered.
pub(super) async fn sold_for_credit(world: &World, referral: &str) -> OrderId {
    let account = world.account(PRICE).await.id;
    let CreditOrder { order, message } = world.new_credit(account, PRICE);
    let order = NewOrder { referral: Some(referral.to_owned()), ..order };
    let id = order.id;
    world.add_credit_order(order, message).await.unwrap();
    deliver(world, id).await;
    id
}

pub(super) async fn due(world: &World, user: &str) -> Msat {
    let found = world.store.referrers(None, 100).await.unwrap();
    let mine = found.into_iter().find(|referrer| referrer.address == address(user));
    mine.map_or(Msat::ZERO, |referrer| referrer.due)
}

pub(super) fn payout(world: &World, user: &str, orders: &[OrderId]) -> NewPayout {
    let mut hash = [0x77; 32];
    hash[..8].copy_from_slice(&world.number().to_be_bytes());
    NewPayout {
        hash: PaymentHash::new(hash),
        address: address(user),
        invoice: "lnbcrt1".to_owned(),
        amount: SHARE.checked_mul(i64::try_from(orders.len()).unwrap()).unwrap(),
        fee_max: Msat::new(10_000),
        expires_at: at(600),
        node_key: NODE,
        orders: orders.to_vec(),
    }
}

pub(super) async fn begin(world: &World, new: &NewPayout) -> PayoutBegun {
    world.store.begin_payout(new.clone(), PLENTY, at(100), at(280)).await.unwrap()
}

pub(super) async fn end(world: &World, hash: PaymentHash, end: PayoutEnd) {
    world.store.record_payout(PayoutReport { hash, end }, at(200)).await.unwrap();
}

pub(super) const PAID: PayoutEnd = PayoutEnd::Paid { fee: Msat::new(1_500) };

pub(super) const FAILED: PayoutEnd = PayoutEnd::Failed { trouble: Trouble::PaymentFailed };

pub(super) const fn check_at(at: Timestamp) -> PayoutEnd {
    PayoutEnd::CheckAt { at, trouble: None }
}

pub(super) async fn stored(world: &World, hash: PaymentHash) -> Payout {
    let list = PayoutList { limit: 9, ..PayoutList::default() };
    let stored = world.store.payouts(list).await.unwrap();
    stored.into_iter().find(|payout| payout.hash == hash).unwrap()
}

pub(super) async fn claimable(world: &World, now: Timestamp) -> Vec<(LightningAddress, usize)> {
    let claimed = world.store.claim_referrers(SHARE, now, now.after(HOUR), 10).await.unwrap();
    claimed.into_iter().map(|due| (due.address, due.shares.len())).collect()
}
