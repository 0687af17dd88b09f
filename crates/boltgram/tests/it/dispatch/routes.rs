//! The carriers of a message: the first one, and those of retries.

use std::sync::Arc;
use std::time::Duration;

use domain::message::Lane;
use domain::message::recipient::RecipientState;
use domain::ports::Carrier;
use domain::reason::Reason;
use domain::routing::{Route, RouteCarrier};

use super::house::{House, PRICE};
use super::line::{ELSEWHERE_CODE, Line, Plan};

const RECEIPT_TIMEOUT: Duration = Duration::from_secs(600);

fn lines(first: Plan, second: Plan) -> (Arc<Line>, Arc<Line>) {
    (Line::new("first", first), Line::new("second", second))
}

fn route(lines: &[&Arc<Line>]) -> Route {
    Route::in_order("45", lines.iter().map(|line| line.name().clone()))
}

async fn house(lines: &[&Arc<Line>]) -> House {
    House::open(lines, route(lines)).await
}

#[tokio::test]
async fn what_one_carrier_does_not_serve_another_gets() {
    let (first, second) = lines(Plan::Elsewhere, Plan::Deliver);
    let house = house(&[&first, &second]).await;
    let account = house.account("acme").await;
    let end = house.ends(house.send(account, Lane::Single, 1).await).await;
    assert_eq!(end.state, RecipientState::Success);
    assert_eq!(end.tried, [first.name().clone()]);
    assert_eq!((first.count(), second.count()), (1, 1));
}

#[tokio::test]
async fn when_every_carrier_was_tried_it_fails_as_the_last_one_said_and_is_paid_back() {
    let (first, second) = lines(Plan::Elsewhere, Plan::Elsewhere);
    let house = house(&[&first, &second]).await;
    let account = house.account("acme").await;
    let before = house.available(account).await;
    let sent = house.send(account, Lane::Single, 1).await;
    assert_eq!(house.available(account).await, before.checked_sub(PRICE).unwrap());
    let end = house.ends(sent).await;
    assert_eq!(end.state, RecipientState::Failed);
    assert_eq!((end.reason, end.code.as_deref()), (Some(Reason::Refused), Some(ELSEWHERE_CODE)));
    assert_eq!((first.count(), second.count()), (1, 1));
    house.until("it is refunded", async || house.available(account).await == before).await;
    assert!(house.store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test]
async fn while_one_is_down_the_next_gets_it() {
    let (first, second) = lines(Plan::Deliver, Plan::Deliver);
    first.set_up(false);
    let house = house(&[&first, &second]).await;
    let account = house.account("acme").await;
    house.ends(house.send(account, Lane::Single, 1).await).await;
    assert_eq!((first.count(), second.count()), (0, 1));
    first.set_up(true);
    house.ends(house.send(account, Lane::Single, 1).await).await;
    assert_eq!((first.count(), second.count()), (1, 1));
}

#[tokio::test]
async fn a_carrier_that_asks_for_patience_keeps_what_is_its_own() {
    let (first, second) = lines(Plan::Throttle, Plan::Deliver);
    let house = house(&[&first, &second]).await;
    let account = house.account("acme").await;
    let sent = house.send(account, Lane::Single, 1).await;
    house.until("it was retried", async || first.count() >= 3).await;
    first.plan(Plan::Deliver);
    assert_eq!(house.ends(sent).await.state, RecipientState::Success);
    assert_eq!(second.count(), 0);
}

#[tokio::test]
async fn attempts_have_an_end() {
    let first = Line::new("first", Plan::Busy);
    let route = Route { attempts: 3, ..route(&[&first]) };
    let house = House::open(&[&first], route).await;
    let account = house.account("acme").await;
    let before = house.available(account).await;
    let end = house.ends(house.send(account, Lane::Single, 1).await).await;
    assert_eq!(first.count(), 3);
    assert_eq!((end.state, end.reason), (RecipientState::Failed, Some(Reason::AttemptsExhausted)));
    house.until("it is refunded", async || house.available(account).await == before).await;
}

#[tokio::test]
async fn being_down_is_no_attempt() {
    let (first, second) = lines(Plan::Deliver, Plan::Deliver);
    first.set_up(false);
    let mut route = route(&[&first]);
    route.attempts = 1;
    // The other carrier is up, so that chunks are claimed.
    let house = House::open(&[&first, &second], route).await;
    let account = house.account("acme").await;
    let sent = house.send(account, Lane::Single, 1).await;
    house
        .until("it waits", async || house.trace(sent).await.reason == Some(Reason::LinkDown))
        .await;
    house.clock.advance(Duration::from_secs(60));
    first.set_up(true);
    assert_eq!(house.ends(sent).await.state, RecipientState::Success);
}

#[tokio::test]
async fn without_a_receipt_in_time_the_next_carrier_gets_it_and_the_last_one_keeps_it() {
    let (first, second) = lines(Plan::Keep, Plan::Keep);
    let route = Route { receipt_timeout: Some(RECEIPT_TIMEOUT), ..route(&[&first, &second]) };
    let house = House::open(&[&first, &second], route).await;
    let account = house.account("acme").await;
    let sent = house.send(account, Lane::Single, 1).await;
    house.until("the first has it", async || first.count() == 1).await;
    let tick = Duration::from_secs(5);
    house.until_by(tick, "the second has it", async || second.count() == 1).await;
    let submitted = async || house.trace(sent).await.state == RecipientState::Submitted;
    house.until("it is recorded", submitted).await;
    assert_eq!(house.trace(sent).await.tried, [first.name().clone()]);
    let mut ticks = 0;
    house
        .until_by(tick, "an hour has passed", async || {
            ticks += 1;
            ticks > 720
        })
        .await;
    assert_eq!((first.count(), second.count()), (1, 1));
    assert!(submitted().await, "the last carrier keeps it until its validity ends");
    // Its order is settled before that; late receipts are awaited for days.
    let hour = Duration::from_secs(60 * 60);
    house.until_by(hour, "it times out", async || house.trace(sent).await.state.is_final()).await;
    assert_eq!(house.trace(sent).await.state, RecipientState::Timeout);
}

#[tokio::test]
async fn a_campaign_goes_on_where_its_receipts_did_not_come() {
    let (first, second) = lines(Plan::Keep, Plan::Deliver);
    let route = Route { receipt_timeout: Some(RECEIPT_TIMEOUT), ..route(&[&first, &second]) };
    let house = House::open(&[&first, &second], route).await;
    let account = house.account("acme").await;
    let sent = house.send(account, Lane::Bulk, 1_500).await;
    house.until("the first has it", async || first.count() == 1_500).await;
    let tick = Duration::from_secs(5);
    house.until_by(tick, "the second has it", async || second.count() == 1_500).await;
    assert_eq!(house.ends(sent).await.state, RecipientState::Success);
    let all = house.store.trace(sent.message, 0, 2_000).await.unwrap();
    house
        .until("all are delivered", async || {
            let all = house.store.trace(sent.message, 0, 2_000).await.unwrap();
            all.iter().all(|recipient| recipient.state == RecipientState::Success)
        })
        .await;
    assert_eq!((all.len(), first.count()), (1_500, 1_500));
}

#[tokio::test]
async fn carriers_of_one_cost_share_and_a_retry_goes_the_same_way() {
    let (first, second) = lines(Plan::Throttle, Plan::Throttle);
    let of = |line: &Arc<Line>, weight| RouteCarrier { name: line.name().clone(), weight, cost: 5 };
    let carriers = vec![of(&first, 1), of(&second, 3)];
    let route = Route { carriers, ..route(&[]) };
    let house = House::open(&[&first, &second], route).await;
    let account = house.account("acme").await;
    let sent = house.send(account, Lane::Bulk, 400).await;
    house.until("all are submitted", async || first.count() + second.count() >= 400).await;
    let shares = (first.count(), second.count());
    assert!((60..=140).contains(&shares.0), "{shares:?}");
    house.until("all are submitted again", async || first.count() + second.count() >= 800).await;
    assert_eq!((first.count(), second.count()), (2 * shares.0, 2 * shares.1));
    first.plan(Plan::Deliver);
    second.plan(Plan::Deliver);
    assert_eq!(house.ends(sent).await.state, RecipientState::Success);
}
