//! Those who were blocked after their message was accepted: a claim hands them to no carrier. What
//! counts is the list as it is then; whoever is freed before the claim is sent to, whoever is freed
//! after it stays as he became.
//!
//! | of his text a carrier has | he becomes |
//! |---|---|
//! | nothing, or not all of its parts, and that is sure | *blocked*: final, and his price goes back |
//! | all of it, although it counts as tried | *submitted*, with that one: its receipt decides, or its time |
//! | nobody knows: an earlier claim was lost, or had no answer | *submitted*: the same |
//!
//! So nobody who may get the text yet is *blocked*, and nobody here is handed a part more. The doubt
//! is the chunk's, as with a buyer who cancels. A mailbox is on no list.

use std::collections::{BTreeSet, HashMap};

use domain::id::MessageId;
use domain::message::Address;
use domain::message::recipient::RecipientEvent;
use domain::ports::{ChunkId, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::claim::Loaded;
use super::claimed::Recipients;
use super::fair_queue::Run;
use crate::rows::directory::blocklist::{blocked_pairs, is_anybody_blocked};
use crate::rows::message::apply::apply;
use crate::rows::message::message_lock;
use crate::rows::message::recipients::{self, Place};
use crate::tx::{Result, Tx, params};

#[derive(Default)]
pub(crate) struct TakenOut {
    /// Chunks whose messages another change has: they have to wait, whole.
    pub(crate) busy: BTreeSet<ChunkId>,
    pub(crate) recorded: Recorded,
}

/// Takes the blocked out of what the runs hand out, and ends them.
pub(crate) async fn take_out(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &[Run],
    recipients: &mut [Recipients],
    now: Timestamp,
) -> Result<TakenOut> {
    let blocked = find(tx, contents, runs, recipients).await?;
    let Some(chunks) = (!blocked.is_empty()).then(|| of_chunks(runs, &blocked)) else {
        return Ok(TakenOut::default());
    };
    let mut messages = message_lock::lock_free(tx, chunks.iter().map(|run| run.id.message)).await?;
    let (free, busy): (Vec<_>, Vec<_>) =
        chunks.into_iter().partition(|run| messages.contains_key(&run.id.message));
    let unsure = unsure(tx, &free).await?;
    let places = blocked.iter().filter(|((message, _), _)| messages.contains_key(message));
    let mut ended = recipients::load(tx, places.map(|(place, _)| *place)).await?;
    for (place, recipient) in &mut ended {
        if recipient.falls_back(None, Reason::Blocked, None) {
            continue;
        }
        let in_doubt = blocked.get(place).is_some_and(|chunk| unsure.contains(chunk));
        let event = if in_doubt { RecipientEvent::Submitted } else { RecipientEvent::Blocked };
        recipient.step(event, Some(Reason::Blocked), None);
    }
    let recorded = apply(tx, &mut messages, &ended, now, None).await?;
    for (run, recipients) in runs.iter().zip(recipients) {
        let stays = |index: u32| !blocked.contains_key(&(run.id.message, index));
        recipients.readable.retain(|recipient| stays(recipient.index));
    }
    Ok(TakenOut { busy: busy.into_iter().map(|run| run.id).collect(), recorded })
}

/// The blocked, each with his chunk. Of what nobody pays for any more all are ended for that.
async fn find(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &[Run],
    recipients: &[Recipients],
) -> Result<HashMap<Place, ChunkId>> {
    if !is_anybody_blocked(tx).await? {
        return Ok(HashMap::new());
    }
    let mut asked = Vec::new();
    for (run, recipients) in runs.iter().zip(recipients) {
        let Some(loaded) = contents.get(&run.id.message) else { continue };
        for one in recipients.readable.iter().filter(|_| loaded.unpaid.is_none()) {
            if let Address::Phone(number) = one.to {
                asked.push((run.id, one.index, (loaded.content.account, number)));
            }
        }
    }
    let numbers: Vec<_> = asked.iter().map(|(.., number)| *number).collect();
    let blocked = blocked_pairs(tx, &numbers).await?;
    if blocked.is_empty() {
        return Ok(HashMap::new());
    }
    asked.retain(|(.., number)| blocked.contains(number));
    Ok(asked.into_iter().map(|(chunk, index, _)| ((chunk.message, index), chunk)).collect())
}

fn of_chunks<'a>(runs: &'a [Run], blocked: &HashMap<Place, ChunkId>) -> Vec<&'a Run> {
    let chunks: BTreeSet<_> = blocked.values().collect();
    runs.iter().filter(|run| chunks.contains(&run.id)).collect()
}

/// Of these chunks those that a carrier might have had some of before this claim.
async fn unsure(tx: &mut impl Tx, runs: &[&Run]) -> Result<BTreeSet<ChunkId>> {
    // Nobody had it before the first.
    let again: Vec<_> = runs.iter().filter(|run| run.attempt > 1).map(|run| run.id).collect();
    let rows: Vec<_> = again.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "SELECT 1 FROM chunks WHERE message = ?1 AND first_idx = ?2 AND was_unsure = 1",
            &rows,
        )
        .await?;
    let unsure = again.into_iter().zip(found).filter(|(_, found)| !found.is_empty());
    Ok(unsure.map(|(id, _)| id).collect())
}
