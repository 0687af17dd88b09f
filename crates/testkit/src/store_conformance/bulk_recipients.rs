//! The recipients of campaigns: packed, expanded into rows, and listed by page.

use domain::message::campaign::{Counts, Exclusion};
use domain::message::recipient::RecipientState;
use domain::message::{Lane, MessageState};
use domain::money::Msat;
use domain::ports::{BulkList, RecipientList, Spent};
use domain::reason::Reason;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, group, times};
use super::world::{REFUND, World, at, balance, phone};

pub async fn sends_nothing_to_excluded_recipients(rig: &impl Rig) {
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
    assert_eq!(
        world.store().trace(id, 0, 9).await.unwrap().len(),
        1,
        "excluded recipients have no trace"
    );
    world.must_be_sound().await;
}

pub async fn splits_price_groups_into_chunks(rig: &impl Rig) {
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
    let first = room(1).await.unwrap().chunks;
    assert_eq!((first.len(), first[0].recipients.len()), (1, 1_000));
    assert_eq!(world.recipients(id, &[]).await.len(), 1_000);
    world.must_be_sound().await;
    // The lease expires, and another node claims it.
    let all = world.store().claim_chunks("two", 9.into(), at(100), at(200)).await.unwrap().chunks;
    let mut again: Vec<_> =
        all.iter().map(|chunk| (chunk.id.first, chunk.attempt, chunk.recipients.len())).collect();
    again.sort_unstable();
    assert_eq!(again, [(0, 2, 1_000), (1_000, 1, 200)]);
    world.must_be_sound().await;
}

pub async fn expires_unclaimed_chunks(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(2_000)).await;
    let mut new = world.bulk(1_500);
    // Including one that was never started.
    new.start_at = Some(at(900));
    let id = new.content.message;
    world.add(new).await;
    let recorded = world.store().expire(at(3_600), at(0), 1, REFUND).await.unwrap();
    assert_eq!(recorded.recipients, 1_000);
    world.must_be_sound().await;
    world.store().expire(at(3_600), at(0), 9, REFUND).await.unwrap();
    let ended = world.message(id).await;
    assert_eq!((ended.state, ended.counts.expired), (MessageState::Failed, 1_500));
    assert_eq!((ended.charged, ended.refunded), (Msat::ZERO, times(1_500)));
    assert_eq!(world.balance().await, balance(times(2_000), Msat::ZERO));
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
    let list = |state: Option<MessageState>, offset, limit| {
        let list = BulkList { state, offset, limit };
        let (store, account) = (world.store().clone(), world.account);
        async move {
            let (page, count) = store.bulk_list(account, list).await.unwrap();
            (page.into_iter().map(|message| message.id).collect::<Vec<_>>(), count)
        }
    };
    let scheduled = Some(MessageState::Scheduled);
    assert_eq!(list(None, 0, 100).await, (ids.clone(), 5));
    assert_eq!(list(None, 1, 2).await, (ids[1..3].to_vec(), 5));
    assert_eq!(list(None, 9, 2).await, (vec![], 5));
    assert_eq!(list(scheduled, 0, 9).await, (vec![ids[1], ids[3]], 2));
    assert_eq!(list(scheduled, 1, 9).await, (vec![ids[3]], 2));
    let pending = Some(MessageState::Pending);
    assert_eq!(list(pending, 1, 3).await, (vec![ids[2], ids[4]], 3));
    assert_eq!(list(Some(MessageState::Sent), 0, 9).await, (vec![], 0));
}

pub async fn pages_through_recipients(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let mut new = world.bulk(2_500);
    new.excluded = (0..3).map(|_| excluded("nobody", Exclusion::Invalid)).collect();
    let id = new.content.message;
    world.add(new).await;
    // The first chunk has rows, the others are packed.
    let chunk =
        world.store().claim_chunks("one", 1.into(), at(5), at(90)).await.unwrap().chunks.remove(0);
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
    assert_eq!((all.len(), next), (1_000, Some(1_000)), "the page is too large");
    let nobody = RecipientList { limit: 9, ..RecipientList::default() };
    let unknown = world.bulk(1).content.message;
    let page = world.store().bulk_recipients(unknown, nobody).await.unwrap();
    assert!(page.recipients.is_empty() && page.next.is_none());
}

pub async fn scans_no_more_recipients_than_the_limit(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(30_000)).await;
    let id = world.added(21_000).await;
    let list = |first| RecipientList { states: vec![RecipientState::Failed], first, limit: 9 };
    let page = world.store().bulk_recipients(id, list(0)).await.unwrap();
    assert_eq!((page.recipients.len(), page.next), (0, Some(20_000)));
    let page = world.store().bulk_recipients(id, list(20_000)).await.unwrap();
    assert_eq!((page.recipients.len(), page.next), (0, None));
}
