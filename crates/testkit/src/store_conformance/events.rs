//! Events: which changes create them, and their delivery.

use domain::event::Target;
use domain::message::progress::Progress;
use domain::money::Msat;
use domain::ports::{
    ChunkEnd, Delivery, DeliveryOutcome, HoldOrder, Lease, NodeVerdict, ReceiptState,
};
use domain::reason::Reason;
use domain::sale::order::{NewOrder, OrderSnapshot, OrderState, Wanted};
use domain::secret::Secret;

use super::Rig;
use super::world::{
    DELIVERED, FAILED, NODE, PRICE, World, accepted, at, receipt, result, retry_at,
};

fn order_of(event: &Delivery) -> &OrderSnapshot {
    event.snapshot.order().unwrap()
}

fn webhook() -> Target {
    let secret = Secret::new("whsec_order");
    Target::Webhook { url: "https://example.com/hook".to_owned(), secret }
}

pub async fn reports_each_change_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    world.node_says(order, NodeVerdict::Settled).await;
    let due = world.deliver_all(at(50)).await;
    let told: Vec<_> = due
        .iter()
        .map(|event| (order_of(event).paid, order_of(event).progress.unwrap(), event.at))
        .collect();
    let expected = [
        (true, Progress::Created, at(1)),
        (true, Progress::Sent, at(10)),
        (true, Progress::Delivered, at(20)),
    ];
    assert_eq!(told, expected);
    for event in &due {
        assert_eq!(order_of(event).order, order.to_string());
        assert_eq!((&event.target, event.attempts), (&webhook(), 0));
        assert_eq!(order_of(event).at, event.at);
    }
    assert_eq!(order_of(&due[2]).state, OrderState::Fulfilled);
    let mut ids: Vec<_> = due.iter().map(|event| event.event).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

pub async fn reports_nothing_without_a_webhook(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = NewOrder { webhook: None, ..world.new_order() };
    let order = new.id;
    world.add(new).await;
    let message = Some(world.new_message(1));
    let hold = HoldOrder { order, held: PRICE, deadline_height: 1_000, message };
    world.store.hold_order(hold, at(1)).await.unwrap();
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await.events, 0);
    assert!(world.due_events(at(50)).await.is_empty());
}

pub async fn reports_a_cancel_only_when_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let unpaid = world.open_order().await;
    world.cancel(unpaid, Reason::Unpaid).await;
    world.node_says(unpaid, NodeVerdict::Cancelled).await;
    assert!(world.due_events(at(50)).await.is_empty());

    let paid = world.working().await;
    world.cancel(paid, Reason::CancelledByBuyer).await;
    world.node_says(paid, NodeVerdict::Cancelled).await;
    let due = world.deliver_all(at(50)).await;
    assert_eq!(due.len(), 2, "paid, cancelled");
    let last = order_of(&due[1]);
    assert_eq!((last.state, last.reason), (OrderState::Cancelling, Some(Reason::CancelledByBuyer)));

    let account = world.account(PRICE).await;
    let (credit, _) = world.spend(account.id, PRICE).await;
    world.cancel(credit, Reason::CancelledByBuyer).await;
    let due = world.deliver_all(at(51)).await;
    let states: Vec<_> = due.iter().map(|event| order_of(event).state).collect();
    assert_eq!(states, [OrderState::Cancelled], "the response said that it was paid");
}

pub async fn one_change_is_one_event(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("a", ReceiptState::Delivered).await;
    // Submitted, delivered and fulfilled in one change.
    let recorded = world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(recorded.events, 1);
    let order = world.working().await;
    world.cancel(order, Reason::HoldRanOut).await;
    let due = world.deliver_all(at(50)).await;
    let told: Vec<_> = due.iter().map(|event| order_of(event).progress.unwrap()).collect();
    use Progress::{Created, Delivered, Failed};
    assert_eq!(told, [Created, Created, Delivered, Failed]);
    assert_eq!(order_of(&due[3]).reason, Some(Reason::HoldRanOut));
}

pub async fn leases_due_events(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    world.working().await;
    let claim = |now, until, limit| world.store.claim_deliveries(NODE, now, until, limit);
    assert!(claim(at(0), at(9), 9).await.unwrap().is_empty(), "not before it happened");
    let first = claim(at(10), at(20), 1).await.unwrap();
    let second = claim(at(10), at(20), 9).await.unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(order_of(&first[0]).order, order_of(&second[0]).order);
    assert!(claim(at(19), at(30), 9).await.unwrap().is_empty());
    // No result was recorded.
    let again = claim(at(20), at(30), 9).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (2, 1));
    assert_eq!(again[0].event, first[0].event, "receivers recognise a repeat");
}

pub async fn the_events_of_an_order_are_due_one_after_another(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let mut now = at(50);
    for (progress, outcome) in
        [(Progress::Created, DELIVERED), (Progress::Sent, FAILED), (Progress::Delivered, DELIVERED)]
    {
        let due = world.due_events(now).await;
        assert_eq!(due.len(), 1, "never two of one order at a time");
        assert_eq!(order_of(&due[0]).progress, Some(progress));
        // An event that is put off or retried holds back the next one.
        for (at, attempts, outcome) in
            [(at(60), 0, DeliveryOutcome::PutOff(at(60))), (at(70), 1, retry_at(at(70)))]
        {
            let later = now.max(at);
            let outcome = match outcome {
                DeliveryOutcome::PutOff(_) => DeliveryOutcome::PutOff(later),
                _ => retry_at(later),
            };
            let waits = result(due[0].id, outcome);
            world.store.record_deliveries(vec![waits], now).await.unwrap();
            let again = world.due_events(later).await;
            assert_eq!((again.len(), again[0].id), (1, due[0].id));
            assert_eq!(again[0].attempts, attempts);
            now = later;
        }
        world.store.record_deliveries(vec![result(due[0].id, outcome)], now).await.unwrap();
    }
    assert!(world.due_events(at(100_000)).await.is_empty());
    // An event whose predecessors have ended does not wait.
    world.node_says(order, NodeVerdict::Cancelled).await;
    let lost = world.due_events(at(100_000)).await;
    assert_eq!((lost.len(), order_of(&lost[0]).state), (1, OrderState::Lost));
}

/// Two events of each order are stored in one batch, while the first is under way.
pub async fn makes_the_next_event_due_when_one_has_ended(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.submitted("a").await, world.submitted("b").await);
    let first = world.due_events(at(50)).await;
    assert_eq!(first.len(), 2);
    for id in ["a", "b"] {
        world.receive(id, ReceiptState::Delivered).await;
    }
    assert!(world.due_events(at(50)).await.is_empty(), "earlier ones are under way");
    let told = first.iter().map(|event| result(event.id, DELIVERED)).collect();
    world.store.record_deliveries(told, at(60)).await.unwrap();
    let told = world.deliver_all(at(60)).await;
    for order in [one, two] {
        let progress: Vec<_> = told
            .iter()
            .filter(|event| order_of(event).order == order.to_string())
            .map(|event| order_of(event).progress.unwrap())
            .collect();
        assert_eq!(progress, [Progress::Sent, Progress::Delivered]);
    }
    assert_eq!(told.len(), 4);
}

pub async fn reports_only_the_end_where_that_is_wanted(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(3 * PRICE.get())).await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        let mut new = world.new_credit(account.id, PRICE);
        new.order.webhook.as_mut().unwrap().wants = Wanted::Final;
        orders.push(new.order.id);
        world.add_credit_order(new.order, new.message).await.unwrap();
    }
    let chunks = world.claim(at(5)).await;
    world.cancel(orders[0], Reason::HoldRanOut).await;
    let outcomes = chunks
        .iter()
        .filter(|chunk| chunk.recipients.len() == 1)
        .zip(["a", "b", "c"])
        .map(|(chunk, id)| accepted(chunk, 0, &[(1, id)]))
        .collect();
    assert_eq!(world.record(outcomes, vec![]).await.events, 0, "sent is not the end");
    for (id, state) in [
        ("a", ReceiptState::Delivered),
        ("b", ReceiptState::Delivered),
        ("c", ReceiptState::Failed),
    ] {
        world.receive(id, state).await;
    }
    let mut told: Vec<_> = world
        .deliver_all(at(50))
        .await
        .iter()
        .map(|event| (order_of(event).order.clone(), order_of(event).progress.unwrap()))
        .collect();
    told.sort_unstable_by_key(|(order, _)| order.clone());
    let mut expected = Vec::new();
    for order in orders {
        let progress = Progress::of(world.recipient(order).await);
        assert!(matches!(progress, Progress::Delivered | Progress::Failed));
        expected.push((order.to_string(), progress));
    }
    expected.sort_unstable_by_key(|(order, _)| order.clone());
    assert_eq!(told, expected, "one event for each, at its end");

    // An order over Lightning that the node refunded.
    let mut new = world.new_order();
    new.webhook.as_mut().unwrap().wants = Wanted::Final;
    let order = new.id;
    world.add(new).await;
    world.hold(order, Some(world.new_message(1))).await;
    assert!(world.deliver_all(at(50)).await.is_empty(), "paid is not the end");
    world.node_says(order, NodeVerdict::Cancelled).await;
    let lost = world.deliver_all(at(50)).await;
    assert_eq!((lost.len(), order_of(&lost[0]).state), (1, OrderState::Lost));
}

pub async fn hands_over_the_events_of_a_change(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    let event_lease = Some(Lease { node: NODE.to_owned(), until: at(55) });
    let end = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
    let outcomes = vec![accepted(&chunk, 0, &[(1, "a")])];
    let recorded =
        world.store.record_outcomes(outcomes, end, at(10), event_lease.clone()).await.unwrap();
    assert_eq!((recorded.events, recorded.deliveries.len()), (1, 1));
    let sent = &recorded.deliveries[0];
    assert_eq!((order_of(sent).progress, sent.at), (Some(Progress::Sent), at(10)));
    assert_eq!(order_of(sent).order, order.to_string());
    assert_eq!((&sent.target, sent.attempts), (&webhook(), 0));
    // It is leased to the caller, and the next event waits for it.
    let receipts = vec![receipt("a", ReceiptState::Delivered)];
    let recorded = world.store.record_receipts(receipts, at(20), event_lease).await.unwrap();
    assert_eq!((recorded.events, recorded.settled), (1, 1));
    assert_eq!(recorded.deliveries, []);
    assert!(world.due_events(at(54)).await.is_empty());
    // The caller crashed: the same event is due again, its attempt counted.
    let again = world.due_events(at(55)).await;
    assert_eq!((again.len(), again[0].id, again[0].event), (1, sent.id, sent.event));
    assert_eq!((again[0].attempts, &again[0].snapshot), (1, &sent.snapshot));
    assert_eq!((&again[0].target, again[0].at), (&sent.target, sent.at));
    let told = result(again[0].id, DELIVERED);
    world.store.record_deliveries(vec![told], at(56)).await.unwrap();
    let last = world.due_events(at(56)).await;
    assert_eq!((last.len(), order_of(&last[0]).progress), (1, Some(Progress::Delivered)));
}

/// Those it claimed and those handed over to it; not those that are due later for another reason.
pub async fn releases_the_events_of_one_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    for _ in 0..4 {
        world.working().await;
    }
    let claim = |node, limit| world.store.claim_deliveries(node, at(10), at(55), limit);
    let theirs = claim("two", 1).await.unwrap();
    let retried = claim(NODE, 1).await.unwrap();
    let put_off = claim(NODE, 1).await.unwrap();
    let mine = claim(NODE, 9).await.unwrap();
    let event_lease = Some(Lease { node: NODE.to_owned(), until: at(55) });
    let end = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
    let outcomes = vec![accepted(&chunk, 0, &[(1, "a")])];
    let recorded = world.store.record_outcomes(outcomes, end, at(10), event_lease).await.unwrap();
    let results = vec![
        result(retried[0].id, retry_at(at(40))),
        result(put_off[0].id, DeliveryOutcome::PutOff(at(41))),
    ];
    world.store.record_deliveries(results, at(11)).await.unwrap();
    assert!(world.due_events(at(39)).await.is_empty());

    assert_eq!(world.store.release_leases("three", at(12)).await.unwrap(), 0);
    assert_eq!(world.store.release_leases(NODE, at(12)).await.unwrap(), 2);
    let again = world.due_events(at(12)).await;
    let ids: Vec<_> = again.iter().map(|event| event.id).collect();
    assert_eq!(ids, [mine[0].id, recorded.deliveries[0].id]);
    assert_eq!(order_of(&again[1]).order, order.to_string());
    assert!(again.iter().all(|event| event.attempts == 1), "the request may have been sent");
    let told = again.iter().map(|event| result(event.id, DELIVERED)).collect();
    world.store.record_deliveries(told, at(13)).await.unwrap();
    assert_eq!(world.store.release_leases(NODE, at(14)).await.unwrap(), 0);
    let others = [&theirs[0], &retried[0], &put_off[0]].map(|event| event.id);
    let due: Vec<_> = world.due_events(at(54)).await.iter().map(|event| event.id).collect();
    assert_eq!(due, others[1..]);
    assert_eq!(world.due_events(at(55)).await[0].id, others[0]);
}

pub async fn retries_until_delivered(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let event = world.due_events(at(2)).await.remove(0);
    let retry = result(event.id, retry_at(at(60)));
    world.store.record_deliveries(vec![retry], at(3)).await.unwrap();
    assert!(world.due_events(at(59)).await.is_empty());
    let again = world.due_events(at(60)).await.remove(0);
    assert_eq!((again.id, again.event, again.attempts), (event.id, event.event, 1));
    let told = result(again.id, DELIVERED);
    world.store.record_deliveries(vec![told], at(61)).await.unwrap();
    // A delivered event stays so, whatever a slower process records.
    let late = result(again.id, retry_at(at(62)));
    world.store.record_deliveries(vec![late, told], at(62)).await.unwrap();
    assert!(world.due_events(at(100_000)).await.is_empty());
}

pub async fn a_failed_event_is_not_due_again(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let event = world.due_events(at(2)).await.remove(0);
    let gave_up = result(event.id, FAILED);
    world.store.record_deliveries(vec![gave_up], at(3)).await.unwrap();
    assert!(world.due_events(at(100_000)).await.is_empty());
}

pub async fn a_postponed_call_is_not_an_attempt(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let event = world.due_events(at(2)).await.remove(0);
    let put_off = result(event.id, DeliveryOutcome::PutOff(at(60)));
    world.store.record_deliveries(vec![put_off], at(3)).await.unwrap();
    assert!(world.due_events(at(59)).await.is_empty());
    let again = world.due_events(at(60)).await.remove(0);
    assert_eq!((again.id, again.attempts), (event.id, 0));
}
