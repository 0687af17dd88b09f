//! A message as its sender sees it.

use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, LeftOut};
use domain::number::SenderId;
use engine::Engine;
use serde::Serialize;

use super::credits::Amount;
use super::status::Summary;
use crate::moment::Moment;

/// Recipients, and what nothing is sent for.
#[derive(Serialize)]
pub(super) struct Counted {
    /// Invalid and blocked ones too.
    total: u32,
    invalid: u32,
    blocked: u32,
    /// Repetitions in the request, which are no recipients.
    duplicates: u32,
}

impl Counted {
    pub(super) const fn of(total: u32, left_out: LeftOut) -> Self {
        let LeftOut { invalid, blocked, duplicates } = left_out;
        Self { total, invalid, blocked, duplicates }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    uuid: String,
    sender: Option<String>,
    content: String,
    status: &'static str,
    #[serde(flatten)]
    counted: Counted,
    message_parts: u16,
    credits: Amount,
    scheduled_time: Option<Moment>,
    /// While quiet hours hold some of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Moment>,
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
        counted: Counted {
            total: message.counts.total(),
            invalid: message.counts.invalid,
            blocked: message.counts.blocked,
            duplicates: message.left_out.duplicates,
        },
        message_parts: message.parts,
        credits: Amount(engine.campaigns.credits(message.price)),
        scheduled_time: message.start_at.map(Moment),
        held_until: message.held_until.map(Moment),
        created_at: Moment(message.created_at),
        sent_at: message.ended_at.filter(|_| sending_ended).map(Moment),
        refunded_credits: Amount(engine.campaigns.credits(message.refunded)),
        paused: message.paused,
        door: message.door.as_str(),
        dr_summary: sending_ended.then(|| Summary::of(&message.counts)),
    }
}
