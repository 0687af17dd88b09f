//! What customers are told.

use domain::order::{NewOrder, OrderSnapshot, OrderState, Progress};
use domain::ports::{
    HoldOrder, NodeVerdict, ReceiptState, WebhookCall, WebhookOutcome, WebhookResult,
};
use domain::reason::Reason;

use super::Rig;
use super::world::{PRICE, World, accepted, at};

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
    let calls = world.calls(at(50)).await;
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
    let calls = world.calls(at(50)).await;
    assert_eq!(calls.len(), 2, "paid, cancelled");
    let last = order_of(&calls[1]);
    assert_eq!((last.state, last.reason), (OrderState::Cancelling, Some(Reason::CancelledByBuyer)));

    let account = world.account(PRICE).await;
    let (credit, _) = world.spend(account.id, PRICE).await;
    world.cancel(credit, Reason::CancelledByBuyer).await;
    let calls = world.calls(at(51)).await;
    let states: Vec<_> = calls.iter().map(|call| order_of(call).state).collect();
    assert_eq!(states, [OrderState::Working, OrderState::Cancelled]);
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
    let calls = world.calls(at(50)).await;
    let told: Vec<_> = calls.iter().map(|call| order_of(call).progress.unwrap()).collect();
    use Progress::{Created, Delivered, Failed};
    assert_eq!(told, [Created, Delivered, Created, Failed]);
    assert_eq!(order_of(&calls[3]).reason, Some(Reason::HoldRanOut));
}

pub async fn leases_webhook_calls(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.submitted("a").await;
    let claim = |now, until, limit| world.store.claim_webhooks(now, until, limit);
    assert!(claim(at(0), at(9), 9).await.unwrap().is_empty(), "not before it happened");
    let first = claim(at(10), at(20), 1).await.unwrap();
    assert_eq!((first.len(), order_of(&first[0]).progress), (1, Some(Progress::Created)));
    let second = claim(at(10), at(20), 9).await.unwrap();
    assert_eq!((second.len(), order_of(&second[0]).progress), (1, Some(Progress::Sent)));
    assert!(claim(at(19), at(30), 9).await.unwrap().is_empty());
    // Nobody said what became of them.
    let again = claim(at(20), at(30), 9).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (2, 1));
    assert_eq!(again[0].event, first[0].event, "receivers know a repeat");
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
