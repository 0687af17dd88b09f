//! Referrers' shares: accrued once and only when settled, paid once.

use domain::account::operator::Action;
use domain::id::OrderId;
use domain::limits::PAYOUT_TRIES_MAX;
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::payout::{PayoutState, ShareRate, Trouble};
use domain::ports::{
    AuditList, Charge, NewPayout, NewRefund, NodeVerdict, PayoutBegun, PayoutList, Refunded,
};
use domain::sale::order::{NewOrder, OrderState};

use super::Rig;
use super::payout_world::{
    FAILED, HOUR, NODE, PAID, PLENTY, SHARE, address, begin, claimable, due, end, fulfilled,
    payout, settled, sold_for_credit, stored, world,
};
use super::world::{BY, at};

pub async fn a_share_falls_due_once_and_only_when_settled(rig: &impl Rig) {
    let world = world(rig).await;
    let order = fulfilled(&world, "Me@Example.com").await;
    assert_eq!(due(&world, "me").await, Msat::ZERO, "not before the node confirms");
    for _ in 0..2 {
        world.node_says(order, NodeVerdict::Settled).await;
        assert_eq!(due(&world, "me").await, SHARE);
    }
    sold_for_credit(&world, "me@example.com").await;
    assert_eq!(due(&world, "me").await, SHARE.checked_mul(2).unwrap(), "however it was paid");
    world.must_be_sound().await;
}

pub async fn no_share_of_what_is_not_settled(rig: &impl Rig) {
    let world = world(rig).await;
    let new = NewOrder { referral: Some("me@example.com".to_owned()), ..world.new_order() };
    let cancelled = new.id;
    world.add(new).await;
    world.node_says(cancelled, NodeVerdict::Cancelled).await;
    let lost = fulfilled(&world, "me@example.com").await;
    world.node_says(lost, NodeVerdict::Cancelled).await;
    assert_eq!(world.state(lost).await, OrderState::Lost);
    settled(&world, "no address").await;
    let account = world.account(Msat::ZERO).await.id;
    let funding = world.new_funding(account);
    let (id, funding) =
        (funding.id, NewOrder { referral: Some("me@example.com".to_owned()), ..funding });
    world.add(funding).await;
    world.hold(id, None).await;
    world.node_says(id, NodeVerdict::Settled).await;
    assert_eq!(world.state(id).await, OrderState::Settled);
    world.store.set_share_rate(ShareRate::default()).await.unwrap();
    settled(&world, "me@example.com").await;
    assert_eq!(world.store.referrers(None, 10).await.unwrap(), []);
    world.must_be_sound().await;
}

pub async fn pays_shares_together_and_once(rig: &impl Rig) {
    let world = world(rig).await;
    let orders = [settled(&world, "me@example.com").await, settled(&world, "me@example.com").await];
    let third = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &orders);
    assert_eq!(begin(&world, &new).await, PayoutBegun::Begun);
    assert_eq!(due(&world, "me").await, SHARE, "the third is not in it");
    world.must_be_sound().await;
    let again = payout(&world, "me", &orders);
    assert_eq!(begin(&world, &again).await, PayoutBegun::Changed);
    let other = payout(&world, "me", &[third]);
    assert_eq!(begin(&world, &other).await, PayoutBegun::Changed, "one at a time");
    assert_eq!(claimable(&world, at(1_000)).await, []);
    end(&world, new.hash, PAID).await;
    end(&world, new.hash, PAID).await;
    end(&world, new.hash, FAILED).await;
    let stored = stored(&world, new.hash).await;
    assert_eq!((stored.state, stored.fee), (PayoutState::Paid, Some(Msat::new(1_500))));
    assert_eq!(stored.node_key, NODE);
    world.must_be_sound().await;
    let same = NewPayout { hash: new.hash, ..payout(&world, "me", &[third]) };
    assert_eq!(begin(&world, &same).await, PayoutBegun::KnownInvoice, "it is paid");
    assert_eq!(begin(&world, &other).await, PayoutBegun::Begun);
    world.must_be_sound().await;
}

pub async fn a_payment_is_the_sum_of_its_shares(rig: &impl Rig) {
    let world = world(rig).await;
    let order = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &[order]);
    let more = NewPayout { amount: Msat::new(100_001), ..new.clone() };
    assert!(world.store.begin_payout(more, PLENTY, at(100), at(280)).await.is_err());
    let twice = NewPayout { orders: vec![order, order], ..payout(&world, "me", &[order, order]) };
    assert!(world.store.begin_payout(twice, PLENTY, at(100), at(280)).await.is_err());
    let others = NewPayout { address: address("you"), ..new.clone() };
    assert_eq!(begin(&world, &others).await, PayoutBegun::Changed, "not the referrer's");
    assert_eq!(due(&world, "me").await, SHARE);
    assert_eq!(begin(&world, &new).await, PayoutBegun::Begun);
    world.must_be_sound().await;
}

pub async fn the_third_failure_waits_for_the_operator(rig: &impl Rig) {
    let world = world(rig).await;
    let order = settled(&world, "me@example.com").await;
    let (store, me) = (&world.store, address("me"));
    let mut now = at(100);
    for tries in 1..=PAYOUT_TRIES_MAX {
        assert_eq!(claimable(&world, now).await.len(), 1, "try {tries}");
        store.fail_referrer(&me, Trouble::AddressUnreachable, now).await.unwrap();
        assert_eq!(claimable(&world, now).await, [], "not at once");
        now = now.after(HOUR);
    }
    let days = now.after(HOUR * 100);
    assert_eq!(claimable(&world, days).await, []);
    let load = store.payout_load().await.unwrap();
    assert_eq!((load.stopped, load.due), (1, SHARE));
    let new = payout(&world, "me", &[order]);
    assert_eq!(begin(&world, &new).await, PayoutBegun::Changed, "asked for before it stopped");
    let stopped = &store.referrers(None, 9).await.unwrap()[0];
    assert_eq!((stopped.failures, stopped.trouble), (3, Some(Trouble::AddressUnreachable)));
    assert!(stopped.stopped_at.is_some());
    assert!(!store.retry_referrer(&address("you"), BY, days).await.unwrap());
    assert!(store.retry_referrer(&me, BY, days).await.unwrap());
    assert_eq!(claimable(&world, days).await, [(me, 1)]);
    let list = AuditList { action: Some(Action::PayoutRetry), limit: 9, ..AuditList::default() };
    assert_eq!(store.audit_log(list).await.unwrap().len(), 1);
}

pub async fn a_refund_takes_the_share_back_before_it_is_paid(rig: &impl Rig) {
    let world = world(rig).await;
    let refund = async |order: OrderId, number: u8| {
        let new = NewRefund {
            id: [number; 32],
            of: Charge::Order(order),
            amount: Some(Msat::new(1_000)),
            note: "it came too late".to_owned(),
            idempotency: Idempotency { key: format!("k{number}"), request: [number; 32] },
        };
        let done = world.store.refund(new, BY, at(50)).await.unwrap();
        assert!(matches!(done, Refunded::Done(_)), "{done:?}");
        world.must_be_sound().await;
    };
    let early = sold_for_credit(&world, "me@example.com").await;
    refund(early, 1).await;
    refund(early, 2).await;
    assert_eq!(due(&world, "me").await, Msat::ZERO);
    let (kept, returned) = (
        sold_for_credit(&world, "me@example.com").await,
        sold_for_credit(&world, "me@example.com").await,
    );
    let new = payout(&world, "me", &[kept, returned]);
    assert_eq!(begin(&world, &new).await, PayoutBegun::Begun);
    refund(returned, 3).await;
    end(&world, new.hash, FAILED).await;
    assert_eq!(due(&world, "me").await, SHARE, "one of the two was given back meanwhile");
    world.must_be_sound().await;
    let new = payout(&world, "me", &[kept]);
    begin(&world, &new).await;
    refund(kept, 4).await;
    end(&world, new.hash, PAID).await;
    refund(kept, 5).await;
    assert_eq!(due(&world, "me").await, Msat::ZERO, "what is paid is paid");
    world.must_be_sound().await;
}

pub async fn payments_stay_within_a_day_and_stop_when_paused(rig: &impl Rig) {
    let world = world(rig).await;
    let store = &world.store;
    let one = settled(&world, "me@example.com").await;
    let other = settled(&world, "you@example.com").await;
    // With its fee each needs 110 sats.
    let per_day = Msat::new(219_999);
    let begin = async |new: &NewPayout, now| {
        store.begin_payout(new.clone(), per_day, now, at(280)).await.unwrap()
    };
    let first = payout(&world, "me", &[one]);
    assert!(store.pause_payouts(BY, at(90)).await.unwrap());
    assert!(!store.pause_payouts(BY, at(91)).await.unwrap());
    assert_eq!(begin(&first, at(100)).await, PayoutBegun::Paused);
    assert_eq!(claimable(&world, at(100)).await, []);
    assert_eq!(store.payout_load().await.unwrap().paused_at, Some(at(90)));
    assert!(store.resume_payouts(BY, at(95)).await.unwrap());
    assert_eq!(begin(&first, at(100)).await, PayoutBegun::Begun);
    let second = payout(&world, "you", &[other]);
    let left = Msat::new(109_999);
    assert_eq!(begin(&second, at(101)).await, PayoutBegun::OverDailyLimit { left });
    assert_eq!(due(&world, "you").await, SHARE);
    let tomorrow = at(101).after(HOUR * 24);
    let held = begin(&second, tomorrow).await;
    assert_eq!(held, PayoutBegun::OverDailyLimit { left }, "the first may still be paid");
    end(&world, first.hash, PAID).await;
    assert_eq!(begin(&second, tomorrow).await, PayoutBegun::Begun);
    world.must_be_sound().await;
}

pub async fn lists_payments_newest_first(rig: &impl Rig) {
    let world = world(rig).await;
    let mut begun = Vec::new();
    for user in ["a", "b", "c"] {
        let order = settled(&world, &format!("{user}@example.com")).await;
        let new = payout(&world, user, &[order]);
        begin(&world, &new).await;
        begun.insert(0, new.hash);
    }
    begun.sort_by(|left, right| right.cmp(left));
    end(&world, begun[1], PAID).await;
    let list = async |state, before| {
        let list = PayoutList { state, before, limit: 2 };
        let found = world.store.payouts(list).await.unwrap();
        found.into_iter().map(|payout| payout.hash).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, begun[..2]);
    assert_eq!(list(None, Some(begun[1])).await, begun[2..]);
    assert_eq!(list(Some(PayoutState::Paid), None).await, begun[1..2]);
    assert_eq!(list(Some(PayoutState::Attempting), None).await, [begun[0], begun[2]]);
}
