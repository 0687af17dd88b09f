//! npm `smpp` with the habits of real centres: responses in reverse order, receipts on another bind, receipts before
//! responses.

use std::collections::HashSet;
use std::time::Duration;

use domain::ports::End;
use serde_json::json;
use testkit::carrier_conformance::{Running, key, until};

use super::{number, one, outcome_of};
use crate::peer::Peer;
use crate::smpp::carrier;

const COUNT: u32 = 200;

/// From here on no number ends in digits with a special outcome.
const FIRST: u32 = 1_000;

#[tokio::test]
async fn reversed_responses_match_their_messages() {
    let peer = Peer::smsc(&json!({ "backwards_ms": 20 })).await;
    let running = Running::up(carrier(peer.port, json!({ "window": 50 }))).await;
    running.carrier.submit((FIRST..FIRST + COUNT).map(one).collect()).await;
    let outcomes = running.inbox.wait_outcomes(COUNT as usize).await;
    let sent = peer.all("submit_sm");
    assert_eq!(sent.len(), COUNT as usize);
    for at in FIRST..FIRST + COUNT {
        let outcome = outcome_of(&outcomes, key(at));
        assert_eq!(outcome.end, End::Accepted);
        let event = sent.iter().find(|event| event["destination_addr"] == number(at)).unwrap();
        assert_eq!(outcome.accepted[0].carrier_id, event["id"].as_str().unwrap());
    }
    let order: Vec<_> = outcomes.iter().map(|outcome| outcome.key.recipient).collect();
    assert!(!order.is_sorted(), "they came in order");
}

#[tokio::test]
async fn receipts_arrive_on_another_bind_and_before_their_responses() {
    let options = json!({ "receipt_bind": "other", "receipt_first": true, "receipt_ms": 30 });
    let peer = Peer::smsc(&options).await;
    let running = Running::up(carrier(peer.port, json!({ "binds": 2 }))).await;
    until("both", || running.carrier.status().detail == "2 of 2 binds").await;
    running.carrier.submit((FIRST..FIRST + COUNT).map(one).collect()).await;
    let outcomes = running.inbox.wait_outcomes(COUNT as usize).await;
    until("the receipts", || running.inbox.receipts().len() == COUNT as usize).await;
    let receipts = running.inbox.receipts();
    let receipts: HashSet<_> = receipts.into_iter().map(|receipt| receipt.carrier_id).collect();
    for outcome in &outcomes {
        assert_eq!(outcome.end, End::Accepted);
        assert!(receipts.contains(&outcome.accepted[0].carrier_id));
    }
    let binds = |event| -> HashSet<_> {
        peer.all(event).iter().map(|event| event["bind"].as_u64().unwrap()).collect()
    };
    assert!(!binds("submit_sm").is_empty() && !binds("deliver_sm").is_empty());
    let sent = peer.all("submit_sm").iter().filter(|event| event["bind"] == 0).count();
    let came = peer.all("deliver_sm").iter().filter(|event| event["bind"] == 1).count();
    assert_eq!(sent, came, "a receipt came on the session of its message");
}

/// A pair: only the receiver gets receipts.
#[tokio::test]
async fn a_receiver_that_rebinds_gets_the_receipts_it_missed() {
    let mut peer = Peer::smsc(&json!({ "receipt_ms": 200 })).await;
    let pair = json!({ "bind": "transmitter_receiver" });
    let running = Running::up(carrier(peer.port, pair)).await;
    until("both", || running.carrier.status().detail == "2 of 2 binds").await;
    running.carrier.submit((FIRST..FIRST + 20).map(one).collect()).await;
    let outcomes = running.inbox.wait_outcomes(20).await;
    peer.tell("drop").await;
    for outcome in outcomes {
        running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    }
    let kinds: HashSet<_> =
        peer.all("deliver_sm").iter().map(|event| event["kind"].to_string()).collect();
    assert_eq!(kinds, HashSet::from(["\"receiver\"".to_owned()]));
    until("every answer", || {
        peer.all("deliver_sm_resp").iter().filter(|event| event["status"] == 0).count() == 20
    })
    .await;
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn unrequested_receipts_are_reported_and_answered() {
    let peer = Peer::smsc(&json!({ "receipt_always": true })).await;
    let unasked = json!({ "registered_delivery": "none", "settle_on": "submit" });
    let running = Running::up(carrier(peer.port, unasked)).await;
    running.carrier.submit((FIRST..FIRST + 20).map(one).collect()).await;
    for outcome in running.inbox.wait_outcomes(20).await {
        assert_eq!(outcome.end, End::Sent);
        running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    }
    assert!(peer.all("submit_sm").iter().all(|event| event["registered_delivery"] == 0));
    until("every answer", || peer.all("deliver_sm_resp").len() == 20).await;
    assert!(peer.all("deliver_sm_resp").iter().all(|event| event["status"] == 0));
}
