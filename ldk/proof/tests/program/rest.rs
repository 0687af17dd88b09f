//! The REST interface, in raw JSON: what an unchanged client of LND sees.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use reqwest::Method;
use serde_json::{Value, json};

use super::process::{Process, Rest};

fn preimage(number: u8) -> [u8; 32] {
    // Its base64 has `+` and `/`.
    let mut bytes = [0xfb; 32];
    bytes[0] = number;
    bytes
}

fn hash(number: u8) -> [u8; 32] {
    regtest::peer::payment_hash(&preimage(number))
}

fn hodl(number: u8) -> Value {
    json!({
        "hash": STANDARD.encode(hash(number)), "value_msat": "50000000", "memo": "order",
        "expiry": "600", "cltv_expiry": "144", "private": true,
    })
}

fn lookup(number: u8) -> String {
    format!("/v2/invoices/lookup?payment_hash={}", URL_SAFE.encode(hash(number)))
}

#[test]
fn a_payment_is_seen_held_and_settled_by_its_stream() {
    let process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::with(&process, "boltgram.macaroon");
    let (status, added) = rest.post("/v2/invoices/hodl", &hodl(1));
    assert_eq!((status, added["add_index"].as_str()), (200, Some("1")), "{added}");
    let path = format!("/v2/invoices/subscribe/{}", URL_SAFE.encode(hash(1)));
    let request = rest.request(Method::GET, &path);
    let mut response = rest.wait(async { request.send().await }).unwrap();
    let mut next = || {
        rest.wait(async {
            let mut line = Vec::new();
            while !line.ends_with(b"\n") {
                line.extend_from_slice(&response.chunk().await.unwrap()?);
            }
            Some(serde_json::from_slice::<Value>(&line).unwrap()["result"].clone())
        })
    };
    let open = next().unwrap();
    assert_eq!((open["state"].as_str(), open["htlcs"].as_array()), (Some("OPEN"), Some(&vec![])));
    let paid = payer.pay(added["payment_request"].as_str().unwrap()).unwrap();
    let accepted = next().unwrap();
    assert_eq!(accepted["state"], "ACCEPTED");
    let part = &accepted["htlcs"][0];
    assert_eq!(
        (part["state"].as_str(), part["amt_msat"].as_str()),
        (Some("ACCEPTED"), Some("50000000"))
    );
    let left = part["expiry_height"].as_u64().unwrap() - u64::from(process.world.height());
    assert!(left >= 144, "as many blocks as were asked for: {left}");
    assert_eq!(rest.get(&lookup(1)).1, accepted);
    let settle = json!({ "preimage": STANDARD.encode(preimage(1)) });
    assert_eq!(rest.post("/v2/invoices/settle", &settle), (200, json!({})));
    assert_eq!(payer.wait_paid(&paid), preimage(1));
    let settled = next().unwrap();
    assert_eq!(
        (settled["state"].as_str(), settled["amt_paid_msat"].as_str()),
        (Some("SETTLED"), Some("50000000"))
    );
    assert_eq!(settled["r_preimage"], STANDARD.encode(preimage(1)));
    assert_eq!(next(), None, "the stream ends");
    assert_eq!(rest.post("/v2/invoices/settle", &settle), (200, json!({})), "a repeat");
    let cancel = json!({ "payment_hash": STANDARD.encode(hash(1)) });
    let (status, refused) = rest.post("/v2/invoices/cancel", &cancel);
    assert_eq!(
        (status, &refused),
        (500, &json!({"code": 2, "message": "invoice already settled", "details": []}))
    );
    assert_eq!(rest.get(&lookup(1)).1["state"], "SETTLED");
}

#[test]
fn a_cancelled_payment_is_back_and_its_invoice_is_dead() {
    let process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    let before = payer.spendable_msat();
    let invoice = rest.post("/v2/invoices/hodl", &hodl(1)).1["payment_request"].clone();
    let paid = payer.pay(invoice.as_str().unwrap()).unwrap();
    regtest::world::until("it is held", || {
        (rest.get(&lookup(1)).1["state"] == "ACCEPTED").then_some(())
    });
    let cancel = json!({ "payment_hash": STANDARD.encode(hash(1)) });
    assert_eq!(rest.post("/v2/invoices/cancel", &cancel), (200, json!({})));
    payer.wait_failed(&paid);
    regtest::world::until("the money is back to the millisatoshi", || {
        (payer.spendable_msat() == before).then_some(())
    });
    let settle = json!({ "preimage": STANDARD.encode(preimage(1)) });
    assert_eq!(rest.post("/v2/invoices/settle", &settle).1["message"], "invoice already canceled");
    // LDK would hold another payment of it.
    if let Ok(again) = payer.pay(invoice.as_str().unwrap()) {
        payer.wait_failed(&again);
    }
    assert_eq!(rest.get(&lookup(1)).1["state"], "CANCELED");
}

#[test]
fn a_macaroon_opens_what_it_is_for() {
    let process = Process::start();
    let (admin, boltgram) = (Rest::of(&process), Rest::with(&process, "boltgram.macaroon"));
    assert_eq!(admin.get("/v1/newaddress").0, 200);
    assert_eq!(boltgram.get("/v1/getinfo").0, 200);
    let (status, refused) = boltgram.get("/v1/newaddress");
    assert_eq!((status, refused["message"].as_str()), (500, Some("permission denied")));
    let none = admin.client.get(format!("{}/v1/getinfo", process.url));
    assert_eq!(admin.send(none).1["message"], "expected 1 macaroon, got 0");
    let wrong = admin.client.get(format!("{}/v1/getinfo", process.url));
    let wrong = wrong.header("Grpc-Metadata-macaroon", "00ff");
    assert!(admin.send(wrong).1["message"].as_str().unwrap().starts_with("verification failed"));
}

#[test]
fn bad_calls_get_errors_in_the_words_of_lnd() {
    let process = Process::start();
    let rest = Rest::of(&process);
    let with = |field: &str, value: Value| {
        let mut body = hodl(2);
        body[field] = value;
        body
    };
    for (body, part) in [
        (with("hash", json!("AAAA")), "invalid hash length"),
        (with("hash", json!("!")), "illegal base64"),
        (with("value_msat", json!("0")), "needs an amount"),
        (with("value_msat", json!("many")), "invalid digit"),
        (with("value", json!("5")), "mutually exclusive"),
        (with("memo", json!("x".repeat(640))), "memo too large"),
        (with("cltv_expiry", json!("17")), "CLTV delta of 17"),
        (with("cltv_expiry", json!("901")), "CLTV delta of 901"),
        (json!([]), "invalid"),
    ] {
        let (status, refused) = rest.post("/v2/invoices/hodl", &body);
        assert_eq!(status, 400, "{body}");
        assert!(refused["message"].as_str().unwrap().contains(part), "{refused}");
    }
    assert_eq!(rest.get("/v1/invoices").1["invoices"], json!([]), "nothing was made");
    let unknown = json!({"code": 5, "message": "unable to locate invoice", "details": []});
    assert_eq!(rest.get(&lookup(9)), (404, unknown.clone()));
    let settle = json!({ "preimage": STANDARD.encode(preimage(9)) });
    assert_eq!(rest.post("/v2/invoices/settle", &settle), (404, unknown));
    let never = format!("/v2/router/track/{}", URL_SAFE.encode(hash(9)));
    let (status, body) = rest.get(&never);
    assert_eq!((status, body["error"]["message"].as_str()), (404, Some("payment isn't initiated")));
    let (status, body) = rest.post("/v2/router/send", &json!({ "payment_request": "lnbcrt1" }));
    assert_eq!(status, 400, "{body}");
    assert_eq!(rest.get("/v1/nothing").0, 404);
    let large = rest.request(Method::POST, "/v2/invoices/hodl").body("x".repeat(100_000));
    let large = large.header("content-type", "application/json");
    assert_eq!(rest.send(large).0, 400);
}

#[test]
fn clients_that_say_nothing_hold_up_nobody() {
    let process = Process::start();
    let rest = Rest::of(&process);
    let address = process.url.trim_start_matches("https://");
    let silent: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    assert_eq!(rest.get("/v1/getinfo").0, 200);
    drop(silent);
}

#[test]
fn pages_of_invoices_follow_each_other() {
    let process = Process::start();
    let rest = Rest::of(&process);
    for number in 1..=5 {
        assert_eq!(rest.post("/v2/invoices/hodl", &hodl(number)).0, 200);
    }
    let repeat = rest.post("/v2/invoices/hodl", &hodl(3));
    assert_eq!(repeat.1["message"], "invoice with payment hash already exists");
    let cancel = json!({ "payment_hash": STANDARD.encode(hash(2)) });
    rest.post("/v2/invoices/cancel", &cancel);
    let (mut after, mut seen) = ("0".to_owned(), Vec::new());
    loop {
        let path =
            format!("/v1/invoices?pending_only=true&index_offset={after}&num_max_invoices=2");
        let page = rest.get(&path).1;
        let invoices = page["invoices"].as_array().unwrap();
        if invoices.is_empty() {
            break;
        }
        seen.extend(invoices.iter().map(|it| it["add_index"].as_str().unwrap().to_owned()));
        after = page["last_index_offset"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, ["1", "3", "4", "5"]);
}

#[test]
fn a_chain_source_that_is_gone_is_seen_and_payments_go_on() {
    let process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    regtest::world::until("the chain is read", || {
        let info = rest.get("/v1/getinfo").1;
        let read = info["block_height"] == process.world.height();
        (read && info["synced_to_chain"] == true).then_some(())
    });
    process.world.esplora.set_fault(regtest::Fault::Down);
    let invoice = rest.post("/v2/invoices/hodl", &hodl(1)).1["payment_request"].clone();
    let paid = payer.pay(invoice.as_str().unwrap()).unwrap();
    regtest::world::until_within(Duration::from_secs(20), "it is held", || {
        (rest.get(&lookup(1)).1["state"] == "ACCEPTED").then_some(())
    });
    let settle = json!({ "preimage": STANDARD.encode(preimage(1)) });
    assert_eq!(rest.post("/v2/invoices/settle", &settle).0, 200);
    assert_eq!(payer.wait_paid(&paid), preimage(1));
}
