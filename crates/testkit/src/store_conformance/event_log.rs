//! The log of attempts, what operators find of events, and replay.

use domain::account::operator::{Action, Actor};
use domain::event::{AttemptError, AttemptResult, EventState, TargetKind};
use domain::id::{EventId, OperatorId, OrderId};
use domain::message::progress::Progress;
use domain::ports::{
    AuditList, DeliveryOutcome, EventSearch, EventSubject, FoundEvent, ReceiptState, Replay,
};
use domain::time::Timestamp;

use super::Rig;
use super::world::{DELIVERED, FAILED, PRICE, World, accepted, at, attempt, result, retry_at};

const BY: Actor = Actor::Operator(OperatorId(1));
const ALL: EventSearch = EventSearch {
    order: None,
    message: None,
    account: None,
    state: None,
    target: None,
    before: None,
    limit: 9,
};

impl World {
    async fn record_delivery(&self, event: EventId, outcome: DeliveryOutcome, now: Timestamp) {
        self.store.record_deliveries(vec![result(event, outcome)], now).await.unwrap();
    }

    async fn logged(&self, event: EventId) -> Vec<AttemptResult> {
        let (_, attempts) = self.store.event(event).await.unwrap().unwrap();
        attempts.into_iter().map(|attempt| attempt.result).collect()
    }

    async fn found(&self, search: EventSearch) -> Vec<FoundEvent> {
        self.store.find_events(search).await.unwrap().events
    }

    /// The event of an order that is paid.
    async fn event(&self) -> EventId {
        self.working().await;
        self.due_events(at(2)).await.remove(0).id
    }
}

pub async fn logs_every_attempt_with_its_result(rig: &impl Rig) {
    let world = World::new(rig).await;
    let event = world.event().await;
    let timed_out = AttemptResult::Error(AttemptError::TimedOut);
    let again = DeliveryOutcome::RetryAt(at(60), attempt(timed_out));
    world.record_delivery(event, again, at(3)).await;
    assert_eq!(world.due_events(at(60)).await.len(), 1);
    world.record_delivery(event, DeliveryOutcome::PutOff(at(70)), at(61)).await;
    assert_eq!(world.due_events(at(70)).await.len(), 1);
    world.record_delivery(event, DELIVERED, at(71)).await;
    let (found, attempts) = world.store.event(event).await.unwrap().unwrap();
    assert_eq!(attempts, [attempt(timed_out), attempt(AttemptResult::Status(200))]);
    assert_eq!((found.state, found.attempts), (EventState::Delivered, 2));
    assert_eq!((found.due_at, found.ended_at), (None, Some(at(71))));
    // Results of a slower process.
    for late in [DELIVERED, FAILED, retry_at(at(80))] {
        world.record_delivery(event, late, at(72)).await;
    }
    assert_eq!(world.logged(event).await.len(), 2);
    assert!(world.store.event(EventId(1_000)).await.unwrap().is_none());
}

pub async fn deletes_attempts_by_age(rig: &impl Rig) {
    let world = World::new(rig).await;
    let event = world.event().await;
    for minute in 1..=3 {
        world.record_delivery(event, retry_at(at(minute)), at(minute)).await;
        assert_eq!(world.due_events(at(minute)).await.len(), 1);
    }
    // All of them began at 0.
    assert_eq!(world.store.forget(at(0), 2).await.unwrap(), 0);
    assert_eq!(world.store.forget(at(1), 2).await.unwrap(), 2);
    assert_eq!(world.logged(event).await.len(), 1);
    assert_eq!(world.store.forget(at(1), 2).await.unwrap(), 1);
    assert_eq!(world.logged(event).await, []);
    world.record_delivery(event, DELIVERED, at(9)).await;
    assert_eq!(world.logged(event).await.len(), 1, "the event has the attempt that delivered it");
}

pub async fn finds_events_by_order_message_account_and_state(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (spent, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "x")])).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    world.working().await;

    let numbers = |found: &[FoundEvent], of: OrderId| -> Vec<u32> {
        assert!(found.iter().all(|event| event.subject == EventSubject::Order(of)));
        found.iter().map(|event| event.number).collect()
    };
    let of_order = world.found(EventSearch { order: Some(order), ..ALL }).await;
    assert_eq!(numbers(&of_order, order), [3, 2, 1], "newest first");
    let first = &of_order[2];
    assert_eq!((first.target, first.state), (TargetKind::Webhook, EventState::Pending));
    assert_eq!(first.url.as_deref(), Some("https://example.com/hook"));
    assert_eq!((first.attempts, first.at, first.due_at), (0, at(1), Some(at(1))));
    assert_eq!(of_order[0].due_at, None, "it waits for its predecessor");

    let message = world.order(order).await.snapshot().message.map(|id| id.0);
    let of_message = world.found(EventSearch { message, ..ALL }).await;
    assert_eq!(of_message, of_order);
    assert!(world.found(EventSearch { message, order: Some(spent), ..ALL }).await.is_empty());

    let of_account = world.found(EventSearch { account: Some(account.id), ..ALL }).await;
    assert_eq!(numbers(&of_account, spent), [1]);

    world.record_delivery(first.id, FAILED, at(30)).await;
    let failed = EventSearch { state: Some(EventState::Failed), ..ALL };
    let found = world.found(failed).await;
    assert_eq!((found.len(), found[0].id), (1, first.id));
    assert!(world.found(EventSearch { order: Some(spent), ..failed }).await.is_empty());

    let page = |before| world.store.find_events(EventSearch { before, limit: 2, ..ALL });
    let (mut seen, mut next) = (Vec::new(), None);
    loop {
        let found = page(next).await.unwrap();
        seen.extend(found.events.iter().map(|event| event.id));
        next = found.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
}

pub async fn replays_an_event_that_has_ended(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    let first = world.due_events(at(50)).await.remove(0);
    let replay = |event: EventId, now| world.store.replay_event(event, BY, now);
    assert_eq!(replay(first.id, at(51)).await.unwrap(), Replay::Pending);
    assert_eq!(replay(EventId(1_000), at(51)).await.unwrap(), Replay::NotFound);
    world.record_delivery(first.id, retry_at(at(52)), at(51)).await;
    assert_eq!(world.due_events(at(52)).await.len(), 1);
    world.record_delivery(first.id, DELIVERED, at(53)).await;
    let second = world.due_events(at(53)).await.remove(0);

    assert_eq!(replay(first.id, at(60)).await.unwrap(), Replay::Replayed);
    assert_eq!(replay(first.id, at(60)).await.unwrap(), Replay::Pending, "a repeat");
    let again = world.due_events(at(60)).await;
    assert_eq!(again.len(), 1, "the next event stays leased");
    assert_eq!((&again[0].event, &again[0].snapshot), (&first.event, &first.snapshot));
    assert_eq!((again[0].attempts, again[0].since), (0, at(60)), "a new plan");
    assert_eq!(first.since, first.at);
    world.record_delivery(first.id, FAILED, at(61)).await;
    let results = [500, 200, 500].map(AttemptResult::Status);
    assert_eq!(world.logged(first.id).await, results, "attempts before a replay are kept");

    // The end of a replayed event makes nothing due, and is no obstacle to a second replay.
    assert!(world.due_events(at(62)).await.is_empty());
    world.record_delivery(second.id, DELIVERED, at(62)).await;
    assert_eq!(replay(first.id, at(63)).await.unwrap(), Replay::Replayed);
    assert_eq!(world.deliver_all(at(63)).await.len(), 1);
    world.receive("a", ReceiptState::Delivered).await;
    let last = world.deliver_all(at(64)).await;
    assert_eq!(last[0].snapshot.order().unwrap().progress, Some(Progress::Delivered));
    assert_eq!(last[0].snapshot.order().unwrap().order, order.to_string());

    let list = AuditList { action: Some(Action::EventReplay), limit: 9, ..AuditList::default() };
    let audited = world.store.audit_log(list).await.unwrap();
    assert_eq!(audited.len(), 2);
    assert_eq!((audited[0].by, &audited[0].on), (BY, &first.id.0.to_string()));
}
