//! Events in the form of the door that they belong to: those of orders in that of the orders door, those
//! of campaigns in that of the bulk door, those of received messages in our own as a webhook, and in that
//! of the query door as a callback.

use domain::inbound::InboundMessage;
use domain::number::Msisdn;
use domain::ports::{RecipientReport, Snapshot};
use domain::text::Text;
use engine::events::RenderEvent;
use serde::Serialize;
use serde_json::Value;

use crate::bulk::{FinishedEvent, RecipientsEvent};
use crate::inbound::InboundEvent;
use crate::orders::OrderEvent;

/// Renders every kind of event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events;

impl RenderEvent for Events {
    fn body(&self, snapshot: &Snapshot) -> Vec<u8> {
        // Strings, numbers and flags: it cannot fail.
        match snapshot {
            Snapshot::Order(order) => serde_json::to_vec(&OrderEvent::of(order)),
            Snapshot::Inbound(message) => serde_json::to_vec(&InboundEvent::of(message)),
            Snapshot::Campaign(campaign) => serde_json::to_vec(&FinishedEvent::of(campaign)),
            Snapshot::Recipients(message, changes) => {
                serde_json::to_vec(&RecipientsEvent::of(*message, changes))
            }
            // Callbacks have no body.
            Snapshot::Report(_) => return Vec::new(),
        }
        .unwrap_or_default()
    }

    fn parameters(&self, snapshot: &Snapshot) -> Vec<(String, String)> {
        match snapshot {
            Snapshot::Order(order) => fields(&OrderEvent::of(order)),
            Snapshot::Inbound(message) => inbound_parameters(message),
            Snapshot::Report(report) => report_parameters(report),
            Snapshot::Campaign(campaign) => fields(&FinishedEvent::of(campaign)),
            Snapshot::Recipients(message, changes) => {
                fields(&RecipientsEvent::of(*message, changes))
            }
        }
    }
}

/// The fields of a body as parameters; strings as they are, other values as JSON.
fn fields(body: &impl Serialize) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(body) else { return Vec::new() };
    let text = |value| if let Value::String(text) = value { text } else { value.to_string() };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// The query door's report of a recipient. Its numbers are digits, times are Unix seconds.
fn report_parameters(report: &RecipientReport) -> Vec<(String, String)> {
    let delivered = report.delivered_at.map(|at| ("delivered", at.as_secs().to_string()));
    let sms_id = report.sms_id.map(|id| ("smsid", id.to_string()));
    let parameters = [
        ("status", report.status.number().to_string()),
        ("timestamp", report.accepted_at.as_secs().to_string()),
    ];
    let parameters = parameters.into_iter().chain(delivered).chain(sms_id);
    number_parameters(&report.address).chain(named(parameters)).collect()
}

/// The query door's report of a received message. What is not known is empty.
fn inbound_parameters(message: &InboundMessage) -> Vec<(String, String)> {
    let text = message.content.text().map(Text::as_str).unwrap_or_default();
    let parameters = [
        ("timestamp", message.received_at.as_secs().to_string()),
        ("gateway", message.to.as_str().to_owned()),
        ("keyword", message.keyword().unwrap_or_default().to_lowercase()),
        // The phone's network, which carriers do not report.
        ("network", String::new()),
        ("text", text.to_owned()),
        ("mms", String::new()),
    ];
    number_parameters(message.from.as_str()).chain(named(parameters.into_iter())).collect()
}

/// `dialcode` and `number` are empty for what is no number.
fn number_parameters(address: &str) -> impl Iterator<Item = (String, String)> {
    let number: Option<Msisdn> = address.parse().ok();
    let dialcode = number.map(|number| number.country_calling_code().to_string());
    let national = number.map(|number| number.national().to_string());
    named(
        [
            ("msisdn", address.to_owned()),
            ("dialcode", dialcode.unwrap_or_default()),
            ("number", national.unwrap_or_default()),
        ]
        .into_iter(),
    )
}

fn named(
    parameters: impl Iterator<Item = (&'static str, String)>,
) -> impl Iterator<Item = (String, String)> {
    parameters.map(|(name, value)| (name.to_owned(), value))
}
