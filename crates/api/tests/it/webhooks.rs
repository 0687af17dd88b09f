//! The body of a webhook: the status and the order.

use std::time::Duration;

use api::Events;
use domain::id::{AccountId, InboundId, MessageId};
use domain::inbound::{InboundContent, InboundMessage, Octets, Party};
use domain::message::progress::Progress;
use domain::message::status_code::StatusCode;
use domain::ports::{RecipientReport, Snapshot};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::order::{OrderKind, OrderSnapshot, OrderState};
use engine::events::RenderEvent;
use testkit::clock::NOON;

/// The body for a failed message.
pub(crate) fn failed() -> String {
    let snapshot = OrderSnapshot {
        activation: None,
        order: "7dc6e6b61d8c54dff6b8d6ea2e3f08b018e57963df81d493a6f9728c4dc83318".into(),
        kind: OrderKind::Send,
        state: OrderState::Cancelling,
        paid: true,
        message: Some(MessageId(uuid::Uuid::from_bytes([7; 16]))),
        progress: Some(Progress::Failed),
        reason: Some(Reason::Undelivered),
        at: NOON,
    };
    String::from_utf8(Events.body(&Snapshot::Order(snapshot))).unwrap()
}

#[test]
fn is_the_status_with_the_order() {
    insta::assert_snapshot!(failed());
}

/// The body for an inbound message.
pub(crate) fn came_in(content: InboundContent, missing: Vec<u8>) -> String {
    let message = InboundMessage {
        id: InboundId(uuid::Uuid::from_bytes([7; 16])),
        carrier: CarrierName::new("main"),
        from: Party::new("4520123456"),
        to: Party::new("1919"),
        content,
        parts: 3,
        missing,
        account: None,
        received_at: NOON,
    };
    String::from_utf8(Events.body(&Snapshot::Inbound(message))).unwrap()
}

#[test]
fn tells_what_came_in() {
    let text = || InboundContent::Text("Stop! Rødgrød 😀".into());
    let octets = InboundContent::Octets(Octets::new(vec![0, 0xAB]));
    let told = [came_in(text(), vec![]), came_in(text(), vec![1, 3]), came_in(octets, vec![])];
    insta::assert_snapshot!(told.join("\n"));
}

fn query(snapshot: &Snapshot) -> String {
    let pairs = Events.parameters(snapshot);
    pairs.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

#[test]
fn callbacks_have_the_parameters_of_the_query_door() {
    let report = RecipientReport {
        account: AccountId(1),
        address: "4520123456".to_owned(),
        status: StatusCode::DELIVERED,
        accepted_at: NOON,
        delivered_at: Some(NOON.after(Duration::from_secs(5))),
        sms_id: Some(1_234),
    };
    let invalid = RecipientReport {
        address: "12".to_owned(),
        status: StatusCode::INVALID_NUMBER,
        delivered_at: None,
        ..report
    };
    let received = |from: &str, content| {
        Snapshot::Inbound(InboundMessage {
            id: InboundId(uuid::Uuid::from_bytes([7; 16])),
            carrier: CarrierName::new("main"),
            from: Party::new(from),
            to: Party::new("1919"),
            content,
            parts: 1,
            missing: vec![],
            account: None,
            received_at: NOON,
        })
    };
    let told = [
        query(&Snapshot::Report(report)),
        query(&Snapshot::Report(invalid)),
        query(&received("4520123456", InboundContent::Text("Stop! Rødgrød 😀".into()))),
        query(&received("ACME", InboundContent::Octets(Octets::new(vec![0, 0xAB])))),
    ];
    insta::assert_snapshot!(told.join("\n"));
}
