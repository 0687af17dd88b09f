//! Events of campaigns that have a webhook.

use domain::event::Target;
use domain::message::MessageState;
use domain::message::campaign::{CampaignEvents, CampaignWebhook, Counts, NewBulk};
use domain::message::changes::ChangedRecipient;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{CancelBulk, Delivery, EventSearch, EventSubject, Retry, Snapshot};
use domain::secret::Secret;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH};
use super::world::{DELIVERED, at, result, retry_at};

const URL: &str = "https://example.com/campaigns";

fn webhook(events: CampaignEvents) -> Option<CampaignWebhook> {
    Some(CampaignWebhook { url: URL.to_owned(), events })
}

async fn rich(rig: &impl Rig) -> BulkWorld {
    BulkWorld::new(rig, Msat::new(EACH.get() * 10_000)).await
}

fn recipients(event: &Delivery) -> Vec<ChangedRecipient> {
    match &event.snapshot {
        Snapshot::Recipients(_, changes) => changes.iter().collect(),
        other => panic!("{other:?}"),
    }
}

pub async fn reports_recipients_by_batches_and_then_the_end(rig: &impl Rig) {
    let world = rich(rig).await;
    let new = NewBulk { webhook: webhook(CampaignEvents::Recipients), ..world.bulk(2_500) };
    let message = new.content.message;
    world.add(new).await;
    let chunks = world.claim(at(5)).await;
    let indices = |at: usize| chunks[at].recipients.iter().map(|one| one.index).collect::<Vec<_>>();
    for some in indices(0).chunks(100) {
        world.deliver(&chunks[0], some).await;
    }
    assert!(world.world.due_events(at(20)).await.is_empty(), "it gathers");
    let first = world.world.due_events(at(21)).await;
    assert_eq!(first.len(), 1, "ten changes are one event");
    let secret = Secret::new("whsec_account");
    assert_eq!(first[0].target, Target::Webhook { url: URL.to_owned(), secret });
    let mut told = recipients(&first[0]);
    assert_eq!(told.len(), 1_000);

    // While the first is under way, the next ones fill and wait for it.
    world.deliver(&chunks[1], &indices(1)).await;
    let (failed, rest) = (indices(2)[0], indices(2)[1..].to_vec());
    let one = world.taken(&chunks[2], &[failed]);
    world.world.record(one, vec![]).await;
    world.receive(&chunks[2], failed, false).await;
    world.deliver(&chunks[2], &rest).await;
    assert_eq!(world.message(message).await.state, MessageState::Sent);
    assert!(world.world.due_events(at(22)).await.is_empty(), "one after another");
    let record = async |event: &Delivery, outcome, now| {
        let results = vec![result(event.id, outcome)];
        world.store().record_deliveries(results, now).await.unwrap();
    };
    record(&first[0], DELIVERED, at(22)).await;
    let second = world.world.due_events(at(22)).await;
    assert_eq!(second.len(), 1);
    record(&second[0], retry_at(at(30)), at(23)).await;
    assert!(world.world.due_events(at(29)).await.is_empty());
    let again = world.world.due_events(at(30)).await;
    assert_eq!((again[0].event, again[0].attempts), (second[0].event, 1));
    assert_eq!(again[0].snapshot, second[0].snapshot, "the same content under the same id");
    told.extend(recipients(&again[0]));
    assert_eq!(told.len(), 2_000);
    record(&again[0], DELIVERED, at(31)).await;
    let last = world.world.deliver_all(at(31)).await;
    assert_eq!(last.len(), 2, "the rest, and the end");
    told.extend(recipients(&last[0]));

    let state_of =
        |index| if index == failed { RecipientState::Failed } else { RecipientState::Success };
    let mut by_index: Vec<_> = told.iter().map(|one| (one.index, one.state)).collect();
    by_index.sort_unstable_by_key(|(index, _)| *index);
    let expected: Vec<_> = (0..2_500).map(|index| (index, state_of(index))).collect();
    assert_eq!(by_index, expected, "each once");
    assert!(told.iter().all(|one| one.number == 4_520_000_000 + u64::from(one.index)));
    let Snapshot::Campaign(end) = &last[1].snapshot else { panic!("{:?}", last[1].snapshot) };
    let counts = Counts { success: 2_499, failed: 1, ..Counts::default() };
    assert_eq!((end.message, end.state, end.counts), (message, MessageState::Sent, counts));
    let search = EventSearch { message: Some(message.0), limit: 9, ..EventSearch::default() };
    let found = world.store().find_events(search).await.unwrap().events;
    let numbers: Vec<_> = found.iter().map(|event| event.number).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
    assert!(found.iter().all(|event| event.subject == EventSubject::Campaign(message)
        && event.account == Some(world.account)
        && event.url.as_deref() == Some(URL)));
    world.must_be_sound().await;
}

pub async fn reports_every_end_of_a_campaign_once(rig: &impl Rig) {
    let world = rich(rig).await;
    let ends = async |now| {
        let told = world.world.deliver_all(at(now)).await;
        let end = |event: Delivery| match event.snapshot {
            Snapshot::Campaign(end) => (end.message, end.state, end.counts),
            other => panic!("{other:?}"),
        };
        told.into_iter().map(end).collect::<Vec<_>>()
    };
    let silent = world.added(3).await;
    world.deliver_all(&world.claim(at(5)).await).await;
    assert_eq!(world.message(silent).await.state, MessageState::Sent);
    assert_eq!(ends(50).await, [], "it has no webhook");

    let new = NewBulk { webhook: webhook(CampaignEvents::Finished), ..world.bulk(2) };
    let message = new.content.message;
    world.add(new).await;
    let chunk = world.claim_one(at(51)).await;
    world.deliver(&chunk, &[0]).await;
    assert_eq!(ends(60).await, [], "one recipient is left");
    world.world.record(world.taken(&chunk, &[1]), vec![]).await;
    world.receive(&chunk, 1, false).await;
    let counts = Counts { success: 1, failed: 1, ..Counts::default() };
    assert_eq!(ends(70).await, [(message, MessageState::Sent, counts)]);
    let retry = Retry {
        account: world.account,
        message,
        valid_until: at(9_000),
        receipts_until: at(9_000),
        idempotency: None,
    };
    world.store().retry_bulk(retry, at(71)).await.unwrap();
    assert_eq!(ends(80).await, []);
    world.deliver_all(&world.claim(at(80)).await).await;
    let counts = Counts { success: 2, ..Counts::default() };
    assert_eq!(ends(90).await, [(message, MessageState::Sent, counts)], "it ended again");

    let new = NewBulk {
        webhook: webhook(CampaignEvents::Recipients),
        start_at: Some(at(500)),
        ..world.bulk(4)
    };
    let message = new.content.message;
    world.add(new).await;
    let cancelled = world.store().cancel_bulk(world.account, message, at(91)).await.unwrap();
    assert!(matches!(cancelled, CancelBulk::Cancelled { .. }));
    let counts = Counts { pending: 4, ..Counts::default() };
    assert_eq!(ends(91).await, [(message, MessageState::Cancelled, counts)]);
    world.must_be_sound().await;
}
