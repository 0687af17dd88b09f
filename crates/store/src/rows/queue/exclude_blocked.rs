//! Numbers that were blocked after their message was accepted: a claim hands them to no carrier. The
//! list as it is now counts: a number that is unblocked before the claim is sent to; one unblocked
//! after it keeps its state. What becomes of a blocked recipient is a rule of
//! [`domain::message::delivery`]; e-mail addresses are on no list.

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

/// Takes blocked recipients out of what the claim hands out, and ends them. A chunk whose message
/// another change has locked is put back whole.
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
    // A carrier may have had some of these before this claim.
    let doubtful = claim.chunks.iter().filter(|chunk| chunk.doubt != Doubt::None);
    let doubtful: BTreeSet<_> = doubtful.map(|chunk| chunk.id).collect();
    let locked = blocked.keys().filter(|(message, _)| messages.contains_key(message));
    let mut ended = recipients::load(tx, locked.copied()).await?;
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
