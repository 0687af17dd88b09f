//! Starts campaigns whose chunks are claimed, unless they are paused. Running ones are not locked.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::{MessageEvent, MessageState, next};

use super::leased_chunks::Claim;
use super::load_content::Loaded;
use crate::rows::campaign::while_paused;
use crate::tx::{Result, Tx, params};

/// Makes *scheduled* campaigns *pending*, and puts the chunks of paused ones back.
pub(crate) async fn start_campaigns(
    tx: &mut impl Tx,
    claim: &mut Claim,
    contents: &BTreeMap<MessageId, Loaded>,
) -> Result<()> {
    let unsettled = scheduled_or_paused(tx, contents).await?;
    if unsettled.is_empty() {
        return Ok(());
    }
    let is_unsettled = |id: &MessageId| unsettled.contains(id);
    let messages = claim.lock_messages(tx, |chunk| is_unsettled(&chunk.id.message)).await?;
    let (mut paused, mut over, mut started) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (id, message) in &messages {
        if message.campaign.as_ref().is_some_and(|campaign| campaign.paused) {
            paused.insert(*id);
            continue;
        }
        match next(message.counters.state, MessageEvent::Due) {
            Ok(state) if state != message.counters.state => started.push((id, state)),
            Ok(_) => {}
            // It was cancelled, or has ended; its chunks were deleted then.
            Err(_) => drop(over.insert(*id)),
        }
    }
    claim.put_back(while_paused(claim.now), |chunk| paused.contains(&chunk.id.message));
    claim.put_back_busy(|chunk| over.contains(&chunk.id.message));
    let rows: Vec<_> = started.iter().map(|(id, state)| params![*id, *state, claim.now]).collect();
    tx.execute_many("UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1", &rows)
        .await
        .map(drop)
}

/// Reads without a lock.
async fn scheduled_or_paused(
    tx: &mut impl Tx,
    contents: &BTreeMap<MessageId, Loaded>,
) -> Result<BTreeSet<MessageId>> {
    let campaigns: Vec<_> =
        contents.iter().filter_map(|(id, loaded)| Some((*id, loaded.campaign?))).collect();
    let ids: Vec<_> = campaigns.iter().map(|(id, _)| params![id]).collect();
    let paused = tx
        .query_many("SELECT 1 FROM bulk_messages WHERE message = ?1 AND paused = 1", &ids)
        .await?;
    let unsettled = campaigns
        .into_iter()
        .zip(paused)
        .filter(|((_, state), paused)| *state != MessageState::Pending || !paused.is_empty());
    Ok(unsettled.map(|((id, _), _)| id).collect())
}
