//! Killed at any moment: what was settled stays settled, what was held can be settled or given back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use regtest::Outcome;
use regtest::world::until;
use serde_json::{Value, json};

use super::process::{Process, Rest};

fn preimage(number: u8) -> [u8; 32] {
    [number; 32]
}

fn hash(number: u8) -> [u8; 32] {
    regtest::peer::payment_hash(&preimage(number))
}

fn add(rest: &Rest, number: u8) -> String {
    let body = json!({
        "hash": STANDARD.encode(hash(number)), "value_msat": "50000000", "memo": "order",
        "expiry": "600", "cltv_expiry": "144", "private": true,
    });
    let (status, added) = rest.post("/v2/invoices/hodl", &body);
    assert_eq!(status, 200, "{added}");
    added["payment_request"].as_str().unwrap().to_owned()
}

fn state(rest: &Rest, number: u8) -> Value {
    let hash = URL_SAFE.encode(hash(number));
    rest.get(&format!("/v2/invoices/lookup?payment_hash={hash}")).1["state"].clone()
}

fn wait_held(rest: &Rest, number: u8) {
    until("it is held", || (state(rest, number) == "ACCEPTED").then_some(()));
}

fn settle(rest: &Rest, number: u8) -> (u16, Value) {
    rest.post("/v2/invoices/settle", &json!({ "preimage": STANDARD.encode(preimage(number)) }))
}

/// A payment that is held and settled.
pub(crate) fn is_settled(rest: &Rest, payer: &regtest::Peer, number: u8) {
    let paid = payer.pay(&add(rest, number)).unwrap();
    wait_held(rest, number);
    assert_eq!(settle(rest, number), (200, json!({})));
    assert_eq!(payer.wait_paid(&paid), preimage(number));
}

#[test]
fn what_is_held_is_settled_or_given_back_after_a_kill() {
    let mut process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    let settled = payer.pay(&add(&rest, 1)).unwrap();
    let returned = payer.pay(&add(&rest, 2)).unwrap();
    wait_held(&rest, 1);
    wait_held(&rest, 2);
    // A kill within milliseconds of a change may cost the channel: see the next test.
    std::thread::sleep(std::time::Duration::from_millis(500));
    process.signal("-KILL");
    process.run();
    let rest = Rest::of(&process);
    assert_eq!((state(&rest, 1), state(&rest, 2)), (json!("ACCEPTED"), json!("ACCEPTED")));
    payer.reconnect(&process.node_id(), &process.listen);
    assert_eq!(settle(&rest, 1), (200, json!({})));
    let cancel = json!({ "payment_hash": STANDARD.encode(hash(2)) });
    assert_eq!(rest.post("/v2/invoices/cancel", &cancel), (200, json!({})));
    assert_eq!(payer.wait_paid(&settled), preimage(1));
    payer.wait_failed(&returned);
    assert_eq!((state(&rest, 1), state(&rest, 2)), (json!("SETTLED"), json!("CANCELED")));
}

/// Once *settled* was answered the money is ours: by the channel, or by the chain if the kill has cost it.
#[test]
fn what_was_settled_stays_settled_after_a_kill_at_once() {
    let mut process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    let paid = payer.pay(&add(&rest, 1)).unwrap();
    wait_held(&rest, 1);
    assert_eq!(settle(&rest, 1), (200, json!({})));
    process.signal("-KILL");
    process.run();
    let rest = Rest::of(&process);
    assert_eq!(state(&rest, 1), "SETTLED");
    drop(payer.connect(&process.node_id(), &process.listen));
    until("the payer has the preimage", || {
        if payer.outcome(&paid).is_none() && !payer.closed_channels().is_empty() {
            process.world.mine(1);
            payer.sync();
        }
        match payer.outcome(&paid)? {
            Outcome::Paid { preimage, .. } => Some(preimage),
            Outcome::Failed { reason } => panic!("{reason}"),
        }
    });
}

#[test]
fn a_decision_is_carried_out_when_its_client_is_gone() {
    let process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    for (number, path) in [(1, "settle"), (2, "cancel"), (3, "settle"), (4, "cancel")] {
        let paid = payer.pay(&add(&rest, number)).unwrap();
        wait_held(&rest, number);
        let body = match path {
            "settle" => json!({ "preimage": STANDARD.encode(preimage(number)) }),
            _ => json!({ "payment_hash": STANDARD.encode(hash(number)) }),
        };
        // It goes away when the decision is in the book, or at any other time.
        let request = rest.request(reqwest::Method::POST, &format!("/v2/invoices/{path}"));
        let limit = std::time::Duration::from_millis(u64::from(number) * 2);
        drop(rest.wait(async { request.json(&body).timeout(limit).send().await }));
        if state(&rest, number) == "ACCEPTED" && path == "cancel" {
            rest.post("/v2/invoices/cancel", &body);
        } else if state(&rest, number) == "ACCEPTED" {
            settle(&rest, number);
        }
        match payer.wait_outcome(&paid) {
            Outcome::Paid { .. } => assert_eq!(path, "settle"),
            Outcome::Failed { .. } => assert_eq!(path, "cancel"),
        }
    }
}

#[test]
fn a_kill_while_a_call_is_under_way_leaves_one_outcome() {
    let mut process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    for number in 1..=3 {
        let rest = Rest::of(&process);
        let paid = payer.pay(&add(&rest, number)).unwrap();
        wait_held(&rest, number);
        // The answer is not awaited.
        let request = rest.request(reqwest::Method::POST, "/v2/invoices/settle");
        let body = json!({ "preimage": STANDARD.encode(preimage(number)) });
        let request = request.json(&body).timeout(std::time::Duration::from_millis(3));
        drop(rest.wait(async { request.send().await }));
        process.signal("-KILL");
        process.run();
        let rest = Rest::of(&process);
        drop(payer.connect(&process.node_id(), &process.listen));
        let decided = settle(&rest, number);
        assert!(decided.0 == 200 || state(&rest, number) != "OPEN", "{decided:?}");
        until("both sides agree", || {
            if !payer.closed_channels().is_empty() {
                process.world.mine(1);
                payer.sync();
            }
            match (payer.outcome(&paid)?, state(&rest, number).as_str()?) {
                (Outcome::Paid { .. }, "SETTLED") | (Outcome::Failed { .. }, "CANCELED") => {
                    Some(())
                }
                _ => None,
            }
        });
        if !payer.closed_channels().is_empty() {
            // The kill has cost the channel: there is nothing to pay with any more.
            return;
        }
        payer.reconnect(&process.node_id(), &process.listen);
    }
}
