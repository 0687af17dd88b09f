//! Orders, outcomes and receipts, each made of its number.

use std::time::Duration;

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    AcceptedPart, ChunkId, CreditOrder, End, Lease, Outcome, Receipt, ReceiptScope, ReceiptState,
    SubmissionKey,
};
use domain::routing::CarrierName;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment, Wanted, Webhook};
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_793_534_400_000);

pub(crate) fn lease(secs: u64) -> Lease {
    Lease { node: "one".to_owned(), until: later(secs) }
}

pub(crate) fn later(secs: u64) -> Timestamp {
    NOW.after(Duration::from_secs(secs))
}

/// Ids as they are made: the time first, then what is random.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn millis(number: u64) -> u64 {
    u64::try_from(NOW.as_millis()).unwrap() + number / 10
}

pub(crate) fn message_id(number: u64) -> MessageId {
    let mut random = [7; 10];
    random[..8].copy_from_slice(&scattered(number).to_be_bytes());
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis(number), &random).into_uuid())
}

pub(crate) fn chunk(number: u64) -> ChunkId {
    ChunkId { message: message_id(number), first: 0 }
}

pub(crate) fn carrier_id(number: u64) -> String {
    Uuid::from_u128(u128::from(number)).to_string()
}

pub(crate) fn order(account: AccountId, number: u64) -> CreditOrder {
    let to = Address::Phone(Msisdn::from_digits(4_520_000_000 + number % 1_000_000).unwrap());
    let text = Text::new("Your code is 123456");
    let mut id = [7; 32];
    id[..6].copy_from_slice(&millis(number).to_be_bytes()[2..]);
    id[6..14].copy_from_slice(&scattered(number).to_be_bytes());
    let order = NewOrder {
        door: Door::Orders,
        id: OrderId::new(id),
        account: Some(account),
        price: Msat::new(1_000),
        payment: Payment::Credit,
        fulfilment: Fulfilment::message(to.clone(), text.clone()),
        webhook: Some(Webhook {
            url: "https://shop.example/hook".to_owned(),
            secret: Secret::new("whsec_c2VjcmV0"),
            wants: Wanted::Final,
        }),
        referral: None,
        client: "key-1".to_owned(),
        idempotency: None,
        created_at: NOW,
    };
    let content = Content {
        message: message_id(number),
        account: Some(account),
        sender: None,
        text,
        form: Form::Text,
        charge: None,
        parts: 1,
        lane: Lane::Single,
        valid_until: later(3_600),
    };
    let order_id = Some(order.id);
    let message =
        NewMessage { content, order: order_id, recipients: vec![to], receipts_until: later(7_200) };
    CreditOrder { order, message }
}

pub(crate) fn outcome(number: u64) -> Outcome {
    Outcome {
        key: SubmissionKey { chunk: chunk(number), attempt: 1, recipient: 0 },
        carrier: CarrierName::new("main"),
        link: None,
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: carrier_id(number) }],
        end: End::Accepted,
    }
}

pub(crate) fn receipt(number: u64) -> Receipt {
    Receipt {
        carrier: CarrierName::new("main"),
        carrier_id: carrier_id(number),
        state: ReceiptState::Delivered,
        code: None,
        to: None,
        at: NOW,
        unmarked: None,
        scope: ReceiptScope::Part,
    }
}
