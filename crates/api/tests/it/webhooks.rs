//! The body of a webhook: the status, and which order it is of.

use api::orders::OrderEvents;
use domain::message::MessageId;
use domain::order::{OrderKind, OrderSnapshot, OrderState, Progress};
use domain::reason::Reason;
use engine::webhooks::RenderEvent;
use testkit::clock::NOON;

/// The body that tells of a message that failed.
pub(crate) fn failed() -> String {
    let snapshot = OrderSnapshot {
        order: "7dc6e6b61d8c54dff6b8d6ea2e3f08b018e57963df81d493a6f9728c4dc83318".into(),
        kind: OrderKind::Send,
        state: OrderState::Cancelling,
        paid: true,
        message: Some(MessageId(uuid::Uuid::from_bytes([7; 16]))),
        progress: Some(Progress::Failed),
        reason: Some(Reason::Undelivered),
        at: NOON,
    };
    String::from_utf8(OrderEvents.render(&snapshot)).unwrap()
}

#[test]
fn is_the_status_with_the_order() {
    insta::assert_snapshot!(failed());
}
