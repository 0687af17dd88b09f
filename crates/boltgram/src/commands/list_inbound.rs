//! `boltgram inbound list`: inbound messages, newest first.

use domain::inbound::{InboundContent, InboundMessage};
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_inbound(
    instance: &InstanceArgs,
    limit: u32,
    list: ListArgs,
) -> anyhow::Result<()> {
    let store = open_existing_store(instance).await?.store;
    let messages = store.inbound_list(None, limit).await?;
    let headings = ["RECEIVED", "CARRIER", "FROM", "TO", "PARTS", "TEXT"];
    output::list(list, &messages, view, headings, row)
}

fn view(message: &InboundMessage) -> Value {
    let (text, octets) = match &message.content {
        InboundContent::Text(text) => (Some(text.as_str()), None),
        InboundContent::Octets(octets) => (None, Some(octets.to_hex())),
    };
    json!({
        "id": message.id.to_string(),
        "receivedAt": output::moment(message.received_at),
        "carrier": message.carrier.as_str(),
        "from": message.from.as_str(),
        "to": message.to.as_str(),
        "parts": message.parts,
        "complete": message.is_complete(),
        "text": text,
        "octets": octets,
    })
}

fn row(message: &InboundMessage) -> [String; 6] {
    let come = usize::from(message.parts) - message.missing.len();
    let text = match &message.content {
        // One line per message, without control characters.
        InboundContent::Text(text) => text.as_str().replace(char::is_control, " "),
        InboundContent::Octets(octets) => format!("0x{}", octets.to_hex()),
    };
    [
        output::moment(message.received_at),
        message.carrier.as_str().to_owned(),
        message.from.as_str().to_owned(),
        message.to.as_str().to_owned(),
        if message.is_complete() {
            message.parts.to_string()
        } else {
            format!("{come} of {}", message.parts)
        },
        text,
    ]
}
