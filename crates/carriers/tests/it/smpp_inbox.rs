//! What comes in by SMPP and is not as it should be: what the store will never take.

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
async fn a_receipt_that_can_never_be_stored_is_refused_and_holds_up_no_other() {
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
async fn a_message_that_can_never_be_stored_is_refused_and_holds_up_no_other() {
    let (open, running) = running(json!({})).await;
    running.inbox.poison("poison");
    let text = |short_message| DeliverSm { short_message, ..DeliverSm::default() };
    open.centre.deliver_all(&[text(b"JA"), text(b"poison"), text(b"NEJ")]).await;
    until("all answers", || answers(&open).len() == 3).await;
    let taken = CommandStatus::ROK;
    assert_eq!(answers(&open), [taken, taken, CommandStatus::RX_R_APPN]);
    assert_eq!(running.inbox.inbound().len(), 2);
}
