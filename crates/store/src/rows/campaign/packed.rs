//! Packed recipients of many messages at once, for the search.

use domain::id::MessageId;
use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::campaign::BulkRecipient;
use domain::time::Timestamp;

use super::packs::Pack;
use super::page::show;
use crate::tx::{Result, Tx, params};

/// Recipients of a message from index `first` to before `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) message: MessageId,
    pub(crate) first: u32,
    pub(crate) end: u32,
    /// Recipients of orders are never packed.
    pub(crate) is_campaign: bool,
    pub(crate) created_at: Timestamp,
}

/// The recipients of each run that have no rows.
pub(crate) async fn packed(tx: &mut impl Tx, runs: &[Run]) -> Result<Vec<Vec<BulkRecipient>>> {
    let mut packed: Vec<_> = runs.iter().map(|_| Vec::new()).collect();
    let campaigns = || runs.iter().zip(0_usize..).filter(|(run, _)| run.is_campaign);
    let rows: Vec<_> = campaigns()
        .map(|(run, _)| {
            // The longest pack may begin this much earlier.
            let earliest = i64::from(run.first) - i64::from(CHUNK_RECIPIENTS_MAX);
            params![&run.message, earliest, run.end, run.first]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT first_idx, count, price, packed FROM recipient_packs
             WHERE message = ?1 AND first_idx > ?2 AND first_idx < ?3 AND first_idx + count > ?4
             ORDER BY first_idx",
            &rows,
        )
        .await?;
    for ((run, at), packs) in campaigns().zip(found) {
        let Some(packed) = packed.get_mut(at) else { continue };
        for row in packs {
            let recipients = show(&Pack::read(row)?, run.created_at)?;
            let inside = |one: &BulkRecipient| (run.first..run.end).contains(&one.index);
            packed.extend(recipients.into_iter().filter(inside));
        }
    }
    Ok(packed)
}
