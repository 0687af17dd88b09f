//! Pending recipients of claimed chunks, with the parts that a carrier already accepted. Packed
//! chunks are unpacked at their first claim.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::MessageId;
use domain::message::delivery::TriedCarriers;
use domain::message::recipient::RecipientState;
use domain::message::{Address, Content};
use domain::ports::{ChunkId, ClaimedRecipient};
use domain::routing::CarrierName;

use super::leased_chunks::{Claim, LeasedChunk};
use super::load_content::Loaded;
use crate::rows::campaign::{self, Unpacked};
use crate::rows::phone::texts;
use crate::tx::{Result, Row, Tx, params};

#[derive(Default)]
pub(crate) struct Recipients {
    pub(crate) readable: Vec<ClaimedRecipient>,
    /// Some rows could not be read.
    pub(crate) is_unreadable: bool,
}

/// The pending recipients of each chunk.
pub(crate) async fn load_recipients(
    tx: &mut impl Tx,
    claim: &Claim,
    contents: &BTreeMap<MessageId, Loaded>,
) -> Result<BTreeMap<ChunkId, Recipients>> {
    let is_campaign =
        |id: &ChunkId| contents.get(&id.message).is_some_and(|loaded| loaded.campaign.is_some());
    let packed: Vec<_> = claim.chunks.iter().map(|chunk| chunk.id).filter(is_campaign).collect();
    let unpacked = campaign::unpack(tx, &packed, claim.now).await?;
    let mut recipients: BTreeMap<_, _> =
        unpacked.into_iter().map(|(id, unpacked)| (id, untouched(unpacked))).collect();
    let rest: Vec<_> =
        claim.chunks.iter().filter(|chunk| !recipients.contains_key(&chunk.id)).collect();
    load_pending(tx, &rest, &mut recipients).await?;
    load_accepted(tx, &claim.chunks, &mut recipients).await?;
    load_texts(tx, &claim.chunks, contents, &mut recipients).await?;
    Ok(recipients)
}

/// Recipients as unpacked.
fn untouched(unpacked: Vec<Unpacked>) -> Recipients {
    let recipient = |(index, number)| ClaimedRecipient {
        index,
        to: Address::Phone(number),
        content: None,
        accepted: Vec::new(),
        accepted_by: None,
        tried: Vec::new(),
        attempts: 0,
    };
    Recipients { readable: unpacked.into_iter().map(recipient).collect(), is_unreadable: false }
}

/// Gives recipients their own texts, where they have some. One without is unreadable: the text of its message is not
/// meant to be sent.
async fn load_texts(
    tx: &mut impl Tx,
    chunks: &[LeasedChunk],
    contents: &BTreeMap<MessageId, Loaded>,
    recipients: &mut BTreeMap<ChunkId, Recipients>,
) -> Result<()> {
    let merged = |chunk: &&LeasedChunk| {
        contents.get(&chunk.id.message).is_some_and(|loaded| loaded.is_merged)
    };
    let chunks: Vec<_> = chunks.iter().filter(merged).collect();
    if chunks.is_empty() {
        return Ok(());
    }
    let runs: Vec<_> =
        chunks.iter().map(|chunk| (chunk.id.message, chunk.id.first, chunk.last)).collect();
    let texts = campaign::load_texts(tx, &runs).await?;
    for (chunk, mut texts) in chunks.into_iter().zip(texts) {
        let content = contents.get(&chunk.id.message).map(|loaded| &loaded.content);
        let (Some(content), Some(found)) = (content, recipients.get_mut(&chunk.id)) else {
            continue;
        };
        for recipient in &mut found.readable {
            let own = texts.remove(&recipient.index);
            let own = own.map(|(text, parts)| Content { text, parts, ..(**content).clone() });
            recipient.content = own.map(Arc::new);
        }
        let count = found.readable.len();
        found.readable.retain(|recipient| recipient.content.is_some());
        if found.readable.len() < count {
            tracing::error!(chunk = %chunk.id, "recipients without their texts");
            found.is_unreadable = true;
        }
    }
    Ok(())
}

async fn load_pending(
    tx: &mut impl Tx,
    chunks: &[&LeasedChunk],
    recipients: &mut BTreeMap<ChunkId, Recipients>,
) -> Result<()> {
    let ranges: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            params![&chunk.id.message, chunk.id.first, chunk.last, RecipientState::Pending]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, address, tried, attempts FROM all_recipients
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4 ORDER BY idx",
            &ranges,
        )
        .await?;
    for (chunk, rows) in chunks.iter().zip(found) {
        recipients.insert(chunk.id, read(chunk, rows)?);
    }
    Ok(())
}

fn read(chunk: &LeasedChunk, rows: Vec<Row>) -> Result<Recipients> {
    let readable = Vec::with_capacity(rows.len());
    let mut recipients = Recipients { readable, is_unreadable: false };
    for mut row in rows {
        let index: u32 = row.get()?;
        if let Ok(to) = row.get() {
            let tried = TriedCarriers::from_stored(row.get::<Option<String>>()?.as_deref());
            recipients.readable.push(ClaimedRecipient {
                index,
                to,
                content: None,
                accepted: Vec::new(),
                accepted_by: None,
                tried: tried.into_names(),
                attempts: row.get()?,
            });
        } else {
            tracing::error!(chunk = %chunk.id, index, "a recipient cannot be read");
            recipients.is_unreadable = true;
        }
    }
    Ok(recipients)
}

/// Adds the parts that carriers already accepted, and withdraws texts that wait for a phone; none at the first claim.
async fn load_accepted(
    tx: &mut impl Tx,
    chunks: &[LeasedChunk],
    recipients: &mut BTreeMap<ChunkId, Recipients>,
) -> Result<()> {
    let again: Vec<_> = chunks.iter().filter(|chunk| chunk.attempt > 1).collect();
    let runs: Vec<_> = again.iter().map(|chunk| chunk.range()).collect();
    texts::withdraw_of(tx, &runs).await?;
    let ranges: Vec<_> =
        runs.iter().map(|(message, first, last)| params![message, *first, *last]).collect();
    let found = tx
        .query_many(
            "SELECT idx, part, carrier FROM all_submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 ORDER BY idx, at DESC, attempt DESC",
            &ranges,
        )
        .await?;
    for (chunk, rows) in again.into_iter().zip(found) {
        if let Some(recipients) = recipients.get_mut(&chunk.id) {
            add_accepted(&mut recipients.readable, rows)?;
        }
    }
    Ok(())
}

/// Rows come with the latest part of each recipient first: only the parts of its carrier make a text.
fn add_accepted(recipients: &mut [ClaimedRecipient], rows: Vec<Row>) -> Result<()> {
    for mut row in rows {
        let (index, part, carrier): (u32, u16, String) = (row.get()?, row.get()?, row.get()?);
        let of_index = recipients.binary_search_by_key(&index, |recipient| recipient.index);
        let Ok(found) = of_index else { continue };
        let recipient = &mut recipients[found];
        let by = recipient.accepted_by.get_or_insert_with(|| CarrierName::new(&carrier));
        if by.as_str() == carrier {
            recipient.accepted.push(part);
        }
    }
    for recipient in recipients {
        recipient.accepted.sort_unstable();
    }
    Ok(())
}
