//! Callbacks: a report of each recipient of a campaign to each of its URLs, and of received messages.

use std::sync::Arc;

use domain::event::{EventState, Target, TargetKind};
use domain::inbound::{InboundPart, Party, Receiver, Receivers};
use domain::message::campaign::{CampaignEvents, CampaignWebhook, Excluded, Exclusion, NewBulk};
use domain::message::status_code::StatusCode;
use domain::money::Msat;
use domain::ports::{
    Delivery, EventOwner, EventSearch, PortError, RecipientReport, Replay, Snapshot,
};
use domain::secret::Secret;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH};
use super::inbound::whole;
use super::world::{BY, DELIVERED, NODE, REFUND, World, at, result, retry_at};

const FIRST: &str = "https://a.example/back?k=v";
const SECOND: &str = "https://b.example/";

async fn rich(rig: &impl Rig) -> BulkWorld {
    BulkWorld::new(rig, Msat::new(EACH.get() * 10_000)).await
}

fn called(world: &BulkWorld, recipients: u32, urls: &[&str]) -> NewBulk {
    let callbacks = urls.iter().map(|url| (*url).to_owned()).collect();
    NewBulk { callbacks, first_sms_id: Some(7_000), ..world.bulk(recipients) }
}

fn report(event: &Delivery) -> &RecipientReport {
    match &event.snapshot {
        Snapshot::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

pub async fn reports_each_recipient_once_to_each_callback(rig: &impl Rig) {
    let world = rich(rig).await;
    let new = called(&world, 3, &[FIRST, SECOND]);
    let excluded = vec![Excluded { address: "12".to_owned(), why: Exclusion::Invalid }];
    let new = NewBulk { excluded, ..new };
    let message = new.content.message;
    world.add(new).await;
    let early = world.world.due_events(at(1)).await;
    let invalid: Vec<_> = early.iter().map(|event| (event.target.url(), report(event))).collect();
    let expected = RecipientReport {
        account: world.account,
        address: "12".to_owned(),
        status: StatusCode::INVALID_NUMBER,
        accepted_at: at(0),
        delivered_at: None,
        sms_id: Some(7_003),
    };
    assert_eq!(invalid, [(FIRST, &expected), (SECOND, &expected)]);
    assert_eq!(early[0].owner, EventOwner::Account(world.account));
    assert_eq!(early[0].target, Target::Callback { url: FIRST.to_owned() });

    let chunk = world.claim_one(at(5)).await;
    world.deliver(&chunk, &[0, 2]).await;
    world.world.record(world.taken(&chunk, &[1]), vec![]).await;
    world.receive(&chunk, 1, false).await;
    let due = world.world.due_events(at(20)).await;
    let mut reports: Vec<_> = due
        .iter()
        .map(|event| {
            let RecipientReport { address, status, accepted_at, delivered_at, sms_id, .. } =
                report(event);
            assert_eq!(*accepted_at, at(0));
            assert_eq!(delivered_at.is_some(), *status == StatusCode::DELIVERED);
            (sms_id.unwrap(), address.as_str(), status.number(), event.target.url())
        })
        .collect();
    reports.sort_unstable();
    assert_eq!(
        reports,
        [
            (7_000, "4520000000", 150, FIRST),
            (7_000, "4520000000", 150, SECOND),
            (7_001, "4520000001", 22, FIRST),
            (7_001, "4520000001", 22, SECOND),
            (7_002, "4520000002", 150, FIRST),
            (7_002, "4520000002", 150, SECOND),
        ]
    );
    let ids: std::collections::BTreeSet<_> =
        due.iter().chain(&early).map(|event| event.event).collect();
    assert_eq!(ids.len(), 8);

    // One that fails holds back no other; all are found with the campaign.
    let mut results: Vec<_> = early.iter().map(|event| result(event.id, DELIVERED)).collect();
    results.extend(due[1..].iter().map(|event| result(event.id, DELIVERED)));
    results.push(result(due[0].id, retry_at(at(3_600))));
    world.store().record_deliveries(results, at(21)).await.unwrap();
    assert!(world.world.due_events(at(3_599)).await.is_empty());
    let search = EventSearch { message: Some(message.0), limit: 9, ..EventSearch::default() };
    let found = world.store().find_events(search).await.unwrap().events;
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|event| event.target == TargetKind::Callback
        && event.account == Some(world.account)
        && event.url.is_some()));
    let page = EventSearch { limit: 3, ..search };
    let page = world.store().find_events(page).await.unwrap();
    assert_eq!((page.events[..].to_vec(), page.next), (found[..3].to_vec(), Some(found[2].id)));
    let again = world.world.due_events(at(3_600)).await;
    assert_eq!((again.len(), again[0].attempts, report(&again[0])), (1, 1, report(&due[0])));
    world.store().record_deliveries(vec![result(again[0].id, DELIVERED)], at(3_601)).await.unwrap();
    let replay = world.store().replay_event(again[0].id, BY, at(3_700)).await.unwrap();
    assert_eq!(replay, Replay::Replayed);
    let replayed = world.world.due_events(at(3_700)).await;
    assert_eq!((replayed[0].event, report(&replayed[0])), (again[0].event, report(&due[0])));
    world.must_be_sound().await;
}

pub async fn reports_to_callbacks_beside_a_webhook(rig: &impl Rig) {
    let world = rich(rig).await;
    let webhook = Some(CampaignWebhook {
        url: "https://example.com/campaigns".to_owned(),
        events: CampaignEvents::Finished,
    });
    let new = NewBulk { webhook, first_sms_id: None, ..called(&world, 1, &[FIRST]) };
    let message = new.content.message;
    world.add(new).await;
    world.deliver(&world.claim_one(at(5)).await, &[0]).await;
    let due = world.world.due_events(at(20)).await;
    let kinds: Vec<_> = due.iter().map(|event| event.target.kind()).collect();
    assert_eq!(due.len(), 2, "{kinds:?}");
    let callback = due.iter().find(|event| event.target.kind() == TargetKind::Callback).unwrap();
    assert_eq!((report(callback).sms_id, report(callback).status), (None, StatusCode::DELIVERED));
    let search = EventSearch { message: Some(message.0), limit: 9, ..EventSearch::default() };
    let found = world.store().find_events(search).await.unwrap().events;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|event| event.state == EventState::Pending));
}

pub async fn reports_what_expires_to_callbacks(rig: &impl Rig) {
    let world = rich(rig).await;
    world.add(called(&world, 2, &[FIRST])).await;
    let late = at(0).after(std::time::Duration::from_secs(30 * 24 * 3_600));
    let expired = world.store().expire(late, at(0), 100, REFUND).await;
    assert_eq!(expired.unwrap().events, 2);
    let due = world.world.due_events(late).await;
    let statuses: Vec<_> = due.iter().map(|event| report(event).status.number()).collect();
    assert_eq!(statuses, [5, 5]);
}

pub async fn gives_no_two_campaigns_the_same_first_id(rig: &impl Rig) {
    let world = rich(rig).await;
    world.add(called(&world, 1, &[])).await;
    let again = world.store().add_bulk(Arc::new(called(&world, 1, &[]))).await;
    assert!(matches!(again, Err(PortError::Conflict(_) | PortError::Refused(_))), "{again:?}");
    let huge = NewBulk { first_sms_id: Some(u64::MAX), ..world.bulk(1) };
    let huge = world.store().add_bulk(Arc::new(huge)).await;
    assert!(matches!(huge, Err(PortError::Refused(_))), "{huge:?}");
    for _ in 0..2 {
        world.added(1).await;
    }
    world.must_be_sound().await;
}

pub async fn reports_received_messages_to_the_accounts_callback(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let hook =
        Target::Webhook { url: "https://a.example".to_owned(), secret: Secret::new("whsec_a") };
    let back = Target::Callback { url: FIRST.to_owned() };
    let receiver = Receiver {
        account: Some(account),
        target: Some(hook.clone()),
        callback: Some(back.clone()),
        ..Receiver::default()
    };
    let receivers = Arc::new(Receivers {
        numbers: [(Party::new("4560"), receiver)].into(),
        ..Receivers::default()
    });
    let parts = ["4560", "1919"]
        .map(|number| InboundPart { to: Party::new(number), ..whole(number, at(5)) });
    assert_eq!(world.take_as(&receivers, &parts, at(6)).await.events, 2);
    let mut due = world.store.claim_deliveries(NODE, at(6), at(66), 10).await.unwrap();
    due.sort_by(|a, b| a.target.url().cmp(b.target.url()));
    assert_eq!(due.iter().map(|event| &event.target).collect::<Vec<_>>(), [&hook, &back]);
    assert_ne!(due[0].event, due[1].event);
    for event in &due {
        assert_eq!(event.owner, EventOwner::Account(account));
        assert!(matches!(event.snapshot, Snapshot::Inbound(_)));
    }
    let message = world.came_in().await.into_iter().find(|one| one.account.is_some()).unwrap();
    let search = EventSearch { message: Some(message.id.0), limit: 9, ..EventSearch::default() };
    let found = world.store.find_events(search).await.unwrap().events;
    let numbers: Vec<_> = found.iter().map(|event| event.number).collect();
    assert_eq!(numbers, [2, 1]);
}
