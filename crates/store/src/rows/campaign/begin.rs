//! Where a message to many begins, or waits: asked by the claim that has leased chunks of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::{MessageEvent, MessageState, next};
use domain::time::Timestamp;

use crate::rows::message::lock_free;
use crate::tx::{Result, Tx, params};

/// Messages of which nothing may be handed out.
#[derive(Default)]
pub(crate) struct Held {
    /// Another change has them.
    pub(crate) busy: BTreeSet<MessageId>,
    pub(crate) paused: BTreeSet<MessageId>,
}

/// Makes those that are *scheduled* *pending*, unless they are held. The states are as they were read
/// without a lock; those that were started and are not paused are not locked.
pub(crate) async fn begin(
    tx: &mut impl Tx,
    states: &BTreeMap<MessageId, MessageState>,
    now: Timestamp,
) -> Result<Held> {
    if states.is_empty() {
        return Ok(Held::default());
    }
    let ids: Vec<_> = states.keys().map(|id| params![id]).collect();
    let paused = tx
        .query_many("SELECT 1 FROM bulk_messages WHERE message = ?1 AND paused = 1", &ids)
        .await?;
    let asked: BTreeSet<_> = states
        .iter()
        .zip(paused)
        .filter(|((_, state), paused)| **state != MessageState::Pending || !paused.is_empty())
        .map(|((id, _), _)| *id)
        .collect();
    let mut locked = lock_free(tx, asked.iter().copied()).await?;
    let (mut held, mut begun) = (Held::default(), Vec::new());
    for id in asked {
        match locked.remove(&id) {
            Some(message) if message.bulk.as_ref().is_some_and(|bulk| bulk.paused) => {
                held.paused.insert(id);
            }
            Some(message) => match next(message.state, MessageEvent::Due) {
                Ok(state) if state != message.state => begun.push((id, state)),
                Ok(_) => {}
                // It was cancelled, or it ended: its chunks went with it.
                Err(_) => drop(held.busy.insert(id)),
            },
            None => drop(held.busy.insert(id)),
        }
    }
    let rows: Vec<_> = begun.iter().map(|(id, state)| params![id, *state, now]).collect();
    tx.execute_many("UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1", &rows).await?;
    Ok(held)
}
