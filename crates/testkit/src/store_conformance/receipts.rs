//! Receipts: early, late, repeated, contradictory, and without a known submission.

use std::time::Duration;

use domain::id::{InboundId, OrderId};
use domain::inbound::{Octets, Party};
use domain::limits::{EARLY_RECEIPT_AGE_MAX, PARKED_RECEIPT_AGE_MAX, UNREAD_RECEIPTS_MAX};
use domain::message::recipient::RecipientState;
use domain::number::Msisdn;
use domain::ports::{ChunkEnd, End, Receipt, ReceiptScope, ReceiptState, Recorded, UnreadReceipt};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::order::OrderState;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::world::{World, accepted, at, deferred, outcome, receipt};

pub async fn delivers_by_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    let recorded = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(recorded, Recorded { recipients: 1, decided: 1, events: 1, ..Recorded::default() });
    let stored = world.order(order).await;
    assert_eq!(stored.state, OrderState::Fulfilled);
    assert_eq!(
        (stored.fulfilment.recipient(), stored.reason),
        (Some(RecipientState::Success), None)
    );
}

pub async fn applies_an_early_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(world.receive("a", ReceiptState::Delivered).await.parked, 1);
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    let recorded = world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!((recorded.recipients, recorded.decided), (1, 1));
    assert_eq!(world.state(order).await, OrderState::Fulfilled);

    // Also if only this part was accepted.
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("b", ReceiptState::Failed).await;
    let retry = ChunkEnd::Retry { at: at(10), reason: Reason::Throttled };
    let some = deferred(&chunk, &[(1, "b")], 2);
    world.record(vec![some], vec![(chunk.id, chunk.attempt, retry)]).await;
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
    assert!(world.claim(at(3_000)).await.is_empty());
}

pub async fn counts_parked_receipts(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.submitted("a").await;
    let known = receipt("a", ReceiptState::Delivered);
    let unknown = receipt("x", ReceiptState::Delivered);
    let receipts = vec![known, unknown.clone(), unknown];
    let recorded = world.store.record_receipts(receipts, at(20), None).await.unwrap();
    assert_eq!((recorded.recipients, recorded.parked), (1, 2));
    let nothing = world.store.record_receipts(vec![], at(20), None).await.unwrap();
    assert_eq!(nothing, Recorded::default());
}

pub async fn records_matched_receipts_and_returns_the_others(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    let early = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let said = ["x", "a", "b"].map(|id| receipt(id, ReceiptState::Delivered)).to_vec();
    let store = &world.store;
    let (recorded, left) = store.record_matched_receipts(said, at(20), None).await.unwrap();
    assert_eq!((recorded.recipients, recorded.parked, left), (1, 0, vec![0, 2]));
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    // Nothing was parked.
    world.done(&chunk, accepted(&chunk, 0, &[(1, "b")])).await;
    assert_eq!(world.recipient(early).await, RecipientState::Submitted);
    let again =
        vec![receipt("b", ReceiptState::Delivered), receipt("x", ReceiptState::Intermediate)];
    let (recorded, left) = store.record_matched_receipts(again, at(20), None).await.unwrap();
    assert_eq!((recorded.recipients, left), (1, vec![]));
    assert_eq!(world.recipient(early).await, RecipientState::Success);
}

pub async fn first_final_receipt_wins(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Failed).await;
    let recorded = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(recorded, Recorded { contradictory: 1, ..Recorded::default() });
    assert_eq!(world.state(order).await, OrderState::Cancelling);

    let order = world.submitted("b").await;
    let both = vec![receipt("b", ReceiptState::Delivered), receipt("b", ReceiptState::Failed)];
    world.store.record_receipts(both, at(20), None).await.unwrap();
    assert_eq!(world.state(order).await, OrderState::Fulfilled);

    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("c", ReceiptState::Expired).await;
    world.receive("c", ReceiptState::Delivered).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "c")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Expired);
}

pub async fn recording_a_receipt_twice_is_harmless(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let again = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(again, Recorded::default());
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    assert_eq!(world.deliver_all(at(50)).await.len(), 3, "paid, sent, delivered");
}

pub async fn decides_nothing_by_intermediate_receipts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    assert_eq!(world.receive("a", ReceiptState::Intermediate).await, Recorded::default());
    assert_eq!(world.receive("x", ReceiptState::Intermediate).await, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.receive("a", ReceiptState::Intermediate).await, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Success);
}

pub async fn matches_ids_per_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    let other =
        Receipt { carrier: CarrierName::new("other"), ..receipt("a", ReceiptState::Failed) };
    let recorded = world.store.record_receipts(vec![other], at(20), None).await.unwrap();
    assert_eq!(recorded.parked, 1);
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn does_not_guess_between_constant_ids(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.submitted("0").await, world.submitted("0").await);
    for _ in 0..3 {
        let recorded = world.receive("0", ReceiptState::Delivered).await;
        assert_eq!(recorded, Recorded { ambiguous: 1, ..Recorded::default() });
    }
    for order in [one, two] {
        assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    }
}

pub async fn does_not_guess_a_parked_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working_with(world.new_message(2)).await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("0", ReceiptState::Delivered).await;
    let both = vec![accepted(&chunk, 0, &[(1, "0")]), accepted(&chunk, 1, &[(1, "0")])];
    let recorded = world.record(both, vec![(chunk.id, chunk.attempt, ChunkEnd::Done)]).await;
    assert_eq!(recorded.recipients, 2);
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn expires_by_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Expired).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Expired)));
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Expired));
}

pub async fn keeps_the_carriers_code_of_a_failure(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    let failed = Receipt { code: Some("034".to_owned()), ..receipt("a", ReceiptState::Failed) };
    world.store.record_receipts(vec![failed], at(20), None).await.unwrap();
    let stored = world.order(order).await;
    assert_eq!((stored.reason, stored.updated_at), (Some(Reason::Undelivered), at(20)));
    // A carrier without receipts sends one nevertheless.
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, outcome(&chunk, 0, 1, &[(1, "b")], End::Delivered)).await;
    world.receive("b", ReceiptState::Failed).await;
    assert_eq!(world.recipient(order).await, RecipientState::Success);
}

async fn receive_at(world: &World, id: &str, now: Timestamp) -> Recorded {
    world
        .store
        .record_receipts(vec![receipt(id, ReceiptState::Delivered)], now, None)
        .await
        .unwrap()
}

pub async fn ignores_receipts_of_too_old_submissions(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (young, old) = (world.submitted("a").await, world.submitted("b").await);
    let end = at(10).after(PARKED_RECEIPT_AGE_MAX);
    receive_at(&world, "a", end.before(Duration::from_millis(1))).await;
    assert_eq!(world.state(young).await, OrderState::Fulfilled);
    assert_eq!(receive_at(&world, "b", end).await.parked, 1);
    assert_eq!(world.state(old).await, OrderState::Working);
}

pub async fn matches_an_id_that_is_used_again(rig: &impl Rig) {
    let world = World::new(rig).await;
    let old = world.submitted("a").await;
    let mut message = world.new_message(1);
    message.content.valid_until = at(10_000_000);
    let new = world.working_with(message).await;
    let now = at(10).after(PARKED_RECEIPT_AGE_MAX);
    let chunk = world.claim_one(now).await;
    let taken = accepted(&chunk, 0, &[(1, "a")]);
    world.store.record_outcomes(vec![taken], vec![], now, None).await.unwrap();
    receive_at(&world, "a", now).await;
    assert_eq!(world.state(new).await, OrderState::Fulfilled);
    assert_eq!(world.state(old).await, OrderState::Working);
}

pub async fn does_not_guess_between_constant_ids_with_a_final_one(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.submitted("0").await;
    world.receive("0", ReceiptState::Delivered).await;
    let second = world.submitted("0").await;
    assert_eq!(world.receive("0", ReceiptState::Delivered).await.ambiguous, 1);
    assert_eq!(world.recipient(second).await, RecipientState::Submitted);
}

pub async fn applies_no_early_receipt_of_an_earlier_use(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("a", ReceiptState::Failed).await;
    world.receive("b", ReceiptState::Delivered).await;
    let later = at(20).after(EARLY_RECEIPT_AGE_MAX + Duration::from_secs(1));
    // The id is reused, and its receipt is early again.
    assert_eq!(receive_at(&world, "b", later).await.parked, 1);
    let some = outcome(&chunk, 0, 2, &[(1, "a"), (2, "b")], End::Accepted);
    world.store.record_outcomes(vec![some], vec![], later, None).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    receive_at(&world, "a", later).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

/// Three parts with one id of the carrier.
async fn shared(world: &World) -> OrderId {
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let taken = [(1, "shared"), (2, "shared"), (3, "shared")];
    world.done(&chunk, accepted(&chunk, 0, &taken)).await;
    order
}

pub async fn a_receipt_for_each_of_the_parts_that_share_an_id(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = shared(&world).await;
    for (nth, state) in [(1, RecipientState::Submitted), (2, RecipientState::Submitted)] {
        let recorded = world.receive("shared", ReceiptState::Delivered).await;
        assert_eq!((recorded.ambiguous, recorded.parked), (0, 0), "receipt {nth}");
        assert_eq!(world.recipient(order).await, state, "receipt {nth}");
    }
    world.receive("shared", ReceiptState::Delivered).await;
    assert_eq!(world.recipient(order).await, RecipientState::Success);

    let order = shared(&world).await;
    let numbered = |index: u64| Receipt {
        to: Some(Msisdn::from_digits(4_520_000_000 + index).unwrap()),
        ..receipt("shared", ReceiptState::Failed)
    };
    let recorded = world.store.record_receipts(vec![numbered(0)], at(20), None).await.unwrap();
    // Another text to the same number has the id too: nobody knows which is meant.
    assert_eq!((recorded.recipients, recorded.ambiguous), (0, 1));
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn one_receipt_stands_for_the_whole_text(rig: &impl Rig) {
    let world = World::new(rig).await;
    for (id, scope, decides) in [
        ("a1", ReceiptScope::Message, true),
        ("a3", ReceiptScope::Message, true),
        ("a1", ReceiptScope::First, true),
        ("a3", ReceiptScope::First, false),
        ("a3", ReceiptScope::Last, true),
        ("a1", ReceiptScope::Last, false),
        ("a1", ReceiptScope::Part, false),
    ] {
        let order = world.working().await;
        let chunk = world.claim_one(at(5)).await;
        // Each text has ids of its own.
        let ids = ["a1", "a2", "a3"].map(|id| format!("{id} {order}"));
        let taken: Vec<_> = (1..).zip(ids.iter().map(String::as_str)).collect();
        world.done(&chunk, accepted(&chunk, 0, &taken)).await;
        let said = Receipt { scope, ..receipt(&format!("{id} {order}"), ReceiptState::Delivered) };
        world.store.record_receipts(vec![said.clone()], at(20), None).await.unwrap();
        let decided = world.recipient(order).await == RecipientState::Success;
        assert_eq!(decided, decides, "{id} {scope:?}");
        // A repeat changes nothing.
        world.store.record_receipts(vec![said], at(21), None).await.unwrap();
        assert_eq!(world.recipient(order).await == RecipientState::Success, decides);
    }
    // Early, before the parts are known.
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let scope = ReceiptScope::Message;
    let early = Receipt { scope, ..receipt("e2", ReceiptState::Failed) };
    let recorded = world.store.record_receipts(vec![early], at(20), None).await.unwrap();
    assert_eq!(recorded.parked, 1);
    world.done(&chunk, accepted(&chunk, 0, &[(1, "e1"), (2, "e2")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
}

pub async fn receipts_that_cannot_be_read_are_kept(rig: &impl Rig) {
    let world = World::new(rig).await;
    let unread = |octets: &[u8], carrier: &str| UnreadReceipt {
        carrier: CarrierName::new(carrier),
        at: at(5),
        from: Party::new("4520123456"),
        to: Party::new("1919"),
        esm_class: 4,
        data_coding: 8,
        octets: Octets::new(octets.to_vec()),
        parameters: Octets::new(vec![]),
    };
    let id = |id: u128| InboundId(Uuid::from_u128(id));
    let count = u128::from(UNREAD_RECEIPTS_MAX);
    let all = (1..=count + 2).map(|nth| (id(nth), unread(&nth.to_be_bytes(), "main")));
    world.store.keep_unread_receipts(all.collect()).await.unwrap();
    world.store.keep_unread_receipts(vec![(id(1), unread(b"x", "other"))]).await.unwrap();
    let newest = world.store.unread_receipts(None, 2).await.unwrap();
    assert_eq!(newest[0], (id(count + 2), unread(&(count + 2).to_be_bytes(), "main")));
    let oldest = world.store.unread_receipts(Some(id(5)), 10).await.unwrap();
    let oldest: Vec<_> =
        oldest.iter().map(|(id, receipt)| (*id, receipt.carrier.as_str())).collect();
    assert_eq!(oldest, [(id(4), "main"), (id(3), "main"), (id(1), "other")]);
}
