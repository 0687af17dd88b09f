//! The state of an order as its buyer sees it: the body of `/orderstatus` and, with `orderId`, of a
//! webhook.

use domain::id::MessageId;
use domain::message::progress::Progress;
use domain::sale::order::{OrderSnapshot, OrderState};
use serde::Serialize;

/// Absent fields are left out (contract §1.6).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    status: &'static str,
    /// Stays true after a refund; `error` then says so.
    paid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_status: Option<Progress>,
    /// Unix time in milliseconds.
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Status {
    pub(super) fn of(snapshot: &OrderSnapshot) -> Self {
        Self {
            status: "OK",
            paid: snapshot.paid,
            id: snapshot.message.map(provider_id),
            sms_status: snapshot.progress.map(|progress| shown(progress, snapshot.state)),
            timestamp: snapshot.at.as_millis(),
            error: error(snapshot),
        }
    }
}

/// The message of a cancelled order is *failed*: clients wait for a final state.
const fn shown(progress: Progress, order: OrderState) -> Progress {
    match (progress, order) {
        (
            Progress::Created | Progress::Sent,
            OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost,
        ) => Progress::Failed,
        _ => progress,
    }
}

/// Clients know ids of this form from another provider's messages.
fn provider_id(message: MessageId) -> String {
    format!("SM{}", message.0.simple())
}

/// Only for an order that failed: many clients stop when they see this field.
fn error(snapshot: &OrderSnapshot) -> Option<String> {
    match snapshot.state {
        OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost => {
            let reason = snapshot.reason.map(|reason| reason.to_string());
            Some(reason.unwrap_or_else(|| "cancelled".to_owned()))
        }
        OrderState::Open
        | OrderState::Held
        | OrderState::Working
        | OrderState::Fulfilled
        | OrderState::Settled => None,
    }
}

/// The body of a webhook: the status, and which order it is of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderEvent<'a> {
    #[serde(flatten)]
    status: Status,
    order_id: &'a str,
}

impl<'a> OrderEvent<'a> {
    pub(crate) fn of(snapshot: &'a OrderSnapshot) -> Self {
        Self { status: Status::of(snapshot), order_id: &snapshot.order }
    }
}
