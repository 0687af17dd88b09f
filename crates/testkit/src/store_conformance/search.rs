//! Searches across accounts, by page.

use std::collections::BTreeSet;

use domain::account::{KeyHash, Scope};
use domain::id::{AccountId, KeyId, MessageId, OrderId};
use domain::limits::SEARCH_LOOKED_AT_MAX;
use domain::message::campaign::{Exclusion, NewBulk};
use domain::message::recipient::RecipientState;
use domain::message::{Address, MessageState};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    ChunkEnd, FoundRecipient, MessageSearch, NewKey, Period, RecipientSearch, RecipientsFound,
};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, group, times};
use super::world::{BY, PRICE, World, at, balance, phone};

/// A message id of this time.
fn id(at: Timestamp, number: u64) -> MessageId {
    let millis = u128::from(at.as_millis().unsigned_abs());
    MessageId(Uuid::from_u128(millis << 80 | u128::from(number)))
}

fn number(index: u32) -> Msisdn {
    match phone(index) {
        Address::Phone(number) => number,
        Address::Email(_) => unreachable!(),
    }
}

/// An order paid from credit to the number of this index, with a message of this time.
async fn ordered(
    world: &World,
    account: AccountId,
    index: u32,
    moment: Timestamp,
) -> (OrderId, MessageId) {
    let mut new = world.new_credit(account, PRICE);
    let (order, message) = (new.order.id, id(moment, world.number()));
    new.message.content.message = message;
    new.message.content.account = Some(account);
    new.message.recipients = vec![phone(index)];
    world.add_credit_order(new.order, new.message).await.unwrap();
    (order, message)
}

async fn sent(world: &BulkWorld, recipients: u32, moment: Timestamp) -> MessageId {
    let mut new = world.bulk(recipients);
    new.content.message = id(moment, world.world.number());
    new.created_at = moment;
    let id = new.content.message;
    world.add(new).await;
    id
}

async fn find(world: &World, search: RecipientSearch) -> RecipientsFound {
    world.store.find_recipients(search).await.unwrap()
}

fn places(found: &[FoundRecipient]) -> Vec<(MessageId, u32)> {
    found.iter().map(|one| (one.message, one.recipient.index)).collect()
}

fn of_number(index: u32) -> RecipientSearch {
    RecipientSearch { number: Some(number(index)), limit: 50, ..RecipientSearch::default() }
}

pub async fn finds_a_number_in_orders_and_campaigns(rig: &impl Rig) {
    let bulk = BulkWorld::new(rig, Msat::new(100 * PRICE.get())).await;
    let world = &bulk.world;
    let (order, first) = ordered(world, bulk.account, 7, at(10)).await;
    let other = world.account(PRICE).await.id;
    let (_, second) = ordered(world, other, 7, at(20)).await;
    ordered(world, other, 8, at(20)).await;
    // As rows, packed, and packed with one chunk expanded.
    let few = sent(&bulk, 9, at(30)).await;
    let many = sent(&bulk, 2_500, at(40)).await;
    let found = find(world, of_number(7)).await;
    assert_eq!(places(&found.recipients), [(many, 7), (few, 7), (second, 0), (first, 0)]);
    assert_eq!(found.next, None);
    let last = &found.recipients[3];
    assert_eq!((last.order, last.account), (Some(order), Some(bulk.account)));
    assert_eq!(last.recipient.address, number(7).digits().to_string());
    let of_many = &found.recipients[0];
    assert_eq!((of_many.order, of_many.created_at), (None, at(40)));
    assert_eq!((of_many.recipient.state, of_many.recipient.price), (RecipientState::Pending, EACH));
    for chunk in bulk.claim(at(50)).await {
        if chunk.id.message == many && chunk.id.first == 1_000 {
            bulk.deliver(&chunk, &[1_003]).await;
        }
    }
    let reached = find(world, of_number(1_003)).await.recipients;
    assert_eq!(places(&reached), [(many, 1_003)]);
    assert_eq!(reached[0].recipient.state, RecipientState::Success);
    assert_eq!(places(&find(world, of_number(7)).await.recipients).len(), 4, "opened or not");
    assert_eq!(find(world, of_number(2_500)).await, RecipientsFound::default());
}

pub async fn finds_recipients_by_account_message_state_and_time(rig: &impl Rig) {
    let bulk = BulkWorld::new(rig, Msat::new(100 * PRICE.get())).await;
    let world = &bulk.world;
    let other = world.account(PRICE).await.id;
    let (_, order) = ordered(world, other, 3, at(10)).await;
    let mut new = bulk.bulk(5);
    new.content.message = id(at(20), 1);
    new.excluded = vec![excluded("66", Exclusion::Invalid)];
    bulk.add(new).await;
    let many = id(at(20), 1);
    let all = RecipientSearch { limit: 50, ..RecipientSearch::default() };
    let found = |search| async move { places(&find(world, search).await.recipients) };
    let of = |search| RecipientSearch { number: Some(number(3)), ..search };
    assert_eq!(found(all).await.len(), 7);
    assert_eq!(found(RecipientSearch { account: Some(other), ..all }).await, [(order, 0)]);
    let theirs = RecipientSearch { account: Some(bulk.account), ..all };
    assert_eq!(found(of(theirs)).await, [(many, 3)]);
    assert_eq!(found(RecipientSearch { message: Some(many), ..all }).await.len(), 6);
    assert_eq!(found(RecipientSearch { message: Some(order), ..theirs }).await, []);
    let invalid = RecipientSearch { state: Some(RecipientState::Invalid), ..all };
    assert_eq!(found(invalid).await, [(many, 5)]);
    let within = |from, until| RecipientSearch { period: Period { from, until }, ..of(all) };
    assert_eq!(found(within(Some(at(11)), None)).await, [(many, 3)]);
    assert_eq!(found(within(Some(at(10)), Some(at(20)))).await, [(order, 0)]);
    assert_eq!(found(within(None, Some(at(10)))).await, []);
    assert_eq!(found(within(Some(at(21)), None)).await, []);
}

pub async fn pages_through_search_results(rig: &impl Rig) {
    let bulk = BulkWorld::new(rig, Msat::new(100 * PRICE.get())).await;
    let world = &bulk.world;
    for round in 0..12 {
        ordered(world, bulk.account, 1, at(round)).await;
        sent(&bulk, 3, at(round)).await;
    }
    sent(&bulk, 2_100, at(20)).await;
    for search in [
        RecipientSearch::default(),
        RecipientSearch { state: Some(RecipientState::Pending), ..RecipientSearch::default() },
        of_number(1),
    ] {
        let whole = RecipientSearch { limit: 500, ..search };
        let (mut expected, mut at) = (Vec::new(), None);
        loop {
            let page = find(world, RecipientSearch { at, ..whole }).await;
            expected.extend(places(&page.recipients));
            at = page.next;
            if at.is_none() {
                break;
            }
        }
        let (mut seen, mut at) = (Vec::new(), None);
        loop {
            let page = find(world, RecipientSearch { limit: 7, at, ..search }).await;
            assert!(page.recipients.len() <= 7);
            seen.extend(places(&page.recipients));
            at = page.next;
            if at.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        assert!(seen.is_sorted_by_key(|(message, index)| (std::cmp::Reverse(*message), *index)));
        let count = if search.number.is_some() { 25 } else { 12 + 36 + 2_100 };
        assert_eq!(seen.len(), count);
    }
}

pub async fn scans_no_more_than_a_search_may(rig: &impl Rig) {
    let count = SEARCH_LOOKED_AT_MAX + 5_000;
    let bulk = BulkWorld::new(rig, times(i64::from(count) + 10)).await;
    let older = sent(&bulk, 2, at(10)).await;
    let many = sent(&bulk, count, at(20)).await;
    let last = of_number(count - 1);
    let first = find(&bulk.world, last).await;
    assert_eq!((first.recipients.len(), first.next), (0, Some((many, SEARCH_LOOKED_AT_MAX))));
    let second = find(&bulk.world, RecipientSearch { at: first.next, ..last }).await;
    assert_eq!((places(&second.recipients), second.next), (vec![(many, count - 1)], None));
    let oldest = find(&bulk.world, RecipientSearch { at: first.next, ..of_number(1) }).await;
    assert_eq!(places(&oldest.recipients), [(older, 1)]);
}

pub async fn shows_retried_recipients_as_pending(rig: &impl Rig) {
    use domain::ports::{Retry, RetryOutcome};
    let bulk = BulkWorld::new(rig, times(10)).await;
    let message = sent(&bulk, 2, at(1)).await;
    let chunk = bulk.claim_one(at(5)).await;
    let outcomes = vec![bulk.refused(&chunk, 0), bulk.refused(&chunk, 1)];
    bulk.world.record(outcomes, vec![(chunk.id, chunk.attempt, ChunkEnd::Done)]).await;
    let failed = find(&bulk.world, of_number(1)).await.recipients;
    assert_eq!(failed[0].recipient.state, RecipientState::Failed);
    let retry = Retry {
        account: bulk.account,
        message,
        valid_until: at(9_000),
        receipts_until: at(9_000),
        idempotency: None,
    };
    let retried = bulk.store().retry_bulk(retry, at(30)).await.unwrap();
    assert!(matches!(retried, RetryOutcome::Spent(_)), "{retried:?}");
    let again = find(&bulk.world, of_number(1)).await.recipients;
    assert_eq!(
        (again[0].recipient.state, again[0].recipient.reason),
        (RecipientState::Pending, None)
    );
    let failed = RecipientSearch { state: Some(RecipientState::Failed), ..of_number(1) };
    assert_eq!(find(&bulk.world, failed).await, RecipientsFound::default());
}

pub async fn finds_messages_of_both_kinds_newest_first(rig: &impl Rig) {
    let bulk = BulkWorld::new(rig, Msat::new(1_000 * PRICE.get())).await;
    let world = &bulk.world;
    let other = world.account(Msat::new(1_000 * PRICE.get())).await.id;
    let mut all = Vec::new();
    for round in 0..300 {
        let account = if round % 2 == 0 { bulk.account } else { other };
        all.push(ordered(world, account, 1, at(round)).await.1);
    }
    all.push(sent(&bulk, 3, at(400)).await);
    all.reverse();
    let search = |search| async move { world.store.find_messages(search).await.unwrap() };
    let everything = MessageSearch { limit: 500, ..MessageSearch::default() };
    let found = search(everything).await;
    let ids: Vec<_> = found.messages.iter().map(|one| one.id).collect();
    assert_eq!((ids, found.next), (all.clone(), None));
    assert_eq!((found.messages[0].order, found.messages[0].recipients), (None, 3));
    assert!(found.messages[1].order.is_some());
    let theirs = MessageSearch { account: Some(other), limit: 40, ..everything };
    let (mut seen, mut before) = (BTreeSet::new(), None);
    loop {
        let page = search(MessageSearch { before, ..theirs }).await;
        assert!(page.messages.iter().all(|one| one.account == Some(other)));
        seen.extend(page.messages.iter().map(|one| one.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 150);
    let ended = MessageSearch { state: Some(MessageState::Sent), ..everything };
    assert_eq!(search(ended).await.messages, []);
    let period = Period { from: Some(at(10)), until: Some(at(20)) };
    let then = search(MessageSearch { period, ..everything }).await;
    assert_eq!(then.messages.len(), 10);
    assert_eq!(then.messages[0].id, all[300 - 19]);
}

pub async fn pages_accounts_and_keys_by_id(rig: &impl Rig) {
    let world = World::new(rig).await;
    let mut ids = Vec::new();
    for credit in 0..5 {
        ids.push(world.account(Msat::new(credit * PRICE.get())).await.id);
    }
    world.spend(ids[4], PRICE).await;
    let page = world.store.account_page(ids[1], 2).await.unwrap();
    let found: Vec<_> = page.iter().map(|(account, _)| account.id).collect();
    assert_eq!(found, ids[2..4]);
    let rest = world.store.account_page(ids[3], 9).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].1, balance(Msat::new(3 * PRICE.get()), PRICE));
    assert_eq!(rest[0].0.webhook_secret.expose(), "whsec_account");
    let mut keys = Vec::new();
    for byte in 0..6 {
        let account = ids[usize::from(byte % 2)];
        let scopes = vec![Scope::all()];
        let new =
            NewKey { account, hash: KeyHash([byte; 32]), scopes, rate: None, description: None };
        keys.push(world.store.add_key(new, BY, at(1)).await.unwrap());
    }
    let ids_of =
        |keys: Vec<domain::account::Key>| keys.iter().map(|key| key.id).collect::<Vec<_>>();
    let all = world.store.key_page(None, keys[0], 3).await.unwrap();
    assert_eq!(ids_of(all), keys[1..4]);
    let of_one = world.store.key_page(Some(ids[1]), KeyId(0), 2).await.unwrap();
    assert_eq!(ids_of(of_one), [keys[1], keys[3]]);
    let of_one = world.store.key_page(Some(ids[1]), keys[3], 2).await.unwrap();
    assert_eq!(ids_of(of_one), [keys[5]]);
}

pub async fn pages_an_accounts_messages_by_id(rig: &impl Rig) {
    let bulk = BulkWorld::new(rig, times(100)).await;
    let mut all = Vec::new();
    for round in 0..5 {
        all.push(sent(&bulk, 1, at(round)).await);
    }
    let mut late = NewBulk { start_at: Some(at(900)), ..bulk.bulk(1) };
    (late.content.message, late.groups) = (id(at(9), 1), vec![group(EACH, 5..6)]);
    all.push(late.content.message);
    bulk.add(late).await;
    all.reverse();
    let bulk = &bulk;
    let page = |state, before, limit| async move {
        let page = bulk.store().bulk_page(bulk.account, state, before, limit).await.unwrap();
        page.iter().map(|message| message.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, None, 4).await, all[..4]);
    assert_eq!(page(None, Some(all[3]), 4).await, all[4..]);
    assert_eq!(page(Some(MessageState::Scheduled), None, 9).await, all[..1]);
    assert_eq!(page(Some(MessageState::Pending), Some(all[2]), 2).await, all[3..5]);
}
