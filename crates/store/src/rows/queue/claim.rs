//! Claims due chunks for a node, and loads their pending recipients.
//!
//! Each step removes chunks that cannot be claimed from the [`Claim`], with the time when they are
//! due again; the last step writes these back. A claim never waits for a message that another
//! change has locked: its chunks are due again shortly.

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::ports::{ChunkId, ClaimRoom, Claimed, ClaimedChunk, Lease};
use domain::time::Timestamp;

use super::exclude_blocked::exclude_blocked;
use super::fair_queue;
use super::lease::free_lapsed;
use super::leased_chunks::Claim;
use super::load_content::{Loaded, load_content};
use super::load_recipients::{Recipients, load_recipients};
use super::requeue::requeue_claimed;
use super::return_unreceipted::return_unreceipted;
use super::start_campaigns::start_campaigns;
use super::withdraw_unpaid::withdraw_claimed;
use crate::tx::{Result, Tx};

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    room: &ClaimRoom,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Claimed> {
    free_lapsed(tx, now).await?;
    let lease = Lease { node: node.to_owned(), until: lease_until };
    let chunks = fair_queue::lease_due(tx, room, &lease, now).await?;
    if chunks.is_empty() {
        return Ok(Claimed::default());
    }
    let mut claim = Claim::new(chunks, now);
    return_unreceipted(tx, &mut claim).await?;
    let contents = load_content(tx, &claim).await?;
    withdraw_claimed(tx, &mut claim, &contents).await?;
    start_campaigns(tx, &mut claim, &contents).await?;
    requeue_claimed(tx, &mut claim).await?;
    let mut recipients = load_recipients(tx, &claim, &contents).await?;
    exclude_blocked(tx, &mut claim, &contents, &mut recipients).await?;
    let chunks = hand_out(&mut claim, &contents, recipients);
    claim.write_back(tx).await?;
    Ok(Claimed { chunks, recorded: claim.recorded })
}

/// The chunks with pending recipients. The others are finished: late outcomes have ended them
/// meanwhile, or all their pending recipients are blocked.
fn hand_out(
    claim: &mut Claim,
    contents: &BTreeMap<MessageId, Loaded>,
    mut recipients: BTreeMap<ChunkId, Recipients>,
) -> Vec<ClaimedChunk> {
    let mut handed_out = Vec::with_capacity(claim.chunks.len());
    for chunk in std::mem::take(&mut claim.chunks) {
        let content = contents.get(&chunk.id.message);
        match (content, recipients.remove(&chunk.id).unwrap_or_default()) {
            (Some(_), Recipients { readable, is_unreadable: false }) if readable.is_empty() => {
                claim.finish(chunk);
            }
            (Some(loaded), Recipients { readable, .. }) if !readable.is_empty() => {
                handed_out.push(ClaimedChunk {
                    id: chunk.id,
                    attempt: chunk.attempt,
                    content: loaded.content.clone(),
                    deadline_height: loaded.deadline_height,
                    held_in_quiet_hours: loaded.held_in_quiet_hours,
                    recipients: readable,
                });
            }
            _ => claim.put_off_unreadable(chunk),
        }
    }
    handed_out
}
