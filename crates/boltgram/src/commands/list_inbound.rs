//! `boltgram inbound list`: inbound messages, newest first.

use domain::inbound::{InboundContent, InboundMessage};

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_inbound(instance: &InstanceArgs, limit: u32) -> anyhow::Result<()> {
    let store = open_existing_store(instance).await?.store;
    let rows: Vec<_> = store.inbound_list(None, limit).await?.iter().map(row).collect();
    output::table(["RECEIVED", "CARRIER", "FROM", "TO", "PARTS", "TEXT"], &rows)
}

fn row(message: &InboundMessage) -> [String; 6] {
    let come = usize::from(message.parts) - message.missing.len();
    let text = match &message.content {
        // One line per message, without control characters.
        InboundContent::Text(text) => text.as_str().replace(char::is_control, " "),
        InboundContent::Octets(octets) => format!("0x{}", octets.to_hex()),
    };
    [
        message.received_at.as_secs().to_string(),
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
