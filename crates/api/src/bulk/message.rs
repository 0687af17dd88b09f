//! A message as its sender sees it.

use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::number::SenderId;
use engine::Engine;
use serde::Serialize;

use super::credits::Amount;
use super::status::Summary;
use crate::moment::Moment;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    uuid: String,
    sender: Option<String>,
    content: String,
    status: &'static str,
    total: u32,
    message_parts: u16,
    credits: Amount,
    scheduled_time: Option<Moment>,
    created_at: Moment,
    /// When its last recipient became final.
    sent_at: Option<Moment>,
    /// Ours, not in the contract, as are the next two.
    refunded_credits: Amount,
    paused: bool,
    /// That it came in by.
    door: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dr_summary: Option<Summary>,
}

pub(super) fn view(message: &BulkMessage, engine: &Engine) -> MessageView {
    let sending_ended = matches!(message.state, MessageState::Sent | MessageState::Failed);
    MessageView {
        uuid: message.id.to_string(),
        sender: message.sender.as_ref().map(SenderId::as_str).map(str::to_owned),
        content: message.text.as_str().to_owned(),
        status: message.state.as_str(),
        total: message.counts.total(),
        message_parts: message.parts,
        credits: Amount(engine.campaigns.credits(message.price)),
        scheduled_time: message.start_at.map(Moment),
        created_at: Moment(message.created_at),
        sent_at: message.ended_at.filter(|_| sending_ended).map(Moment),
        refunded_credits: Amount(engine.campaigns.credits(message.refunded)),
        paused: message.paused,
        door: message.door.as_str(),
        dr_summary: sending_ended.then(|| Summary::of(&message.counts)),
    }
}
