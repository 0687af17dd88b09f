//! What customers are told.

use domain::message::progress::Progress;
use domain::money::Msat;
use domain::ports::{
    ChunkEnd, HoldOrder, Lease, NodeVerdict, ReceiptState, WebhookCall, WebhookOutcome,
    WebhookResult,
};
use domain::reason::Reason;
use domain::sale::order::{NewOrder, OrderSnapshot, OrderState, Wanted};

use super::Rig;
use super::world::{NODE, PRICE, World, accepted, at, receipt};

fn order_of(call: &WebhookCall) -> &OrderSnapshot {
    call.snapshot.order().unwrap()
}

fn result(call: &WebhookCall, outcome: WebhookOutcome) -> WebhookResult {
    WebhookResult { call: call.id, outcome, note: "status 500".to_owned() }
}

pub async fn tells_each_change_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    world.node_says(order, NodeVerdict::Settled).await;
    let calls = world.told(at(50)).await;
    let told: Vec<_> = calls
        .iter()
        .map(|call| (order_of(call).paid, order_of(call).progress.unwrap(), call.at))
        .collect();
    let expected = [
        (true, Progress::Created, at(1)),
        (true, Progress::Sent, at(10)),
        (true, Progress::Delivered, at(20)),
    ];
    assert_eq!(told, expected);
    for call in &calls {
        assert_eq!(order_of(call).order, order.to_string());
        assert_eq!((call.url.as_str(), call.attempts), ("https://example.com/hook", 0));
        assert_eq!(call.secret.expose(), "whsec_order");
        assert_eq!(order_of(call).at, call.at);
    }
    assert_eq!(order_of(&calls[2]).state, OrderState::Fulfilled);
    let mut ids: Vec<_> = calls.iter().map(|call| call.event).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

pub async fn tells_nothing_without_a_webhook(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = NewOrder { webhook: None, ..world.new_order() };
    let order = new.id;
    world.add(new).await;
    let message = Some(world.new_message(1));
    let hold = HoldOrder { order, held: PRICE, deadline_height: 1_000, message };
    world.store.hold_order(hold, at(1)).await.unwrap();
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await.events, 0);
    assert!(world.calls(at(50)).await.is_empty());
}

pub async fn tells_of_a_cancel_only_when_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let unpaid = world.open_order().await;
    world.cancel(unpaid, Reason::Unpaid).await;
    world.node_says(unpaid, NodeVerdict::Cancelled).await;
    assert!(world.calls(at(50)).await.is_empty());

    let paid = world.working().await;
    world.cancel(paid, Reason::CancelledByBuyer).await;
    world.node_says(paid, NodeVerdict::Cancelled).await;
    let calls = world.told(at(50)).await;
    assert_eq!(calls.len(), 2, "paid, cancelled");
    let last = order_of(&calls[1]);
    assert_eq!((last.state, last.reason), (OrderState::Cancelling, Some(Reason::CancelledByBuyer)));

    let account = world.account(PRICE).await;
    let (credit, _) = world.spend(account.id, PRICE).await;
    world.cancel(credit, Reason::CancelledByBuyer).await;
    let calls = world.told(at(51)).await;
    let states: Vec<_> = calls.iter().map(|call| order_of(call).state).collect();
    assert_eq!(states, [OrderState::Cancelled], "that it was paid said its answer");
}

pub async fn tells_one_event_for_one_change(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.receive("a", ReceiptState::Delivered).await;
    // Taken, delivered and fulfilled in one change.
    let recorded = world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(recorded.events, 1);
    let order = world.working().await;
    world.cancel(order, Reason::HoldRanOut).await;
    let calls = world.told(at(50)).await;
    let told: Vec<_> = calls.iter().map(|call| order_of(call).progress.unwrap()).collect();
    use Progress::{Created, Delivered, Failed};
    assert_eq!(told, [Created, Created, Delivered, Failed]);
    assert_eq!(order_of(&calls[3]).reason, Some(Reason::HoldRanOut));
}

pub async fn leases_webhook_calls(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    world.working().await;
    let claim = |now, until, limit| world.store.claim_webhooks(NODE, now, until, limit);
    assert!(claim(at(0), at(9), 9).await.unwrap().is_empty(), "not before it happened");
    let first = claim(at(10), at(20), 1).await.unwrap();
    let second = claim(at(10), at(20), 9).await.unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(order_of(&first[0]).order, order_of(&second[0]).order);
    assert!(claim(at(19), at(30), 9).await.unwrap().is_empty());
    // Nobody said what became of them.
    let again = claim(at(20), at(30), 9).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (2, 1));
    assert_eq!(again[0].event, first[0].event, "receivers know a repeat");
}

pub async fn tells_the_events_of_an_order_one_after_another(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let mut now = at(50);
    for (progress, outcome) in [
        (Progress::Created, WebhookOutcome::Told),
        (Progress::Sent, WebhookOutcome::GaveUp),
        (Progress::Delivered, WebhookOutcome::Told),
    ] {
        let calls = world.calls(now).await;
        assert_eq!(calls.len(), 1, "never two of one order at a time");
        assert_eq!(order_of(&calls[0]).progress, Some(progress));
        // What is put off or tried again holds back what comes after it.
        for (at, attempts, outcome) in [
            (at(60), 0, WebhookOutcome::PutOff(at(60))),
            (at(70), 1, WebhookOutcome::RetryAt(at(70))),
        ] {
            let later = now.max(at);
            let outcome = match outcome {
                WebhookOutcome::PutOff(_) => WebhookOutcome::PutOff(later),
                _ => WebhookOutcome::RetryAt(later),
            };
            let waits = result(&calls[0], outcome);
            world.store.record_webhooks(vec![waits], now).await.unwrap();
            let again = world.calls(later).await;
            assert_eq!((again.len(), again[0].id), (1, calls[0].id));
            assert_eq!(again[0].attempts, attempts);
            now = later;
        }
        world.store.record_webhooks(vec![result(&calls[0], outcome)], now).await.unwrap();
    }
    assert!(world.calls(at(100_000)).await.is_empty());
    // An event of an order whose earlier ones have ended waits for none.
    world.node_says(order, NodeVerdict::Cancelled).await;
    let lost = world.calls(at(100_000)).await;
    assert_eq!((lost.len(), order_of(&lost[0]).state), (1, OrderState::Lost));
}

/// Two of one order are stored by one batch, and both while none of them was told.
pub async fn makes_the_next_event_due_when_one_has_ended(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.submitted("a").await, world.submitted("b").await);
    let first = world.calls(at(50)).await;
    assert_eq!(first.len(), 2);
    for id in ["a", "b"] {
        world.receive(id, ReceiptState::Delivered).await;
    }
    assert!(world.calls(at(50)).await.is_empty(), "theirs are under way");
    let told = first.iter().map(|call| result(call, WebhookOutcome::Told)).collect();
    world.store.record_webhooks(told, at(60)).await.unwrap();
    let told = world.told(at(60)).await;
    for order in [one, two] {
        let progress: Vec<_> = told
            .iter()
            .filter(|call| order_of(call).order == order.to_string())
            .map(|call| order_of(call).progress.unwrap())
            .collect();
        assert_eq!(progress, [Progress::Sent, Progress::Delivered]);
    }
    assert_eq!(told.len(), 4);
}

pub async fn tells_only_the_end_to_those_who_want_that(rig: &impl Rig) {
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
    assert_eq!(world.record(outcomes, vec![]).await.events, 0, "sent is no end");
    for (id, state) in [
        ("a", ReceiptState::Delivered),
        ("b", ReceiptState::Delivered),
        ("c", ReceiptState::Failed),
    ] {
        world.receive(id, state).await;
    }
    let mut told: Vec<_> = world
        .told(at(50))
        .await
        .iter()
        .map(|call| (order_of(call).order.clone(), order_of(call).progress.unwrap()))
        .collect();
    told.sort_unstable_by_key(|(order, _)| order.clone());
    let mut expected = Vec::new();
    for order in orders {
        let progress = Progress::of(world.recipient(order).await);
        assert!(matches!(progress, Progress::Delivered | Progress::Failed));
        expected.push((order.to_string(), progress));
    }
    expected.sort_unstable_by_key(|(order, _)| order.clone());
    assert_eq!(told, expected, "one for each, of its end");

    // One over Lightning, that nobody could deliver and the node refunded.
    let mut new = world.new_order();
    new.webhook.as_mut().unwrap().wants = Wanted::Final;
    let order = new.id;
    world.add(new).await;
    world.hold(order, Some(world.new_message(1))).await;
    assert!(world.told(at(50)).await.is_empty(), "paid is no end");
    world.node_says(order, NodeVerdict::Cancelled).await;
    let lost = world.told(at(50)).await;
    assert_eq!((lost.len(), order_of(&lost[0]).state), (1, OrderState::Lost));
}

pub async fn hands_over_the_events_of_a_change(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    let tell = Some(Lease { node: NODE.to_owned(), until: at(55) });
    let end = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
    let outcomes = vec![accepted(&chunk, 0, &[(1, "a")])];
    let recorded = world.store.record_outcomes(outcomes, end, at(10), tell.clone()).await.unwrap();
    assert_eq!((recorded.events, recorded.webhooks.len()), (1, 1));
    let sent = &recorded.webhooks[0];
    assert_eq!((order_of(sent).progress, sent.at), (Some(Progress::Sent), at(10)));
    assert_eq!(order_of(sent).order, order.to_string());
    assert_eq!((sent.url.as_str(), sent.attempts), ("https://example.com/hook", 0));
    assert_eq!(sent.secret.expose(), "whsec_order");
    // It is the caller's, and what comes after it waits, whoever would have it.
    let receipts = vec![receipt("a", ReceiptState::Delivered)];
    let recorded = world.store.record_receipts(receipts, at(20), tell).await.unwrap();
    assert_eq!((recorded.events, recorded.settled), (1, 1));
    assert_eq!(recorded.webhooks, []);
    assert!(world.calls(at(54)).await.is_empty());
    // The caller died: the same event again, and it was tried.
    let again = world.calls(at(55)).await;
    assert_eq!((again.len(), again[0].id, again[0].event), (1, sent.id, sent.event));
    assert_eq!((again[0].attempts, &again[0].snapshot), (1, &sent.snapshot));
    assert_eq!((&again[0].url, again[0].at), (&sent.url, sent.at));
    let told = result(&again[0], WebhookOutcome::Told);
    world.store.record_webhooks(vec![told], at(56)).await.unwrap();
    let last = world.calls(at(56)).await;
    assert_eq!((last.len(), order_of(&last[0]).progress), (1, Some(Progress::Delivered)));
}

/// Those it claimed and those it was handed over; not what waits for another reason.
pub async fn releases_the_webhook_calls_of_one_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    for _ in 0..4 {
        world.working().await;
    }
    let claim = |node, limit| world.store.claim_webhooks(node, at(10), at(55), limit);
    let theirs = claim("two", 1).await.unwrap();
    let retried = claim(NODE, 1).await.unwrap();
    let put_off = claim(NODE, 1).await.unwrap();
    let mine = claim(NODE, 9).await.unwrap();
    let tell = Some(Lease { node: NODE.to_owned(), until: at(55) });
    let end = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
    let outcomes = vec![accepted(&chunk, 0, &[(1, "a")])];
    let recorded = world.store.record_outcomes(outcomes, end, at(10), tell).await.unwrap();
    let results = vec![
        result(&retried[0], WebhookOutcome::RetryAt(at(40))),
        result(&put_off[0], WebhookOutcome::PutOff(at(41))),
    ];
    world.store.record_webhooks(results, at(11)).await.unwrap();
    assert!(world.calls(at(39)).await.is_empty());

    assert_eq!(world.store.release_leases("three", at(12)).await.unwrap(), 0);
    assert_eq!(world.store.release_leases(NODE, at(12)).await.unwrap(), 2);
    let again = world.calls(at(12)).await;
    let ids: Vec<_> = again.iter().map(|call| call.id).collect();
    assert_eq!(ids, [mine[0].id, recorded.webhooks[0].id]);
    assert_eq!(order_of(&again[1]).order, order.to_string());
    assert!(again.iter().all(|call| call.attempts == 1), "they may have been made");
    let told = again.iter().map(|call| result(call, WebhookOutcome::Told)).collect();
    world.store.record_webhooks(told, at(13)).await.unwrap();
    assert_eq!(world.store.release_leases(NODE, at(14)).await.unwrap(), 0);
    let others = [&theirs[0], &retried[0], &put_off[0]].map(|call| call.id);
    let due: Vec<_> = world.calls(at(54)).await.iter().map(|call| call.id).collect();
    assert_eq!(due, others[1..]);
    assert_eq!(world.calls(at(55)).await[0].id, others[0]);
}

pub async fn tells_again_until_told(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let call = world.calls(at(2)).await.remove(0);
    let retry = result(&call, WebhookOutcome::RetryAt(at(60)));
    world.store.record_webhooks(vec![retry], at(3)).await.unwrap();
    assert!(world.calls(at(59)).await.is_empty());
    let again = world.calls(at(60)).await.remove(0);
    assert_eq!((again.id, again.event, again.attempts), (call.id, call.event, 1));
    let told = result(&again, WebhookOutcome::Told);
    world.store.record_webhooks(vec![told.clone()], at(61)).await.unwrap();
    // Told is told, whatever a slower process says.
    let late = result(&again, WebhookOutcome::RetryAt(at(62)));
    world.store.record_webhooks(vec![late, told], at(62)).await.unwrap();
    assert!(world.calls(at(100_000)).await.is_empty());
}

pub async fn gives_up_for_good(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let call = world.calls(at(2)).await.remove(0);
    let gave_up = result(&call, WebhookOutcome::GaveUp);
    world.store.record_webhooks(vec![gave_up], at(3)).await.unwrap();
    assert!(world.calls(at(100_000)).await.is_empty());
}

pub async fn counts_no_attempt_that_was_put_off(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let call = world.calls(at(2)).await.remove(0);
    let put_off = result(&call, WebhookOutcome::PutOff(at(60)));
    world.store.record_webhooks(vec![put_off], at(3)).await.unwrap();
    assert!(world.calls(at(59)).await.is_empty());
    let again = world.calls(at(60)).await.remove(0);
    assert_eq!((again.id, again.attempts), (call.id, 0));
}
