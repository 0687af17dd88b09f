//! Messages to many: accepted whole, paid share by share, cancelled before their start.

use std::sync::Arc;

use domain::bulk::{Counts, Exclusion, RefundPolicy};
use domain::message::{Lane, MessageState};
use domain::money::Msat;
use domain::ports::{BulkList, CancelBulk, ChunkEnd, PortError, RecipientList, Spent};
use domain::reason::Reason;
use domain::recipient::RecipientState;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, group, times};
use super::world::{World, at, balance, phone};

pub async fn accepts_a_message_to_many(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(3)).await;
    let new = world.bulk(2);
    let (id, text) = (new.content.message, new.content.text.clone());
    let done = Spent::Done { message: id, recipients: 2, price: times(2) };
    assert_eq!(world.add(new.clone()).await, done);
    assert_eq!(world.balance().await, balance(EACH, times(2)));
    let stored = world.message(id).await;
    assert_eq!((stored.id, stored.account, stored.text), (id, world.account, text));
    assert_eq!((stored.state, stored.price), (MessageState::Pending, times(2)));
    assert_eq!((stored.charged, stored.refunded), (Msat::ZERO, Msat::ZERO));
    assert_eq!(stored.counts, Counts { pending: 2, ..Counts::default() });
    assert_eq!((stored.start_at, stored.paused, stored.ended_at), (None, false, None));
    assert_eq!((stored.created_at, stored.valid_until), (at(0), new.content.valid_until));
    assert_eq!((stored.sender, stored.parts), (new.content.sender.clone(), 1));
    let other = world.world.account(Msat::ZERO).await.id;
    assert!(world.store().bulk(other, id).await.unwrap().is_none(), "it is somebody else's");
    world.must_be_sound().await;
}

pub async fn refuses_a_message_to_many_that_exists(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let new = world.bulk(2);
    world.add(new.clone()).await;
    let again = world.store().add_bulk(Arc::new(new)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    assert_eq!(world.balance().await, balance(times(7), times(2)));
    world.must_be_sound().await;
}

pub async fn stores_nothing_of_a_message_to_many_without_credit(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(199)).await;
    let new = world.keyed(world.bulk(200), "key", 1);
    let insufficient = Spent::Insufficient { price: times(200), available: times(199) };
    assert_eq!(world.add(new.clone()).await, insufficient);
    assert!(world.store().bulk(world.account, new.content.message).await.unwrap().is_none());
    assert!(world.claim(at(5)).await.is_empty());
    let key = new.idempotency.clone().unwrap();
    assert_eq!(world.store().spent(world.account, key).await.unwrap(), None);
    assert_eq!(world.balance().await, balance(times(199), Msat::ZERO));
    world.must_be_sound().await;
    // The same request is good once there is credit for it.
    let new = world.keyed(world.bulk(199), "key", 1);
    assert!(matches!(world.add(new).await, Spent::Done { .. }));
}

pub async fn refuses_messages_to_many_that_make_no_sense(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let mut nobody = world.bulk(1);
    nobody.groups = vec![group(EACH, 0..0)];
    let mut negative = world.bulk(1);
    negative.groups = vec![group(Msat::new(-1), 0..1)];
    let mut huge = world.bulk(1);
    huge.groups = vec![group(Msat::new(i64::MAX), 0..2)];
    let mut other = world.bulk(1);
    other.content.account = None;
    for new in [nobody, negative, huge, other] {
        let refused = world.store().add_bulk(Arc::new(new)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    assert_eq!(world.balance().await, balance(times(9), Msat::ZERO));
}

pub async fn spends_the_last_credit_on_one_message_to_many(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5)).await;
    let other = World::from(rig, 1_000_000).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let new = Arc::new(world.bulk(3));
        let store = if number % 2 == 0 { world.store().clone() } else { other.store.clone() };
        tasks.spawn(async move { store.add_bulk(new).await.unwrap() });
    }
    let spent = tasks.join_all().await;
    let done = spent.iter().filter(|spent| matches!(spent, Spent::Done { .. })).count();
    assert_eq!(done, 1, "{spent:?}");
    let insufficient = Spent::Insufficient { price: times(3), available: times(2) };
    assert_eq!(spent.iter().filter(|spent| **spent == insufficient).count(), 7);
    assert_eq!(world.balance().await, balance(times(2), times(3)));
    world.must_be_sound().await;
}

pub async fn does_one_request_once(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let first = world.keyed(world.bulk(2), "key", 1);
    let (message, key) = (first.content.message, first.idempotency.clone().unwrap());
    assert_eq!(world.store().spent(world.account, key.clone()).await.unwrap(), None);
    world.add(first).await;
    let repeat = Spent::Repeat { message, recipients: 2, price: times(2) };
    assert_eq!(world.add(world.keyed(world.bulk(2), "key", 1)).await, repeat);
    assert_eq!(world.add(world.keyed(world.bulk(2), "key", 2)).await, Spent::KeyReused);
    assert_eq!(world.store().spent(world.account, key.clone()).await.unwrap(), Some(repeat));
    let done = |spent| matches!(spent, Spent::Done { .. });
    assert!(done(world.add(world.keyed(world.bulk(2), "other", 1)).await));
    assert_eq!(world.balance().await, balance(times(5), times(4)));
    // A key is its account's own.
    let other = world.world.account(Msat::ZERO).await.id;
    assert_eq!(world.store().spent(other, key.clone()).await.unwrap(), None);
    // It is forgotten a week later, which is before all else.
    let week = 7 * 24 * 3_600;
    let forget = |secs| world.store().forget(at(secs).before(domain::limits::FORGET_AFTER), 9);
    assert_eq!(forget(week).await.unwrap(), 0);
    assert_eq!(forget(week + 1).await.unwrap(), 2);
    assert_eq!(world.store().spent(world.account, key).await.unwrap(), None);
}

pub async fn does_requests_of_one_key_at_once_only_once(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let other = World::from(rig, 1_000_000).await;
    for round in 0..6 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..6 {
            let request = u8::from(number > 3);
            let new = Arc::new(world.keyed(world.bulk(2), &format!("key-{round}"), request));
            let store = if number % 2 == 0 { world.store().clone() } else { other.store.clone() };
            tasks.spawn(async move { (request, store.add_bulk(new).await.unwrap()) });
        }
        let spent = tasks.join_all().await;
        let done: Vec<_> =
            spent.iter().filter(|(_, spent)| matches!(spent, Spent::Done { .. })).collect();
        assert_eq!(done.len(), 1, "{spent:?}");
        let (won, Spent::Done { message, recipients, price }) = *done[0] else { unreachable!() };
        for (request, spent) in &spent {
            let repeat = Spent::Repeat { message, recipients, price };
            let expected = if *request == won { repeat } else { Spent::KeyReused };
            assert!(*spent == expected || matches!(spent, Spent::Done { .. }), "{spent:?}");
        }
    }
    assert_eq!(world.balance().await, balance(times(100 - 12), times(12)));
    world.must_be_sound().await;
}

pub async fn sends_nothing_to_those_who_are_excluded(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(1)).await;
    let mut new = world.bulk(1);
    let id = new.content.message;
    new.excluded = vec![
        excluded("no\nnumber", Exclusion::Invalid),
        excluded("4520000009", Exclusion::Blocked),
        excluded("", Exclusion::Invalid),
    ];
    assert!(matches!(world.add(new).await, Spent::Done { recipients: 1, .. }));
    let counts = Counts { pending: 1, invalid: 2, blocked: 1, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    let all = world.recipients(id, &[]).await;
    let seen: Vec<_> = all
        .iter()
        .map(|one| (one.index, one.address.as_str(), one.state, one.reason, one.price))
        .collect();
    let expected = [
        (0, "4520000000", RecipientState::Pending, None, EACH),
        (1, "no\nnumber", RecipientState::Invalid, Some(Reason::BadNumber), Msat::ZERO),
        (2, "4520000009", RecipientState::Blocked, Some(Reason::Blocked), Msat::ZERO),
        (3, "", RecipientState::Invalid, Some(Reason::BadNumber), Msat::ZERO),
    ];
    assert_eq!(seen, expected);
    let claimed = world.claim(at(5)).await;
    assert_eq!((claimed.len(), claimed[0].recipients.len()), (1, 1));
    world.deliver_all(&claimed).await;
    let ended = world.message(id).await;
    assert_eq!((ended.state, ended.counts.success), (MessageState::Sent, 1));
    assert_eq!(world.store().trace(id, 0, 9).await.unwrap().len(), 1, "they have no way");
    world.must_be_sound().await;
}

pub async fn cuts_price_groups_into_chunks(rig: &impl Rig) {
    let world = BulkWorld::new(rig, Msat::new(10_000_000_000)).await;
    let mut new = world.bulk(1);
    let id = new.content.message;
    let double = times(2);
    new.groups = vec![group(EACH, 0..1_500), group(double, 1_500..2_001)];
    new.excluded = vec![excluded("nobody", Exclusion::Invalid)];
    let price = new.price().unwrap();
    assert_eq!(price, times(1_500 + 2 * 501));
    world.add(new).await;
    world.must_be_sound().await;
    let traced = world.store().trace(id, 998, 4).await.unwrap();
    let indices: Vec<_> = traced.iter().map(|trace| (trace.index, trace.to.clone())).collect();
    assert_eq!(indices, [998, 999, 1_000, 1_001].map(|index| (index, phone(index))));
    let claimed = world.claim(at(5)).await;
    let runs: Vec<_> =
        claimed.iter().map(|chunk| (chunk.id.first, chunk.recipients.len())).collect();
    assert_eq!(runs, [(0, 1_000), (1_000, 500), (1_500, 501)]);
    assert!(claimed.iter().all(|chunk| chunk.content.lane == Lane::Bulk));
    for recipient in claimed.iter().flat_map(|chunk| &chunk.recipients) {
        assert_eq!(recipient.to, phone(recipient.index));
        assert!(recipient.accepted.is_empty() && recipient.tried.is_empty());
    }
    world.must_be_sound().await;
    assert_eq!(world.store().trace(id, 998, 4).await.unwrap().len(), 4);
    world.deliver_all(&claimed).await;
    assert_eq!(world.balance().await.reserved, Msat::ZERO);
    let ended = world.message(id).await;
    assert_eq!((ended.charged, ended.refunded), (price, Msat::ZERO));
    assert_eq!((ended.state, ended.ended_at), (MessageState::Sent, Some(at(20))));
    world.must_be_sound().await;
}

pub async fn opens_a_chunk_once(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(2_000)).await;
    let id = world.added(1_200).await;
    let room = |chunks: u32| world.store().claim_chunks("one", chunks.into(), at(5), at(90));
    let first = room(1).await.unwrap();
    assert_eq!((first.len(), first[0].recipients.len()), (1, 1_000));
    assert_eq!(world.recipients(id, &[]).await.len(), 1_000);
    world.must_be_sound().await;
    // The lease passes, and another node has it.
    let all = world.store().claim_chunks("two", 9.into(), at(100), at(200)).await.unwrap();
    let mut again: Vec<_> =
        all.iter().map(|chunk| (chunk.id.first, chunk.attempt, chunk.recipients.len())).collect();
    again.sort_unstable();
    assert_eq!(again, [(0, 2, 1_000), (1_000, 1, 200)]);
    world.must_be_sound().await;
}

pub async fn lists_messages_newest_first(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let mut new = world.bulk(1);
        new.start_at = (number % 2 == 1).then_some(at(900));
        ids.push(new.content.message);
        world.add(new).await;
    }
    let other = BulkWorld::of(World::from(rig, 1_000).await, times(1)).await;
    other.added(1).await;
    world.world.working().await;
    ids.reverse();
    let list = |states: &[MessageState], offset, limit| {
        let list = BulkList { states: states.to_vec(), offset, limit };
        let (store, account) = (world.store().clone(), world.account);
        async move {
            let (page, count) = store.bulk_list(account, list).await.unwrap();
            (page.into_iter().map(|message| message.id).collect::<Vec<_>>(), count)
        }
    };
    let (pending, scheduled) = (MessageState::Pending, MessageState::Scheduled);
    assert_eq!(list(&[], 0, 100).await, (ids.clone(), 5));
    assert_eq!(list(&[], 1, 2).await, (ids[1..3].to_vec(), 5));
    assert_eq!(list(&[], 9, 2).await, (vec![], 5));
    assert_eq!(list(&[scheduled], 0, 9).await, (vec![ids[1], ids[3]], 2));
    assert_eq!(list(&[scheduled], 1, 9).await, (vec![ids[3]], 2));
    assert_eq!(list(&[pending, scheduled, pending], 1, 3).await, (ids[1..4].to_vec(), 5));
    assert_eq!(list(&[MessageState::Sent], 0, 9).await, (vec![], 0));
}

pub async fn pages_through_recipients(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let mut new = world.bulk(2_500);
    new.excluded = (0..3).map(|_| excluded("nobody", Exclusion::Invalid)).collect();
    let id = new.content.message;
    world.add(new).await;
    // The first chunk has rows, the others are packed.
    let chunk = world.store().claim_chunks("one", 1.into(), at(5), at(90)).await.unwrap().remove(0);
    world.deliver(&chunk, &[0, 999]).await;
    let page = |states: &[RecipientState], first, limit| {
        let list = RecipientList { states: states.to_vec(), first, limit };
        let store = world.store().clone();
        async move {
            let page = store.bulk_recipients(id, list).await.unwrap();
            let found: Vec<_> = page.recipients.iter().map(|one| one.index).collect();
            (found, page.next)
        }
    };
    assert_eq!(page(&[], 998, 4).await, ((998..1_002).collect(), Some(1_002)));
    assert_eq!(page(&[], 1_998, 3).await, (vec![1_998, 1_999, 2_000], Some(2_001)));
    assert_eq!(page(&[], 2_499, 9).await, (vec![2_499, 2_500, 2_501, 2_502], None));
    assert_eq!(page(&[], 2_502, 1).await, (vec![2_502], None));
    assert_eq!(page(&[], 2_503, 1).await, (vec![], None));
    let success = [RecipientState::Success];
    assert_eq!(page(&success, 0, 1).await, (vec![0], Some(1)));
    assert_eq!(page(&success, 1, 9).await, (vec![999], None));
    let invalid = [RecipientState::Invalid, RecipientState::Blocked];
    assert_eq!(page(&invalid, 7, 2).await, (vec![2_500, 2_501], Some(2_502)));
    let pending = [RecipientState::Pending];
    assert_eq!(page(&pending, 998, 3).await, (vec![998, 1_000, 1_001], Some(1_002)));
    let (all, next) = page(&[], 0, 5_000).await;
    assert_eq!((all.len(), next), (1_000, Some(1_000)), "a page is no larger");
    let nobody = RecipientList { limit: 9, ..RecipientList::default() };
    let unknown = world.bulk(1).content.message;
    let page = world.store().bulk_recipients(unknown, nobody).await.unwrap();
    assert!(page.recipients.is_empty() && page.next.is_none());
}

pub async fn looks_at_no_more_recipients_than_it_may(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(30_000)).await;
    let id = world.added(21_000).await;
    let list = |first| RecipientList { states: vec![RecipientState::Failed], first, limit: 9 };
    let page = world.store().bulk_recipients(id, list(0)).await.unwrap();
    assert_eq!((page.recipients.len(), page.next), (0, Some(20_000)));
    let page = world.store().bulk_recipients(id, list(20_000)).await.unwrap();
    assert_eq!((page.recipients.len(), page.next), (0, None));
}

pub async fn keeps_shares_by_policy(rig: &impl Rig) {
    for (refunds, first) in [(RefundPolicy::Undelivered, 1), (RefundPolicy::Unsent, 1_000)] {
        let world = BulkWorld::of(World::from(rig, first).await, times(10)).await;
        let mut new = world.bulk(5);
        (new.groups, new.refunds) = (vec![group(EACH, 0..4), group(times(2), 4..5)], refunds);
        let id = new.content.message;
        world.add(new).await;
        let chunk = world.claim_one(at(5)).await;
        // 0 arrives, 1 fails at a carrier, 2 is refused, 3 was parked and failed, 4 has no receipt.
        world.receive(&chunk, 3, false).await;
        let mut outcomes = world.taken(&chunk, &[0, 1, 3, 4]);
        outcomes.push(world.refused(&chunk, 2));
        world.world.record(outcomes, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
        world.must_be_sound().await;
        world.receive(&chunk, 0, true).await;
        world.receive(&chunk, 1, false).await;
        let before = world.message(id).await;
        assert_eq!((before.state, before.counts.submitted), (MessageState::Pending, 1));
        world.must_be_sound().await;
        world.store().expire(at(8_000), at(0), 9).await.unwrap();
        let ended = world.message(id).await;
        let kept = if refunds == RefundPolicy::Undelivered { 1 } else { 1 + 1 + 1 + 2 };
        assert_eq!((ended.charged, ended.refunded), (times(kept), times(6 - kept)));
        assert_eq!((ended.state, ended.ended_at), (MessageState::Sent, Some(at(8_000))));
        let counts = Counts { success: 1, failed: 3, timeout: 1, ..Counts::default() };
        assert_eq!(ended.counts, counts);
        assert_eq!(world.balance().await, balance(times(10 - kept), Msat::ZERO));
        world.must_be_sound().await;
    }
}

pub async fn moves_no_money_by_receipts_after_the_end(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(2)).await;
    let id = world.added(2).await;
    let chunk = world.claim_one(at(5)).await;
    let taken = world.taken(&chunk, &[0, 1]);
    world.world.record(taken, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    world.receive(&chunk, 0, true).await;
    world.store().expire(at(8_000), at(0), 9).await.unwrap();
    let ended = world.message(id).await;
    assert_eq!((ended.counts.timeout, ended.refunded), (1, EACH));
    let recorded = world.receive(&chunk, 1, true).await;
    assert_eq!((recorded.recipients, recorded.contradictory), (0, 1));
    world.receive(&chunk, 0, false).await;
    let after = world.message(id).await;
    assert_eq!((after.counts, after.refunded), (ended.counts, ended.refunded));
    assert_eq!(world.balance().await, balance(EACH, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn sends_for_nothing_too(rig: &impl Rig) {
    let world = BulkWorld::new(rig, Msat::ZERO).await;
    let mut new = world.bulk(2);
    new.groups = vec![group(Msat::ZERO, 0..2)];
    let id = new.content.message;
    assert!(matches!(world.add(new).await, Spent::Done { price: Msat::ZERO, .. }));
    let claimed = world.claim(at(5)).await;
    world.deliver_all(&claimed).await;
    assert_eq!(world.message(id).await.state, MessageState::Sent);
    world.must_be_sound().await;
}

pub async fn expires_what_nobody_claimed(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(2_000)).await;
    let mut new = world.bulk(1_500);
    // Even one whose start nobody saw.
    new.start_at = Some(at(900));
    let id = new.content.message;
    world.add(new).await;
    let recorded = world.store().expire(at(3_600), at(0), 1).await.unwrap();
    assert_eq!(recorded.recipients, 1_000);
    world.must_be_sound().await;
    world.store().expire(at(3_600), at(0), 9).await.unwrap();
    let ended = world.message(id).await;
    assert_eq!((ended.state, ended.counts.expired), (MessageState::Failed, 1_500));
    assert_eq!((ended.charged, ended.refunded), (Msat::ZERO, times(1_500)));
    assert_eq!(world.balance().await, balance(times(2_000), Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn begins_and_cancels_only_what_is_scheduled(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(500)).await;
    let scheduled = world.scheduled(150, at(900)).await;
    assert_eq!(world.message(scheduled).await.state, MessageState::Scheduled);
    assert!(world.claim(at(899)).await.is_empty());
    let other = world.world.account(Msat::ZERO).await.id;
    let cancel = |account, id| world.store().cancel_bulk(account, id, at(10));
    assert_eq!(cancel(other, scheduled).await.unwrap(), CancelBulk::NoSuchMessage);
    let cancelled = cancel(world.account, scheduled).await.unwrap();
    assert_eq!(cancelled, CancelBulk::Cancelled { refunded: times(150) });
    assert_eq!(world.balance().await, balance(times(500), Msat::ZERO));
    let after = world.message(scheduled).await;
    assert_eq!((after.state, after.counts.pending), (MessageState::Cancelled, 150));
    assert_eq!((after.refunded, after.ended_at), (times(150), Some(at(10))));
    assert_eq!(world.recipients(scheduled, &[]).await.len(), 150);
    world.must_be_sound().await;
    let not = |state, was_scheduled| CancelBulk::Not { state, was_scheduled };
    let again = cancel(world.account, scheduled).await.unwrap();
    assert_eq!(again, not(MessageState::Cancelled, true));
    assert!(world.claim(at(950)).await.is_empty(), "nothing of it is sent");
    world.store().expire(at(9_000), at(0), 9).await.unwrap();
    world.must_be_sound().await;

    let started = world.scheduled(150, at(900)).await;
    assert_eq!(world.claim(at(900)).await.len(), 1);
    assert_eq!(world.message(started).await.state, MessageState::Pending);
    let late = cancel(world.account, started).await.unwrap();
    assert_eq!(late, not(MessageState::Pending, true));
    let at_once = world.added(1).await;
    let never = cancel(world.account, at_once).await.unwrap();
    assert_eq!(never, not(MessageState::Pending, false));
    world.must_be_sound().await;
}

pub async fn starts_or_cancels_but_never_both(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10_000)).await;
    let other = World::from(rig, 1_000_000).await;
    let (mut started, mut cancelled) = (0, 0);
    for round in 0..60 {
        let id = world.scheduled(101, at(900)).await;
        let (store, account) = (other.store.clone(), world.account);
        let cancel = tokio::spawn(async move {
            // Now one, now the other is first.
            for _ in 0..round % 6 {
                tokio::task::yield_now().await;
            }
            store.cancel_bulk(account, id, at(900)).await.unwrap()
        });
        let mut claimed = world.claim(at(900)).await;
        let outcome = cancel.await.unwrap();
        // A claim that found the message taken has put it off.
        claimed.extend(world.claim(at(901)).await);
        let state = world.message(id).await.state;
        match outcome {
            CancelBulk::Cancelled { .. } => {
                cancelled += 1;
                assert!(claimed.is_empty(), "round {round}");
                assert_eq!(state, MessageState::Cancelled);
            }
            CancelBulk::Not { state: seen, .. } => {
                started += 1;
                assert_eq!((claimed.len(), seen), (1, MessageState::Pending), "round {round}");
                assert_eq!(state, MessageState::Pending);
                world.deliver_all(&claimed).await;
            }
            CancelBulk::NoSuchMessage => unreachable!(),
        }
        world.must_be_sound().await;
    }
    assert_eq!(started + cancelled, 60);
}
