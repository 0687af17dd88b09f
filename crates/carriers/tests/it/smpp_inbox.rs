//! Problematic inbound PDUs: ones that the store refuses permanently, and unmarked receipts.

use serde_json::json;
use smpp::CommandStatus;
use smpp::pdu::{Address, DeliverSm, EsmClass};
use testkit::carrier_conformance::until;

use crate::centre::Open;
use crate::smpp::running;

fn answers(open: &Open) -> Vec<CommandStatus> {
    let mut answers = open.centre.answered.lock().unwrap().clone();
    answers.sort_unstable_by_key(|status| status.0);
    answers
}

fn receipt(text: &str) -> DeliverSm<'_> {
    let short_message = text.as_bytes();
    let source = Address::international(b"4520123456");
    DeliverSm { source, esm_class: EsmClass::RECEIPT, short_message, ..DeliverSm::default() }
}

#[tokio::test]
async fn a_receipt_that_can_never_be_stored_is_rejected_and_blocks_no_other() {
    let (open, running) = running(json!({})).await;
    running.inbox.poison("poison");
    let texts: Vec<_> = (0..40)
        .map(|number| match number {
            17 => "id:poison stat:DELIVRD err:000".to_owned(),
            _ => format!("id:{number} stat:DELIVRD err:000"),
        })
        .collect();
    let all: Vec<_> = texts.iter().map(|text| receipt(text)).collect();
    open.centre.deliver_all(&all).await;
    until("all answers", || answers(&open).len() == 40).await;
    let mut expected = vec![CommandStatus::ROK; 39];
    expected.push(CommandStatus::RX_R_APPN);
    assert_eq!(answers(&open), expected);
    assert_eq!(running.inbox.receipts().len(), 39);
}

#[tokio::test]
async fn a_message_that_can_never_be_stored_is_rejected_and_blocks_no_other() {
    let (open, running) = running(json!({})).await;
    running.inbox.poison("poison");
    let text = |short_message| DeliverSm { short_message, ..DeliverSm::default() };
    open.centre.deliver_all(&[text(b"JA"), text(b"poison"), text(b"NEJ")]).await;
    until("all answers", || answers(&open).len() == 3).await;
    let taken = CommandStatus::ROK;
    assert_eq!(answers(&open), [taken, taken, CommandStatus::RX_R_APPN]);
    assert_eq!(running.inbox.inbound().len(), 2);
}

#[tokio::test]
async fn the_profile_decides_whether_a_receipt_text_is_a_receipt() {
    let forged = DeliverSm {
        esm_class: EsmClass(0),
        destination: Address::unknown(b"1919"),
        ..receipt("id:7 stat:UNDELIV err:001")
    };
    let (by_text, believing) = running(json!({})).await;
    by_text.centre.deliver(&forged).await;
    until("an answer", || answers(&by_text).len() == 1).await;
    let [stored] = believing.inbox.receipts().try_into().unwrap();
    assert_eq!(stored.unmarked.unwrap().from.as_str(), "4520123456");

    let (marked, doubting) = running(json!({ "receipts_by_text": false })).await;
    marked.centre.deliver(&forged).await;
    marked.centre.deliver(&receipt("id:8 stat:DELIVRD err:000")).await;
    until("both answers", || answers(&marked).len() == 2).await;
    let [message] = doubting.inbox.inbound().try_into().unwrap();
    assert_eq!((message.from.as_str(), message.to.as_str()), ("4520123456", "1919"));
    let [stored] = doubting.inbox.receipts().try_into().unwrap();
    assert_eq!((stored.carrier_id.as_str(), stored.unmarked), ("8", None));
}
