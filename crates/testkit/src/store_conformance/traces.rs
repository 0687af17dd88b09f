//! What support reads: failed tries, what recipients wait for, and how many do.

use std::time::Duration;

use domain::limits::TRIES_KEPT_MAX;
use domain::message::door::Door;
use domain::message::failed_try::FailedTry;
use domain::message::recipient::RecipientState;
use domain::message::waiting::{Waiting, WaitingChunk};
use domain::message::{Lane, MessageState};
use domain::money::Msat;
use domain::ports::{
    Backlog, BacklogPart, ChunkEnd, ClaimedChunk, End, Lease, Outcome, ReceiptState,
    RecipientTrace, Retry, WaitingEvents,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::Rig;
use super::bulk_world::{BulkWorld, times};
use super::world::{CARRIER, LEASE, NODE, PRICE, World, accepted, at, outcome, receipt, refused};

const THROTTLED: &str = "smpp:0x00000058";

fn throttled(chunk: &ClaimedChunk) -> Outcome {
    let (reason, code) = (Reason::Throttled, Some(THROTTLED.to_owned()));
    let end = End::Deferred { reason, wait: None, code };
    Outcome { link: Some(2), ..outcome(chunk, 0, 1, &[], end) }
}

fn deferred_for(chunk: &ClaimedChunk, reason: Reason) -> Outcome {
    outcome(chunk, 0, 1, &[], End::Deferred { reason, wait: None, code: None })
}

fn failed(attempt: u32, reason: Reason, code: &str, at: Timestamp) -> FailedTry {
    let carrier = CarrierName::new(CARRIER);
    FailedTry { attempt, carrier, link: None, reason, code: Some(code.to_owned()), at }
}

async fn put_off(world: &World, chunk: &ClaimedChunk, outcome: Outcome, now: Timestamp) {
    let End::Deferred { reason, .. } = outcome.end else { panic!("{outcome:?}") };
    let end = ChunkEnd::Retry { at: now.after(Duration::from_secs(1)), reason };
    let ends = vec![(chunk.id, chunk.attempt, end)];
    world.store.record_outcomes(vec![outcome], ends, now, None).await.unwrap();
}

async fn trace(world: &World, chunk: &ClaimedChunk) -> RecipientTrace {
    world.store.trace(chunk.id.message, 0, 1).await.unwrap().remove(0)
}

pub async fn keeps_the_carriers_answer_of_each_failed_try(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let first = world.claim_one(at(5)).await;
    put_off(&world, &first, throttled(&first), at(10)).await;
    let traced = trace(&world, &first).await;
    assert_eq!((traced.reason, traced.code.as_deref()), (Some(Reason::Throttled), Some(THROTTLED)));
    let second = world.claim_one(at(20)).await;
    put_off(&world, &second, deferred_for(&second, Reason::LinkDown), at(20)).await;
    let third = world.claim_one(at(30)).await;
    put_off(&world, &third, deferred_for(&third, Reason::NoAnswer), at(30)).await;
    let last = world.claim_one(at(40)).await;
    world.record(vec![refused(&last, Reason::BadDestination)], vec![]).await;
    let traced = trace(&world, &first).await;
    let unanswered = FailedTry { code: None, ..failed(3, Reason::NoAnswer, "", at(30)) };
    let expected = [
        FailedTry { link: Some(2), ..failed(1, Reason::Throttled, THROTTLED, at(10)) },
        unanswered,
        failed(4, Reason::BadDestination, "smpp:0x0000000b", at(10)),
    ];
    assert_eq!((traced.state, traced.tries.as_slice()), (RecipientState::Failed, &expected[..]));
}

pub async fn a_success_leaves_no_failed_try(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    let traced = trace(&world, &chunk).await;
    assert_eq!((traced.tries.len(), traced.parts.len()), (0, 1));
}

pub async fn keeps_the_link_that_took_a_part(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let single = world.claim_one(at(5)).await;
    world.working_with(world.new_message(2)).await;
    let of_two = world.claim_one(at(5)).await;
    for (chunk, id) in [(&single, "a"), (&of_two, "b")] {
        let taken = Outcome { link: Some(3), ..accepted(chunk, 0, &[(1, id)]) };
        world.record(vec![taken], vec![]).await;
        let delivered = vec![receipt(id, ReceiptState::Delivered)];
        world.store.record_receipts(delivered, at(6), None).await.unwrap();
        let part = trace(&world, chunk).await.parts.remove(0);
        assert_eq!((part.link, part.decided_at.is_some()), (Some(3), true));
    }
}

pub async fn stores_a_failed_try_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let twice = vec![throttled(&chunk), throttled(&chunk)];
    world.store.record_outcomes(twice, vec![], at(10), None).await.unwrap();
    put_off(&world, &chunk, throttled(&chunk), at(11)).await;
    let again = world.claim_one(at(20)).await;
    put_off(&world, &again, throttled(&again), at(20)).await;
    // A late outcome of the first claim.
    world.store.record_outcomes(vec![throttled(&chunk)], vec![], at(21), None).await.unwrap();
    let tries: Vec<_> = trace(&world, &chunk)
        .await
        .tries
        .iter()
        .map(|failed| (failed.attempt, failed.at))
        .collect();
    assert_eq!(tries, [(1, at(10)), (2, at(20))]);
}

pub async fn keeps_the_first_failed_tries_and_the_last(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let mut chunk = world.claim_one(at(5)).await;
    for number in 1..TRIES_KEPT_MAX + 5 {
        let now = at(10 * u64::from(number));
        put_off(&world, &chunk, throttled(&chunk), now).await;
        chunk = world.claim_one(now.after(Duration::from_secs(1))).await;
    }
    let tries = trace(&world, &chunk).await.tries;
    let attempts: Vec<_> = tries.iter().map(|failed| failed.attempt).collect();
    let expected: Vec<_> = (1..TRIES_KEPT_MAX).chain([TRIES_KEPT_MAX + 4]).collect();
    assert_eq!(attempts, expected);
}

pub async fn a_paid_retry_begins_without_failed_tries(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let id = world.added(2).await;
    let chunk = world.claim_one(at(5)).await;
    world.deliver(&chunk, &[0]).await;
    world.world.done(&chunk, world.refused(&chunk, 1)).await;
    let tries = async || world.store().trace(id, 1, 1).await.unwrap().remove(0).tries;
    assert_eq!(tries().await.len(), 1);
    let retry = Retry {
        account: world.account,
        message: id,
        valid_until: at(20_000),
        receipts_until: at(30_000),
        idempotency: None,
    };
    world.store().retry_bulk(retry, at(9_000)).await.unwrap();
    assert_eq!(tries().await, []);
    let again = world.claim_one(at(9_000)).await;
    assert_eq!(tries().await, []);
    world.world.done(&again, world.refused(&again, 1)).await;
    let attempts: Vec<_> = tries().await.iter().map(|failed| failed.attempt).collect();
    assert_eq!(attempts, [1], "claims are counted from 1 in each paid try");
}

async fn waiting(world: &World, chunk: &ClaimedChunk) -> Waiting {
    let waiting = world.store.waiting(vec![(chunk.id.message, 0)]).await.unwrap().remove(0);
    waiting.expect("the message is stored")
}

pub async fn shows_what_a_recipient_waits_for(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let held =
        WaitingChunk { due_at: at(5).after(LEASE), node: Some(NODE.to_owned()), reason: None };
    let leased = Waiting {
        lane: Lane::Single,
        state: MessageState::Pending,
        is_paused: false,
        start_at: None,
        chunk: Some(held),
    };
    assert_eq!(waiting(&world, &chunk).await, leased);
    put_off(&world, &chunk, throttled(&chunk), at(10)).await;
    let put_back = WaitingChunk { due_at: at(11), node: None, reason: Some(Reason::Throttled) };
    assert_eq!(waiting(&world, &chunk).await.chunk, Some(put_back));
    let again = world.claim_one(at(11)).await;
    world.done(&again, accepted(&again, 0, &[(1, "a")])).await;
    assert_eq!(waiting(&world, &chunk).await.chunk, None);
    let beyond = (chunk.id.message, 7);
    let unknown = (super::world::NO_CHUNK.message, 0);
    let found = world.store.waiting(vec![unknown, beyond]).await.unwrap();
    assert!(found[0].is_none() && found[1].is_some());
}

pub async fn shows_the_first_claim_of_an_order_as_sending(rig: &impl Rig) {
    let world = World::new(rig).await;
    let payer = world.account(PRICE).await.id;
    let order = world.new_credit(payer, PRICE);
    let message = order.message.content.message;
    let lease = Lease { node: NODE.to_owned(), until: at(100) };
    world.store.add_credit_orders(vec![order], Some(lease)).await.unwrap();
    let found = world.store.waiting(vec![(message, 0)]).await.unwrap().remove(0).unwrap();
    let chunk = WaitingChunk { due_at: at(100), node: Some(NODE.to_owned()), reason: None };
    assert_eq!(found.chunk, Some(chunk));
    let backlog = world.store.backlog(at(10)).await.unwrap();
    assert_eq!(backlog.parts, [part(Lane::Single, Some(Reason::Sending), false, 1)]);
}

pub async fn shows_paused_and_scheduled_campaigns(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let paused = world.added(2_500).await;
    world.store().pause_bulk(world.account, paused, true, at(6)).await.unwrap();
    let scheduled = world.scheduled(20, at(900)).await;
    let all = vec![(paused, 0), (paused, 2_400), (scheduled, 19)];
    let found = world.store().waiting(all).await.unwrap();
    let found: Vec<_> = found.into_iter().map(Option::unwrap).collect();
    assert!(found[0].is_paused && found[1].is_paused && !found[2].is_paused);
    assert_eq!((found[2].state, found[2].start_at), (MessageState::Scheduled, Some(at(900))));
    assert!(found.iter().all(|one| one.chunk.is_some()));
    let backlog = world.store().backlog(at(10)).await.unwrap();
    assert_eq!(
        sorted(backlog),
        [
            part(Lane::Bulk, Some(Reason::Scheduled), false, 20),
            part(Lane::Bulk, Some(Reason::Paused), false, 2_500),
        ]
    );
}

fn part(lane: Lane, reason: Option<Reason>, is_due: bool, recipients: u64) -> BacklogPart {
    let carrier = match reason {
        Some(Reason::Throttled) => Some(CarrierName::new(CARRIER)),
        _ => None,
    };
    BacklogPart { lane, reason, is_due, carrier, recipients, oldest: at(0) }
}

fn sorted(backlog: Backlog) -> Vec<BacklogPart> {
    let mut parts = backlog.parts;
    parts.sort_by_key(|part| (part.recipients, part.is_due));
    parts
}

pub async fn counts_the_backlog_by_lane_and_reason(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9_000)).await;
    assert_eq!(world.store().backlog(at(1)).await.unwrap(), Backlog::default());
    world.world.working().await;
    let chunk = world.claim_one(at(5)).await;
    put_off(&world.world, &chunk, throttled(&chunk), at(10)).await;
    let id = world.added(3_000).await;
    let claimed = world.store().claim_chunks(NODE, 1.into(), at(10), at(10).after(LEASE)).await;
    let claimed = claimed.unwrap().chunks;
    assert_eq!((claimed.len(), claimed[0].id.message), (1, id));
    let backlog = world.store().backlog(at(10)).await.unwrap();
    let events = backlog.events;
    assert_eq!(
        sorted(backlog),
        [
            BacklogPart { oldest: at(1), ..part(Lane::Single, Some(Reason::Throttled), false, 1) },
            part(Lane::Bulk, Some(Reason::Sending), false, 1_000),
            part(Lane::Bulk, None, true, 2_000),
        ]
    );
    assert_eq!(events, WaitingEvents { events: 1, oldest: Some(at(1)) }, "the order is paid");
    // What a carrier took waits for its receipt, not to be sent.
    let all: Vec<_> = claimed[0].recipients.iter().map(|one| one.index).collect();
    let ends = vec![(claimed[0].id, 1, ChunkEnd::AwaitReceipts { until: at(500) })];
    world.world.record(world.taken(&claimed[0], &all), ends).await;
    let later = world.store().backlog(at(11)).await.unwrap();
    assert_eq!(
        sorted(later),
        [
            BacklogPart { oldest: at(1), ..part(Lane::Single, Some(Reason::Throttled), true, 1) },
            part(Lane::Bulk, None, true, 2_000),
        ]
    );
}

pub async fn reports_how_long_a_receipt_took(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    let waits = async |state| {
        let said = vec![super::world::receipt("a", state)];
        world.store.record_receipts(said, at(20), None).await.unwrap().receipt_waits
    };
    assert_eq!(waits(ReceiptState::Intermediate).await, [], "it decides nothing");
    assert_eq!(waits(ReceiptState::Delivered).await, [Duration::from_secs(10)]);
    assert_eq!(waits(ReceiptState::Delivered).await, [], "a repeat");
}

pub async fn traces_name_the_message_behind_them(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let order = world.world.working().await;
    let campaign = world.added(1).await;
    let credit = world.world.new_credit(world.account, Msat::new(1));
    let (paid, single) = (credit.order.id, credit.message.content.message);
    world.store().add_credit_orders(vec![credit], None).await.unwrap();
    let held = world.world.order(order).await.fulfilment.message_id().unwrap();
    for (message, order, account, door) in [
        (held, Some(order), None, Door::Orders),
        (campaign, None, Some(world.account), Door::Bulk),
        (single, Some(paid), Some(world.account), Door::Orders),
    ] {
        let found = world.store().traced_message(message).await.unwrap().unwrap();
        assert_eq!((found.order, found.account), (order, account), "{door:?}");
        assert_eq!((found.id, found.door), (message, Some(door)));
    }
    let unknown = super::world::NO_CHUNK.message;
    assert_eq!(world.store().traced_message(unknown).await.unwrap(), None);
}
