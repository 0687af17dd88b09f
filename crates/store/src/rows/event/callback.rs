//! Events of recipients of a campaign, for its callbacks: one for each recipient and URL, due at once and
//! in no order. They are not in the chain of the campaign's webhooks.

use domain::id::{AccountId, MessageId};
use domain::limits::CALLBACKS_PER_CAMPAIGN_MAX;
use domain::ports::{Changed, RecipientReport};
use domain::time::Timestamp;

use super::unwritable;
use crate::tx::{Result, Tx, params};

/// A recipient to be reported to each of the URLs.
pub(crate) struct NewCallback<'a> {
    pub(crate) message: MessageId,
    pub(crate) account: AccountId,
    /// Of the recipient.
    pub(crate) index: u32,
    pub(crate) urls: &'a [String],
    pub(crate) report: RecipientReport,
}

/// Returns the number of events.
pub(crate) async fn add_callbacks(
    tx: &mut impl Tx,
    new: Vec<NewCallback<'_>>,
    now: Timestamp,
) -> Result<u32> {
    if new.is_empty() {
        return Ok(0);
    }
    let snapshots = new
        .iter()
        .map(|callback| serde_json::to_string(&callback.report).map_err(unwritable))
        .collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for (callback, snapshot) in new.iter().zip(&snapshots) {
        for (place, url) in (1..).zip(callback.urls) {
            let number = number(callback.index, place);
            rows.push(params![&callback.message, number, snapshot, now, url, callback.account]);
        }
    }
    tx.execute_many(
        "INSERT INTO events (subject, subject_id, number, snapshot, at, target, url, due_at,
             account)
         VALUES ('campaign', ?1, ?2, ?3, ?4, 'callback', ?5, ?4, ?6)",
        &rows,
    )
    .await?;
    tx.notify(Changed { events: true, ..Changed::default() });
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// Among the callbacks of the campaign: by recipient, then by URL, from 1.
fn number(index: u32, place: u32) -> u32 {
    let urls = u32::try_from(CALLBACKS_PER_CAMPAIGN_MAX).unwrap_or(u32::MAX);
    index.saturating_mul(urls).saturating_add(place)
}
