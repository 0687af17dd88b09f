//! The state of an order as its buyer sees it: the body of `/orderstatus` and, with `orderId`, of a
//! webhook.

use std::fmt;

use domain::activation::country::Country;
use domain::activation::service::Service;
use domain::activation::{ActivationMessage, ActivationView, Code};
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
    /// Of a message a text, of a number on loan a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    #[serde(flatten)]
    lent: Option<Lent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_status: Option<Progress>,
    /// Unix time in milliseconds.
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Id {
    Message(String),
    Activation(i64),
}

/// A number on loan, once there is one.
#[derive(Serialize)]
struct Lent {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    service: String,
    /// Of the newest message; always a string. A rental without one in its newest message has its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Ours, not in the contract, as the following: the whole text of the newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// End of a rental, Unix time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// Of a rental, the oldest first. Not in webhooks: each of them brings the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
}

/// It holds what only the buyer may read.
impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent")
    }
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    timestamp: i64,
}

impl Lent {
    fn of(view: &ActivationView) -> Option<Self> {
        let text = view.text.as_ref().map(|text| text.as_str().to_owned());
        let code = view.code.as_ref().map(shown_code);
        let country = view.country.map(|code| {
            Country::of(code).map_or_else(|| code.to_string(), |country| country.label().to_owned())
        });
        let service = Service::of(&view.service).map(|service| service.name);
        Some(Self {
            number: view.number?.digits(),
            country,
            service: service.unwrap_or(view.service.as_str()).to_owned(),
            code: code.or_else(|| text.clone()),
            text,
            until: view.is_rental.then(|| view.until.as_millis()),
            messages: None,
        })
    }
}

fn shown_code(code: &Code) -> String {
    code.as_str().to_owned()
}

impl Status {
    pub(super) fn of(snapshot: &OrderSnapshot) -> Self {
        let activation = snapshot.activation.as_ref();
        let lent = activation.and_then(Lent::of);
        Self {
            status: "OK",
            paid: snapshot.paid,
            id: match activation.filter(|_| lent.is_some()) {
                Some(activation) => Some(Id::Activation(activation.id.0)),
                None => snapshot.message.map(provider_id).map(Id::Message),
            },
            lent,
            sms_status: snapshot.progress.map(|progress| shown(progress, snapshot.state)),
            timestamp: snapshot.at.as_millis(),
            error: error(snapshot),
        }
    }

    /// With the messages of a rental.
    pub(super) fn with_messages(mut self, messages: Vec<ActivationMessage>) -> Self {
        let shown = |message: ActivationMessage| Message {
            text: message.text.as_str().to_owned(),
            code: message.code.as_ref().map(shown_code),
            timestamp: message.at.as_millis(),
        };
        if let Some(lent) = &mut self.lent {
            lent.messages = Some(messages.into_iter().map(shown).collect());
        }
        self
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
