//! Events of campaigns that have a webhook: their recipients that became final, and their end. Called with
//! the messages locked, so that each campaign's events are numbered and chained by one change at a time.
//!
//! | the campaign's last event | recipients that became final |
//! |---|---|
//! | has recipients, was never claimed, and has room | are appended to it |
//! | any other, or none | are events of their own, after it |
//!
//! An event of recipients that nothing blocks is due a moment later, so that it fills. While one is under
//! way, the next one fills. Rows are written by change and campaign, not by recipient.

use std::time::Duration;

use domain::id::MessageId;
use domain::message::changes::PackedChanges;
use domain::ports::{CampaignSnapshot, Changed};
use domain::time::Timestamp;

use super::{NEVER, unwritable};
use crate::tx::{Result, Tx, params};

/// How long an event gathers recipients before it is due.
const GATHER: Duration = Duration::from_secs(1);

/// What a change reports of a campaign.
pub(crate) struct CampaignReport {
    pub(crate) message: MessageId,
    /// Events stored before.
    pub(crate) stored: u32,
    pub(crate) last: Option<i64>,
    pub(crate) recipients: PackedChanges,
    pub(crate) ended: Option<CampaignSnapshot>,
}

pub(crate) async fn add_reports(
    tx: &mut impl Tx,
    mut reports: Vec<CampaignReport>,
    now: Timestamp,
) -> Result<()> {
    append(tx, &mut reports).await?;
    for report in reports {
        add(tx, report, now).await?;
    }
    Ok(())
}

/// Appends recipients to the last events that have room for all of them.
async fn append(tx: &mut impl Tx, reports: &mut [CampaignReport]) -> Result<()> {
    let fits = |report: &&mut CampaignReport| {
        let chars = report.recipients.as_str().len();
        report.last.is_some() && (1..=PackedChanges::CHARS_MAX).contains(&chars)
    };
    let mut candidates: Vec<_> = reports.iter_mut().filter(fits).collect();
    candidates.sort_unstable_by_key(|report| report.last);
    let rows: Vec<_> = candidates
        .iter()
        .map(|report| {
            let more = report.recipients.as_str();
            let room = PackedChanges::CHARS_MAX.saturating_sub(more.len());
            params![report.last, &report.message, more, u32::try_from(room).unwrap_or(0)]
        })
        .collect();
    let appended = tx
        .execute_many(
            "UPDATE events SET snapshot = snapshot || ?3
             WHERE id = ?1 AND subject_id = ?2 AND delivered IS NULL AND lease_node IS NULL
                 AND attempts = 0 AND ended_at IS NULL AND snapshot NOT LIKE '{%' AND length(snapshot) <= ?4",
            &rows,
        )
        .await?;
    for (report, appended) in candidates.into_iter().zip(appended) {
        if appended > 0 {
            report.recipients = PackedChanges::default();
        }
    }
    Ok(())
}

/// Stores new events, each after the one before it.
async fn add(tx: &mut impl Tx, report: CampaignReport, now: Timestamp) -> Result<()> {
    let CampaignReport { message, mut stored, mut last, recipients, ended } = report;
    let ended = ended.map(|ended| serde_json::to_string(&ended)).transpose().map_err(unwritable)?;
    let runs = recipients.runs().map(|run| (run, now.after(GATHER)));
    let snapshots: Vec<_> = runs.chain(ended.as_deref().map(|ended| (ended, now))).collect();
    if snapshots.is_empty() {
        return Ok(());
    }
    let mut blocked = is_pending(tx, &message, last).await?;
    for (snapshot, due_at) in snapshots {
        stored = stored.saturating_add(1);
        let due_at = if blocked { NEVER } else { due_at };
        let added = tx
            .query(
                "INSERT INTO events (subject, subject_id, number, snapshot, at, target, due_at, previous)
                 VALUES ('campaign', ?1, ?2, ?3, ?4, 'webhook', ?5, ?6) RETURNING id",
                params![&message, stored, snapshot, now, due_at, last],
            )
            .await?;
        let id: Option<i64> = added.into_iter().next().map(|mut row| row.get()).transpose()?;
        if blocked {
            tx.execute("UPDATE events SET next = ?2 WHERE id = ?1", params![last, id]).await?;
        } else if due_at <= now {
            tx.notify(Changed { events: true, ..Changed::default() });
        }
        (last, blocked) = (id, true);
    }
    tx.execute(
        "UPDATE bulk_messages SET events = ?2, last_event = ?3 WHERE message = ?1",
        params![&message, stored, last],
    )
    .await
    .map(drop)
}

/// Whether an event has not ended. Its row stays locked until the change is committed, so that it cannot
/// end before it names its next event.
async fn is_pending(tx: &mut impl Tx, message: &MessageId, event: Option<i64>) -> Result<bool> {
    if event.is_none() {
        return Ok(false);
    }
    let held = tx
        .execute(
            "UPDATE events SET next = 0 WHERE id = ?1 AND subject_id = ?2 AND delivered IS NULL",
            params![event, message],
        )
        .await?;
    Ok(held > 0)
}
