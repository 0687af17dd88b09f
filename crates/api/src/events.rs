//! Events in the form of the door that they belong to: those of orders in that of the orders door, those
//! of campaigns in that of the bulk door, those of received messages in our own as a webhook, and in that
//! of the query door as a callback.

use domain::inbound::InboundMessage;
use domain::number::Msisdn;
use domain::ports::Snapshot;
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
        }
        .unwrap_or_default()
    }

    fn parameters(&self, snapshot: &Snapshot) -> Vec<(String, String)> {
        match snapshot {
            Snapshot::Order(order) => fields(&OrderEvent::of(order)),
            Snapshot::Inbound(message) => fields(&Callback::of(message)),
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

/// The query door's report of a received message. Its numbers are digits, times are Unix seconds.
#[derive(Serialize)]
struct Callback<'a> {
    msisdn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialcode: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    timestamp: i64,
    gateway: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<String>,
    network: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> Callback<'a> {
    fn of(message: &'a InboundMessage) -> Self {
        let sender: Option<Msisdn> = message.from.as_str().parse().ok();
        Self {
            msisdn: message.from.as_str(),
            dialcode: sender.map(Msisdn::country_calling_code),
            number: sender.map(Msisdn::national),
            timestamp: message.received_at.as_secs(),
            gateway: message.to.as_str(),
            keyword: message.keyword(),
            network: message.carrier.as_str(),
            text: message.content.text().map(Text::as_str),
        }
    }
}
