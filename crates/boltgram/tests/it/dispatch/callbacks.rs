//! Callbacks of the query door, from a carrier's receipt or message to the receiver's socket.

use std::time::Duration;

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::number::own::NumberTerms;
use domain::ports::{Carrier, Clock, EventSearch, FoundEvent};
use domain::routing::{CarrierName, Route};
use domain::time::Timestamp;
use engine::accept::{AcceptError, Payment, Request};
use engine::accounts::NewSettings;

use super::house::House;
use super::line::{Line, Plan};
use crate::customer_order::order_of;
use crate::receiver::{Call, Receiver};

/// An event that is due later than this is retried then; until it is recorded, its lease ends earlier.
const LEASE_MAX: Duration = Duration::from_secs(600);

fn route(line: &Line) -> Route {
    Route::in_order("", [line.name().clone()])
}

/// Path and query of a call, with its times replaced by how long after noon they are.
fn target(call: &Call, noon: Timestamp) -> String {
    assert_eq!(call.body, "");
    let target = call.request.strip_prefix("GET ").unwrap().strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap();
    let pair = |pair: &str| match pair.split_once('=').unwrap() {
        (name @ ("timestamp" | "delivered"), value) => {
            let seconds: i64 = value.parse().unwrap();
            assert!((0..60).contains(&(seconds - noon.as_secs())), "{query}");
            format!("{name}=…")
        }
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

async fn with_callback(house: &House, url: &str) -> AccountId {
    let account = house.account("acme").await;
    let settings = NewSettings { callback_url: Some(url.to_owned()), ..NewSettings::default() };
    house.engine.accounts.set_settings(account, settings, Actor::CommandLine).await.unwrap();
    account
}

fn text_of(account: AccountId, callbacks: &[&str]) -> Request {
    Request {
        callbacks: callbacks.iter().map(|url| (*url).to_owned()).collect(),
        with_account_callback: true,
        ..order_of(account, "+4520123456", "Din kode er 4711", Payment::Shares)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recipient_is_reported_to_both_callbacks_and_again_an_hour_after_a_404() {
    let (receiver, own) = (Receiver::open().await, Receiver::open().await);
    let line = Line::new("main", Plan::Deliver);
    let house = House::calling(&line, route(&line)).await;
    let noon = house.clock.now();
    let account = with_callback(&house, &own.url()).await;
    receiver.answer_next(&[404, 302]);
    let url = format!("{}?token=a%20b#part", receiver.url());
    house.engine.accept.accept(text_of(account, &[&url])).await.unwrap();

    receiver.called(1).await;
    let query = "msisdn=4520123456&dialcode=45&number=20123456&status=150&timestamp=…&delivered=…";
    assert_eq!(target(&own.called(1).await[0], noon), format!("/hook?{query}"));
    let search = EventSearch { account: Some(account), limit: 9, ..EventSearch::default() };
    let events = async || house.engine.events.find(search).await.unwrap().events;
    for attempts in [1, 2] {
        // The clock stands until the attempt is recorded.
        let mut wait = Duration::ZERO;
        let recorded = async || {
            let of_receiver = |event: &FoundEvent| event.url.as_deref() == Some(&url);
            let retried = events().await.into_iter().find(of_receiver);
            let retried = retried.filter(|event| event.attempts == attempts);
            let due_at = retried.and_then(|event| event.due_at);
            wait = due_at.map_or(Duration::ZERO, |due_at| due_at.since(house.clock.now()));
            wait > LEASE_MAX
        };
        house.until_by(Duration::ZERO, "the attempt is recorded", recorded).await;
        // An hour, and up to a tenth of it more.
        assert!((3_600..=3_960).contains(&wait.as_secs()), "{wait:?}");
        house.clock.advance(wait);
        receiver.called(attempts as usize + 1).await;
    }
    let calls = receiver.calls();
    assert_eq!(target(&calls[0], noon), format!("/hook?token=a%20b&{query}"));
    assert!(calls.iter().all(|call| call.request == calls[0].request), "the same at every attempt");

    house
        .until("all are delivered", async || {
            let found = events().await;
            found.len() == 2 && found.iter().all(|event| event.ended_at.is_some())
        })
        .await;
    assert_eq!((receiver.calls().len(), own.calls().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_received_message_is_reported_to_the_accounts_callback() {
    let receiver = Receiver::open().await;
    let line = Line::new("main", Plan::Deliver);
    let house = House::calling(&line, route(&line)).await;
    let noon = house.clock.now();
    let account = with_callback(&house, &format!("{}?a=b#c", receiver.url())).await;
    let terms = NumberTerms { account: Some(account), ..NumberTerms::default() };
    house.engine.numbers.add("1919", terms, Actor::CommandLine).await.unwrap();
    line.bring(InboundPart {
        carrier: CarrierName::new("main"),
        from: Party::new("4520123456"),
        to: Party::new("1919"),
        spelling: Spelling::default(),
        body: InboundBody::Text("Hej & tak + æ#1".to_owned()),
        join: None,
        at: noon,
        interrupted_at: Timestamp::default(),
    })
    .await;
    let calls = receiver.called(1).await;
    assert_eq!(
        target(&calls[0], noon),
        "/hook?a=b&msisdn=4520123456&dialcode=45&number=20123456&timestamp=…&gateway=1919\
         &keyword=hej&network=&text=Hej%20%26%20tak%20%2B%20%C3%A6%231&mms="
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuses_callbacks_that_may_not_be_called() {
    let line = Line::new("main", Plan::Deliver);
    let house = House::calling(&line, route(&line)).await;
    let account = house.account("acme").await;
    let before = house.available(account).await;
    let refused = async |callbacks: &[&str]| {
        house.engine.accept.accept(text_of(account, callbacks)).await.unwrap_err()
    };
    for url in ["http://10.0.0.1/", "ftp://example.com/", "back", ""] {
        assert!(matches!(refused(&[url]).await, AcceptError::BadCallback(_)), "{url}");
    }
    let many = refused(&["https://example.com/"; 4]).await;
    assert!(matches!(many, AcceptError::TooManyCallbacks { max: 3 }), "{many:?}");
    let order = order_of(account, "+4520123456", "Hej", Payment::Credit);
    let order = Request { callbacks: vec!["https://example.com/".to_owned()], ..order };
    assert!(house.engine.accept.accept(order).await.is_err(), "orders have none");
    assert_eq!((line.count(), house.available(account).await), (0, before));
    let settings =
        NewSettings { callback_url: Some("http://10.0.0.1/".to_owned()), ..Default::default() };
    let set = house.engine.accounts.set_settings(account, settings, Actor::CommandLine).await;
    assert!(set.is_err());
}
