//! An inbound text with the format of a receipt, from a number other than the recipient.

use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::message::Lane;
use domain::message::recipient::RecipientState;
use domain::ports::{Clock, Receipt, ReceiptScope, ReceiptState};
use domain::routing::{CarrierName, Route};

use super::house::{House, PRICE};
use super::line::{Line, Plan};

const FORGED: &str = "id:1 stat:UNDELIV err:001";

/// An unmarked receipt that reports the carrier's first id as failed.
fn unmarked(house: &House, from: &str) -> Receipt {
    let (carrier, at) = (CarrierName::new("main"), house.clock.now());
    let part = InboundPart {
        carrier: carrier.clone(),
        from: Party::new(from),
        to: Party::new("1919"),
        spelling: Spelling::default(),
        body: InboundBody::Text(FORGED.to_owned()),
        join: None,
        at,
        interrupted_at: at,
    };
    Receipt {
        carrier,
        carrier_id: "1".to_owned(),
        state: ReceiptState::Failed,
        code: None,
        to: None,
        at,
        unmarked: Some(Box::new(part)),
        scope: ReceiptScope::Part,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_receipt_costs_nobody_anything_and_is_told_as_a_message() {
    let line = Line::new("main", Plan::Keep);
    let route = Route::in_order("", vec![CarrierName::new("main")]);
    let house = House::open(&[&line], route).await;
    let account = house.account("acme").await;
    let before = house.available(account).await;
    let sent = house.send(account, Lane::Single, 1).await;
    let submitted = async || house.trace(sent).await.state == RecipientState::Submitted;
    house.until("the carrier has it", submitted).await;

    let inbox = house.engine.inbox();
    inbox.receipts([unmarked(&house, "4520999999")].into()).await.unwrap();
    assert!(submitted().await);
    assert_eq!(house.available(account).await, before.checked_sub(PRICE).unwrap());
    let [message] = house.store.inbound_list(None, 9).await.unwrap().try_into().unwrap();
    assert_eq!(message.content.text().unwrap().as_str(), FORGED);

    let recipient = match house.trace(sent).await.to {
        domain::message::Address::Phone(number) => number.digits().to_string(),
        domain::message::Address::Email(_) => panic!("not a phone number"),
    };
    inbox.receipts([unmarked(&house, &recipient)].into()).await.unwrap();
    assert_eq!(house.trace(sent).await.state, RecipientState::Failed);
    assert_eq!(house.store.inbound_list(None, 9).await.unwrap().len(), 1);
}
