//! The SMPP carrier against npm `smpp`, a third-party centre in a separate process: the octets that it receives, and
//! what happens when it is silent, drops connections or goes away.

use std::sync::Arc;
use std::time::Duration;

use domain::message::Content;
use domain::number::SenderId;
use domain::ports::{End, ReceiptState, Submission};
use domain::reason::Reason;
use serde_json::{Value, json};
use testkit::carrier_conformance::{DANISH, Running, key, submission, until, with_text};

use crate::peer::Peer;
use crate::smpp::{carrier, deferred, to};

async fn start(options: Value, more: Value) -> (Peer, Running) {
    let peer = Peer::smsc(&options).await;
    let carrier = carrier(peer.port, more);
    let running = Running::up(carrier).await;
    (peer, running)
}

fn from(submission: Submission, sender: &str) -> Submission {
    let sender = Some(SenderId::parse(sender).unwrap());
    let content = Content { sender, ..(*submission.content).clone() };
    Submission { content: Arc::new(content), ..submission }
}

fn octets(event: &Value) -> Vec<u8> {
    let hex = event["short_message"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// GSM 03.38 as far as [`DANISH`] needs it, independent of the program's tables.
fn read_septets(septets: &[u8]) -> String {
    let mut text = String::new();
    let mut septets = septets.iter();
    while let Some(septet) = septets.next() {
        text.push(match septet {
            0x1B => match septets.next().expect("an escape is never last") {
                0x28 => '{',
                0x29 => '}',
                0x3C => '[',
                0x3E => ']',
                other => panic!("escape {other:#x}"),
            },
            0x0B => 'Ø',
            0x0C => 'ø',
            0x0E => 'Å',
            0x0F => 'å',
            0x1C => 'Æ',
            0x1D => 'æ',
            plain @ (b' '..=b'?' | b'A'..=b'Z' | b'a'..=b'z') => char::from(*plain),
            other => panic!("septet {other:#x}"),
        });
    }
    text
}

#[tokio::test]
async fn a_long_danish_text_goes_in_septets_with_headers() {
    let (peer, running) = start(json!({ "password": "p" }), json!({})).await;
    let submission = with_text(key(1), to("4520123456"), DANISH);
    let outcome = running.send(from(submission, "Boltgram")).await;
    assert_eq!((outcome.end, outcome.parts), (End::Accepted, 3));

    let sent = peer.all("submit_sm");
    let mut text = String::new();
    for (part, (event, number)) in sent.iter().zip(1..).enumerate() {
        let octets = octets(event);
        assert_eq!(octets[..6], [5, 0, 3, 0x34, 3, number]);
        assert!(octets.len() <= 6 + 153);
        text += &read_septets(&octets[6..]);
        for (field, value) in [
            ("esm_class", json!(0x40)),
            ("data_coding", json!(0)),
            ("registered_delivery", json!(1)),
            ("source_addr", json!("Boltgram")),
            ("source_addr_ton", json!(5)),
            ("source_addr_npi", json!(0)),
            ("destination_addr", json!("4520123456")),
            ("dest_addr_ton", json!(1)),
            ("dest_addr_npi", json!(1)),
        ] {
            assert_eq!(event[field], value, "{field}");
        }
        let id = event["id"].as_str().unwrap();
        assert_eq!(outcome.accepted[part].carrier_id, id);
        let receipt = running.inbox.receipt(id).await;
        assert_eq!(
            (receipt.state, receipt.code.as_deref()),
            (ReceiptState::Delivered, Some("000"))
        );
    }
    assert_eq!(text, DANISH);
}

#[tokio::test]
async fn sixteen_bit_references_take_one_more_octet() {
    let (peer, running) = start(json!({}), json!({ "reference": 16 })).await;
    running.send(with_text(key(1), to("4520123456"), DANISH)).await;
    for (event, number) in peer.all("submit_sm").iter().zip(1..) {
        assert_eq!(octets(event)[..7], [6, 8, 4, 0x12, 0x34, 3, number]);
        assert!(octets(event).len() <= 7 + 152);
    }
}

#[tokio::test]
async fn an_emoji_switches_to_ucs_2_and_is_never_split() {
    let (peer, running) = start(json!({}), json!({})).await;
    // 66 units before it: the surrogate pair would be split at 67.
    let text = format!("{}😀 slut {}", "ж".repeat(66), "x".repeat(40));
    running.send(with_text(key(1), to("4520123456"), &text)).await;
    let sent = peer.all("submit_sm");
    let mut units = Vec::new();
    for (event, number) in sent.iter().zip(1..) {
        let octets = octets(event);
        assert_eq!(
            (&octets[..6], &event["data_coding"]),
            (&[5, 0, 3, 0x34, 2, number][..], &json!(8))
        );
        assert!(octets.len() <= 140);
        let part: Vec<u16> =
            octets[6..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        assert!(String::from_utf16(&part).is_ok(), "a surrogate pair was split");
        units.extend(part);
    }
    assert_eq!((sent.len(), String::from_utf16(&units).unwrap()), (2, text));
}

#[tokio::test]
async fn senders_have_the_type_of_number_of_their_kind() {
    let (peer, running) = start(json!({}), json!({ "source": "1234" })).await;
    for (number, sender, wire) in [
        (1, None, json!(["1234", 3, 0])),
        (2, Some("+4570101010"), json!(["4570101010", 1, 1])),
        (3, Some("Bolt"), json!(["Bolt", 5, 0])),
    ] {
        let plain = submission(key(number), to("4520123456"));
        running.send(sender.map_or(plain.clone(), |sender| from(plain, sender))).await;
        let event = peer.all("submit_sm").pop().unwrap();
        let seen =
            ["source_addr", "source_addr_ton", "source_addr_npi"].map(|field| event[field].clone());
        assert_eq!(json!(seen), wire);
    }
    // A Greek letter is in GSM-7, but not in Latin-1.
    let greek = running.send(from(submission(key(4), to("4520123456")), "ΩMEGA")).await;
    assert!(matches!(greek.end, End::Refused { reason: Reason::BadSender, .. }));
}

#[tokio::test]
async fn refusals_failures_and_silence_are_distinguished() {
    let (peer, running) = start(json!({}), json!({})).await;
    let code = "smpp:0x0000000b".to_owned();
    let refused = running.send(submission(key(1), to("4520120001"))).await;
    assert_eq!(refused.end, End::Refused { reason: Reason::BadDestination, code });
    let failed = running.send(submission(key(2), to("4520120002"))).await;
    let receipt = running.inbox.receipt(&failed.accepted[0].carrier_id).await;
    assert_eq!((receipt.state, receipt.code.as_deref()), (ReceiptState::Failed, Some("001")));
    let silent = running.send(submission(key(3), to("4520120003"))).await;
    assert_eq!(silent.end, End::Accepted);
    until("the receipt to be answered", || peer.all("deliver_sm_resp").len() == 1).await;
    assert_eq!(running.inbox.receipts().len(), 1);
}

#[tokio::test]
async fn a_throttled_message_is_sent_again_by_the_link() {
    let (peer, running) = start(json!({}), json!({})).await;
    let outcome = running.send(submission(key(1), to("4520120004"))).await;
    assert_eq!(outcome.end, End::Accepted);
    let statuses: Vec<_> =
        peer.all("submit_sm").iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, [json!(0x58), json!(0x58), json!(0)]);
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    assert_eq!(running.inbox.receipts().len(), 1);
}

#[tokio::test]
async fn receipts_may_write_ids_in_another_notation() {
    let options = json!({ "receipt_id": "decimal", "receipt_tlvs": false });
    let (_peer, running) = start(options, json!({ "receipt_ids": "decimal" })).await;
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
}

#[tokio::test]
async fn a_receipt_may_overtake_the_answer() {
    let (_peer, running) = start(json!({ "receipt_first": true }), json!({})).await;
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
}

#[tokio::test]
async fn receipts_that_could_not_be_stored_are_repeated() {
    let (peer, running) = start(json!({ "retry_ms": 50 }), json!({})).await;
    running.inbox.refuse_receipts(2);
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    until("three answers", || peer.all("deliver_sm_resp").len() == 3).await;
    let answers: Vec<_> =
        peer.all("deliver_sm_resp").iter().map(|event| event["status"].clone()).collect();
    assert_eq!(answers, [json!(0x64), json!(0x64), json!(0)]);
}

#[tokio::test]
async fn a_message_from_a_phone_is_answered_when_it_is_stored() {
    let (mut peer, running) = start(json!({}), json!({})).await;
    let phone =
        json!({ "cmd": "deliver", "source": "4520123456", "destination": "1234", "text": "STOP" });
    peer.command(phone).await;
    assert_eq!(peer.wait("deliver_sm_resp", |_| true).await["status"], json!(0));
    let stored = running.inbox.inbound();
    assert_eq!(
        (stored.len(), stored[0].from.as_str(), stored[0].to.as_str()),
        (1, "4520123456", "1234")
    );
}

#[tokio::test]
async fn responses_that_time_out_defer_and_the_next_attempt_succeeds() {
    let (mut peer, running) = start(json!({}), json!({ "response_timeout_s": 1 })).await;
    peer.tell("pause").await;
    let held = submission(key(1), to("4520123456"));
    let outcome = running.send(held.clone()).await;
    assert_eq!(outcome.end, deferred(Reason::NoAnswer));
    // The late response is reported as late and frees no slot of another part.
    peer.tell("resume").await;
    running.wait_up(true).await;
    let again = running.send(Submission { key: key(2), ..held }).await;
    assert_eq!(again.end, End::Accepted);
    let ends: Vec<_> =
        running.inbox.outcomes_of(key(1)).into_iter().map(|outcome| outcome.end).collect();
    assert_eq!(ends, [deferred(Reason::NoAnswer), End::Late]);
}

#[tokio::test]
async fn lost_connections_defer_their_open_parts() {
    let (mut peer, running) = start(json!({}), json!({ "window": 10, "binds": 2 })).await;
    until("both", || running.carrier.status().detail == "2 of 2 binds").await;
    peer.tell("pause").await;
    let one = |number: u32| submission(key(number), to("4520123456"));
    running.carrier.submit((0..15).map(one).collect()).await;
    until("all sent", || peer.all("submit_sm").len() == 15).await;
    peer.tell("drop").await;
    for outcome in running.inbox.wait_outcomes(15).await {
        assert_eq!(outcome.end, deferred(Reason::NoAnswer));
    }
    peer.tell("resume").await;
    running.wait_up(true).await;
    assert_eq!(running.send(one(20)).await.end, End::Accepted);
}

#[tokio::test]
async fn a_centre_that_goes_away_is_reconnected() {
    let (mut peer, running) = start(json!({}), json!({})).await;
    peer.tell("close").await;
    running.wait_up(false).await;
    let one = |number: u32| submission(key(number), to("4520123456"));
    assert_eq!(running.send(one(1)).await.end, deferred(Reason::LinkDown));
    peer.tell("listen").await;
    running.wait_up(true).await;
    assert_eq!(running.send(one(2)).await.end, End::Accepted);
}

#[tokio::test]
async fn an_unbind_by_the_centre_is_answered_and_followed_by_a_bind() {
    let (mut peer, running) = start(json!({}), json!({})).await;
    peer.tell("unbind").await;
    until("a second bind", || peer.all("bind").len() == 2).await;
    running.wait_up(true).await;
    assert_eq!(running.send(submission(key(1), to("4520123456"))).await.end, End::Accepted);
    assert_eq!(peer.all("error").len(), 0);
}

#[tokio::test]
async fn a_stop_waits_for_answers_and_unbinds() {
    let (mut peer, running) = start(json!({}), json!({ "window": 10 })).await;
    peer.tell("pause").await;
    let one = |number: u32| submission(key(number), to("4520123456"));
    running.carrier.submit((0..30).map(one).collect()).await;
    until("a full window", || peer.all("submit_sm").len() == 10).await;
    let (carrier, inbox) = (running.carrier.clone(), running.inbox.clone());
    let mut stopping = tokio::task::JoinSet::new();
    stopping.spawn(async move { carrier.stop(Duration::from_secs(10)).await });
    // Queued parts are deferred at once; sent ones are awaited.
    for outcome in inbox.wait_outcomes(20).await {
        assert_eq!(outcome.end, deferred(Reason::LinkDown));
    }
    peer.tell("resume").await;
    stopping.join_next().await.unwrap().unwrap();
    let outcomes = inbox.outcomes();
    assert_eq!(outcomes.len(), 30);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.end == End::Accepted).count(), 10);
    peer.wait("unbind", |_| true).await;
}

#[tokio::test]
async fn a_wrong_password_delays_long_and_is_shown() {
    let peer = Peer::smsc(&json!({ "password": "other" })).await;
    let running = Running::new(carrier(peer.port, json!({})));
    until("the refusal", || {
        running.carrier.status().detail == "0 of 1 binds; refused: ESME_RINVPASWD"
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(peer.all("bind").len(), 1, "a repeated bind may lock the account");
    assert!(!format!("{:?}", running.carrier).contains("\"p\""));
}

#[tokio::test]
async fn an_idle_session_is_probed_with_enquire_link() {
    let (peer, running) = start(json!({}), json!({ "enquire_link_s": 1 })).await;
    peer.wait("enquire_link", |_| true).await;
    assert!(running.carrier.status().up);
}
