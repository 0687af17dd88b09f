//! How payments to referrers end: looked up, sent again, failed, and made all the same.

use std::time::Duration;

use domain::account::operator::Action;
use domain::limits::PAYOUT_SENDS_MAX;
use domain::money::Msat;
use domain::payout::{PayoutState, Trouble, routes_end_at};
use domain::ports::{AuditList, LostPayoutEnd, NewPayout, PayoutBegun, PayoutEnd};
use domain::time::Timestamp;

use super::Rig;
use super::payout_world::{
    FAILED, HOUR, NODE, PAID, SHARE, address, begin, check_at, claimable, due, end, payout,
    settled, stored, world,
};
use super::world::{BY, at};

pub async fn a_failed_payment_makes_its_shares_due_again(rig: &impl Rig) {
    let world = world(rig).await;
    let order = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &[order]);
    begin(&world, &new).await;
    let trouble = Some(Trouble::PaymentFailed);
    end(&world, new.hash, PayoutEnd::CheckAt { at: at(1_200), trouble }).await;
    let open = stored(&world, new.hash).await;
    assert_eq!((open.state, open.trouble), (PayoutState::Attempting, trouble));
    assert!(!world.store.retry_referrer(&address("me"), BY, at(1_000)).await.unwrap());
    assert_eq!(claimable(&world, at(1_000)).await, [], "its invoice may still be paid");
    end(&world, new.hash, FAILED).await;
    assert_eq!(due(&world, "me").await, SHARE);
    world.must_be_sound().await;
    assert_eq!(begin(&world, &new).await, PayoutBegun::KnownInvoice);
    assert_eq!(claimable(&world, at(9_000)).await, [(address("me"), 1)]);
    let again = payout(&world, "me", &[order]);
    assert_eq!(begin(&world, &again).await, PayoutBegun::Begun);
    end(&world, again.hash, PAID).await;
    assert_eq!(due(&world, "me").await, Msat::ZERO);
    world.must_be_sound().await;
}

pub async fn claims_payments_to_look_up(rig: &impl Rig) {
    let world = world(rig).await;
    let store = &world.store;
    let order = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &[order]);
    begin(&world, &new).await;
    let claim = async |now: Timestamp| {
        let claimed = store.claim_payouts(NODE, now, now.after(HOUR), 9).await.unwrap();
        claimed.into_iter().map(|payout| payout.hash).collect::<Vec<_>>()
    };
    assert_eq!(claim(at(279)).await, []);
    assert_eq!(claim(at(280)).await, [new.hash]);
    assert_eq!(claim(at(281)).await, [], "another node has it");
    end(&world, new.hash, check_at(at(300))).await;
    let others = store.claim_payouts([3; 33], at(300), at(400), 9).await.unwrap();
    assert_eq!(others, [], "another node knows nothing of it");
    assert_eq!(claim(at(300)).await, [new.hash]);
    end(&world, new.hash, PAID).await;
    assert_eq!(claim(at(9_999)).await, []);
}

pub async fn a_payment_is_sent_again_some_times_by_who_has_claimed_it(rig: &impl Rig) {
    let world = world(rig).await;
    let store = &world.store;
    let order = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &[order]);
    begin(&world, &new).await;
    let claim = async |now: Timestamp| {
        let until = now.after(Duration::from_secs(60));
        store.claim_payouts(NODE, now, until, 9).await.unwrap();
        until
    };
    let first = claim(at(280)).await;
    let second = claim(first).await;
    assert!(!store.resend_payout(new.hash, first).await.unwrap(), "another process has it");
    store.pause_payouts(BY, second).await.unwrap();
    assert!(!store.resend_payout(new.hash, second).await.unwrap(), "paused");
    store.resume_payouts(BY, second).await.unwrap();
    let trouble = Some(Trouble::NodeRefused);
    end(&world, new.hash, PayoutEnd::CheckAt { at: second, trouble }).await;
    assert!(!store.resend_payout(new.hash, second).await.unwrap(), "it would fail");
    end(&world, new.hash, check_at(second)).await;
    for sent in 1..PAYOUT_SENDS_MAX {
        assert!(store.resend_payout(new.hash, second).await.unwrap(), "sent {sent} times");
    }
    assert!(!store.resend_payout(new.hash, second).await.unwrap(), "its end is awaited");
    end(&world, new.hash, PAID).await;
    assert!(!store.resend_payout(new.hash, second).await.unwrap());
}

pub async fn a_failed_payment_that_is_made_all_the_same_is_booked(rig: &impl Rig) {
    let world = world(rig).await;
    let orders = [settled(&world, "me@example.com").await, settled(&world, "me@example.com").await];
    let new = payout(&world, "me", &orders);
    begin(&world, &new).await;
    end(&world, new.hash, FAILED).await;
    let third = settled(&world, "me@example.com").await;
    for _ in 0..2 {
        end(&world, new.hash, PAID).await;
        assert_eq!(stored(&world, new.hash).await.state, PayoutState::Paid);
        assert_eq!(due(&world, "me").await, SHARE, "the third is not in it");
        world.must_be_sound().await;
    }
    let next = payout(&world, "me", &[third]);
    assert_eq!(begin(&world, &next).await, PayoutBegun::Begun);
}

pub async fn a_referrer_that_was_paid_twice_waits_for_the_operator(rig: &impl Rig) {
    let world = world(rig).await;
    let order = settled(&world, "me@example.com").await;
    let first = payout(&world, "me", &[order]);
    begin(&world, &first).await;
    end(&world, first.hash, FAILED).await;
    let second = payout(&world, "me", &[order]);
    begin(&world, &second).await;
    end(&world, first.hash, PAID).await;
    end(&world, second.hash, PAID).await;
    let late = stored(&world, first.hash).await;
    assert_eq!(
        (late.state, late.trouble, late.fee),
        (PayoutState::Failed, Some(Trouble::PaidAfterFailure), Some(Msat::new(1_500)))
    );
    world.must_be_sound().await;
    let next = settled(&world, "me@example.com").await;
    let days = at(9_999).after(HOUR * 100);
    assert_eq!(claimable(&world, days).await, []);
    let referrer = world.store.referrers(None, 9).await.unwrap().remove(0);
    assert_eq!(referrer.trouble, Some(Trouble::PaidAfterFailure));
    assert!(referrer.stopped_at.is_some());
    assert!(world.store.retry_referrer(&address("me"), BY, days).await.unwrap());
    let third = payout(&world, "me", &[next]);
    assert_eq!(begin(&world, &third).await, PayoutBegun::Begun);
    end(&world, third.hash, PAID).await;
    world.must_be_sound().await;
}

const OTHER_NODE: [u8; 33] = [3; 33];

pub async fn a_payment_of_a_lost_node_is_ended_by_the_operator(rig: &impl Rig) {
    let world = world(rig).await;
    let store = &world.store;
    let order = settled(&world, "me@example.com").await;
    let new = payout(&world, "me", &[order]);
    begin(&world, &new).await;
    let over = routes_end_at(new.expires_at);
    let end_lost = async |ours, now| store.end_lost_payout(new.hash, ours, BY, now).await.unwrap();
    assert_eq!(end_lost(Some(NODE), over).await, LostPayoutEnd::OfOurNode);
    let early = over.before(Duration::from_millis(1));
    assert_eq!(end_lost(Some(OTHER_NODE), early).await, LostPayoutEnd::NotBefore(over));
    assert_eq!(end_lost(None, early).await, LostPayoutEnd::NotBefore(over));
    assert_eq!(stored(&world, new.hash).await.state, PayoutState::Attempting);
    assert_eq!(end_lost(Some(OTHER_NODE), over).await, LostPayoutEnd::Ended);
    assert_eq!(due(&world, "me").await, SHARE);
    world.must_be_sound().await;
    let ended = stored(&world, new.hash).await;
    assert_eq!((ended.state, ended.trouble), (PayoutState::Failed, Some(Trouble::NodeLost)));
    let failed = LostPayoutEnd::Already(PayoutState::Failed);
    assert_eq!(end_lost(None, over).await, failed);
    let list = AuditList { action: Some(Action::PayoutEnd), limit: 9, ..AuditList::default() };
    let audit = store.audit_log(list).await.unwrap();
    assert_eq!((audit.len(), &audit[0].on), (1, &new.hash.to_string()));

    // The share is paid by the node that is there now.
    assert_eq!(claimable(&world, over.after(HOUR)).await, [(address("me"), 1)]);
    let again = NewPayout { node_key: OTHER_NODE, ..payout(&world, "me", &[order]) };
    assert_eq!(begin(&world, &again).await, PayoutBegun::Begun);
    end(&world, again.hash, PAID).await;
    let paid = store.end_lost_payout(again.hash, None, BY, over).await.unwrap();
    assert_eq!(paid, LostPayoutEnd::Already(PayoutState::Paid));
    let unknown = payout(&world, "me", &[order]).hash;
    let unknown = store.end_lost_payout(unknown, None, BY, over).await.unwrap();
    assert_eq!(unknown, LostPayoutEnd::NoSuchPayout);
    world.must_be_sound().await;
}

pub async fn a_payment_of_another_node_counts_for_a_day(rig: &impl Rig) {
    let world = world(rig).await;
    let store = &world.store;
    let one = settled(&world, "me@example.com").await;
    let other = settled(&world, "you@example.com").await;
    let lost = NewPayout { node_key: OTHER_NODE, ..payout(&world, "me", &[one]) };
    // With its fee each needs 110 sats.
    let per_day = Msat::new(219_999);
    let begin = async |new: &NewPayout, now| {
        store.begin_payout(new.clone(), per_day, now, at(280)).await.unwrap()
    };
    assert_eq!(begin(&lost, at(100)).await, PayoutBegun::Begun);
    let next = payout(&world, "you", &[other]);
    let day = at(100).after(HOUR * 24);
    let left = Msat::new(109_999);
    let within = begin(&next, day.before(Duration::from_millis(1))).await;
    assert_eq!(within, PayoutBegun::OverDailyLimit { left });
    assert_eq!(begin(&next, day).await, PayoutBegun::Begun);
    world.must_be_sound().await;
}
