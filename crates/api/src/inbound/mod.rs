//! The event of a received message: a body of our own, the same for every door.

use domain::inbound::{InboundContent, InboundMessage};
use serde::Serialize;

/// Absent fields are left out: a message has a text or octets, and perhaps a keyword.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InboundEvent<'a> {
    /// Distinguishes it from the events of orders.
    r#type: &'static str,
    id: String,
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Content of a binary message, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<String>,
    parts: u8,
    complete: bool,
    missing: &'a [u8],
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<String>,
    /// Unix time in milliseconds.
    received_at: i64,
    carrier: &'a str,
}

impl<'a> InboundEvent<'a> {
    pub(crate) fn of(message: &'a InboundMessage) -> Self {
        let (text, octets) = match &message.content {
            InboundContent::Text(text) => (Some(text.as_str()), None),
            InboundContent::Octets(octets) => (None, Some(octets.to_hex())),
        };
        Self {
            r#type: "inbound",
            id: message.id.to_string(),
            from: message.from.as_str(),
            to: message.to.as_str(),
            text,
            octets,
            parts: message.parts,
            complete: message.is_complete(),
            missing: &message.missing,
            keyword: message.keyword(),
            received_at: message.received_at.as_millis(),
            carrier: message.carrier.as_str(),
        }
    }
}
