//! Numbers blocked after their message was accepted: a claim leaves them out. The current list
//! counts: a number unblocked before the claim is sent to; one unblocked afterwards keeps its
//! state. [`domain::message::delivery`] defines what happens to a blocked recipient; e-mail
//! addresses cannot be blocked.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::Address;
use domain::message::chunk::Doubt;
use domain::ports::ChunkId;

use super::leased_chunks::Claim;
use super::load_content::Loaded;
use super::load_recipients::Recipients;
use crate::rows::directory::blocklist::{blocked_pairs, is_anybody_blocked};
use crate::rows::message::apply::apply;
use crate::rows::message::recipients::{self, RecipientKey};
use crate::tx::{Result, Tx};

/// Removes blocked recipients from the claim, and ends them. A chunk whose message is locked by
/// another change is put back whole.
pub(crate) async fn exclude_blocked(
    tx: &mut impl Tx,
    claim: &mut Claim,
    contents: &BTreeMap<MessageId, Loaded>,
    recipients: &mut BTreeMap<ChunkId, Recipients>,
) -> Result<()> {
    let blocked = find_blocked(tx, contents, recipients).await?;
    if blocked.is_empty() {
        return Ok(());
    }
    let chunks: BTreeSet<_> = blocked.values().copied().collect();
    let mut messages = claim.lock_messages(tx, |chunk| chunks.contains(&chunk.id)).await?;
    // A carrier may have some of these from an earlier claim.
    let doubtful = claim.chunks.iter().filter(|chunk| chunk.doubt != Doubt::None);
    let doubtful: BTreeSet<_> = doubtful.map(|chunk| chunk.id).collect();
    let locked = blocked.keys().filter(|(message, _)| messages.contains_key(message));
    let mut ended = recipients::load(tx, &messages, locked.copied()).await?;
    for (key, recipient) in &mut ended {
        let in_doubt = blocked.get(key).is_some_and(|chunk| doubtful.contains(chunk));
        recipient.delivery.block(in_doubt);
    }
    claim.recorded.add(apply(tx, &mut messages, &ended, claim.now, None).await?);
    for (id, recipients) in recipients {
        let is_blocked = |index: u32| blocked.contains_key(&(id.message, index));
        recipients.readable.retain(|recipient| !is_blocked(recipient.index));
    }
    Ok(())
}

/// The blocked recipients, each with its chunk.
async fn find_blocked(
    tx: &mut impl Tx,
    contents: &BTreeMap<MessageId, Loaded>,
    recipients: &BTreeMap<ChunkId, Recipients>,
) -> Result<BTreeMap<RecipientKey, ChunkId>> {
    if !is_anybody_blocked(tx).await? {
        return Ok(BTreeMap::new());
    }
    let mut candidates = Vec::new();
    for (id, recipients) in recipients {
        let Some(loaded) = contents.get(&id.message) else { continue };
        for recipient in &recipients.readable {
            if let Address::Phone(number) = recipient.to {
                candidates.push((*id, recipient.index, (loaded.content.account, number)));
            }
        }
    }
    let numbers: Vec<_> = candidates.iter().map(|(.., number)| *number).collect();
    let blocked = blocked_pairs(tx, &numbers).await?;
    let candidates = candidates.into_iter().filter(|(.., number)| blocked.contains(number));
    Ok(candidates.map(|(chunk, index, _)| ((chunk.message, index), chunk)).collect())
}
