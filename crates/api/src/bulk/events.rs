//! The webhooks of a campaign.

use domain::id::MessageId;
use domain::message::changes::PackedChanges;
use domain::ports::CampaignSnapshot;
use serde::Serialize;

use super::status::{Summary, status_of};
use crate::moment::Moment;

/// A message that ended, or was cancelled.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FinishedEvent {
    r#type: &'static str,
    uuid: String,
    status: &'static str,
    total: u32,
    finished_at: Moment,
    dr_summary: Summary,
}

impl FinishedEvent {
    pub(crate) fn of(campaign: &CampaignSnapshot) -> Self {
        Self {
            r#type: "message.finished",
            uuid: campaign.message.to_string(),
            status: campaign.state.as_str(),
            total: campaign.counts.total(),
            finished_at: Moment(campaign.at),
            dr_summary: Summary::of(&campaign.counts),
        }
    }
}

/// Recipients that became final since the webhook before.
#[derive(Serialize)]
pub(crate) struct RecipientsEvent {
    r#type: &'static str,
    uuid: String,
    recipients: Vec<ChangedView>,
}

#[derive(Serialize)]
struct ChangedView {
    /// As in the list of recipients, from 1.
    id: u32,
    msisdn: String,
    status: &'static str,
}

impl RecipientsEvent {
    pub(crate) fn of(message: MessageId, changes: &PackedChanges) -> Self {
        let recipients = changes.iter().map(|changed| ChangedView {
            id: changed.index.saturating_add(1),
            msisdn: changed.number.to_string(),
            status: status_of(changed.state),
        });
        Self {
            r#type: "message.recipients",
            uuid: message.to_string(),
            recipients: recipients.collect(),
        }
    }
}
