//! Whom a claim hands out of its chunks: those who are *pending*, with the parts that a carrier
//! already took. Packs of chunks that are claimed for the first time are opened here.

use std::collections::HashMap;

use domain::id::MessageId;
use domain::message::Address;
use domain::message::recipient::RecipientState;
use domain::ports::{ChunkId, ClaimedRecipient};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::claim::Loaded;
use super::fair_queue::Run;
use crate::rows::campaign::{self, Opened};
use crate::rows::message::recipients::Tried;
use crate::tx::{Result, Row, Tx, params};

pub(crate) struct Recipients {
    pub(crate) readable: Vec<ClaimedRecipient>,
    /// Some were not.
    pub(crate) unreadable: bool,
}

/// The pending recipients of each run, with the parts that a carrier already took.
pub(crate) async fn load(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &[Run],
    now: Timestamp,
) -> Result<Vec<Recipients>> {
    let to_many =
        |id: &ChunkId| contents.get(&id.message).is_some_and(|loaded| loaded.is_to_many());
    let packed: Vec<_> = runs.iter().map(|run| run.id).filter(to_many).collect();
    let mut opened = campaign::open(tx, &packed, now).await?;
    let ranges: Vec<_> = runs
        .iter()
        .filter(|run| !opened.contains_key(&run.id))
        .map(|run| params![&run.id.message, run.id.first, run.last, RecipientState::Pending])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, address, tried, attempts FROM recipients
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4 ORDER BY idx",
            &ranges,
        )
        .await?;
    let mut found = found.into_iter();
    let mut all = Vec::with_capacity(runs.len());
    for run in runs {
        all.push(match opened.remove(&run.id) {
            Some(opened) => untouched(opened),
            None => read_recipients(run, found.next().unwrap_or_default())?,
        });
    }
    // At the first claim no carrier has seen any of it.
    let seen: Vec<_> = (0..runs.len()).filter(|&at| runs[at].attempt > 1).collect();
    if seen.is_empty() {
        return Ok(all);
    }
    let ranges: Vec<_> = seen
        .iter()
        .map(|&at| params![&runs[at].id.message, runs[at].id.first, runs[at].last])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, part, carrier FROM submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 ORDER BY idx, at DESC, attempt DESC",
            &ranges,
        )
        .await?;
    for (at, rows) in seen.into_iter().zip(found) {
        add_accepted(&mut all[at].readable, rows)?;
    }
    Ok(all)
}

/// Nobody was ever asked to take them.
fn untouched(opened: Vec<Opened>) -> Recipients {
    let recipient = |(index, number)| ClaimedRecipient {
        index,
        to: Address::Phone(number),
        accepted: Vec::new(),
        accepted_by: None,
        tried: Vec::new(),
        attempts: 0,
    };
    Recipients { readable: opened.into_iter().map(recipient).collect(), unreadable: false }
}

fn read_recipients(run: &Run, rows: Vec<Row>) -> Result<Recipients> {
    let mut recipients = Recipients { readable: Vec::with_capacity(rows.len()), unreadable: false };
    for mut row in rows {
        let index: u32 = row.get()?;
        if let Ok(to) = row.get() {
            let names = Tried::read(row.get::<Option<String>>()?.as_deref());
            let tried = names.names().iter().map(|name| CarrierName::new(name)).collect();
            recipients.readable.push(ClaimedRecipient {
                index,
                to,
                accepted: Vec::new(),
                accepted_by: None,
                tried,
                attempts: row.get()?,
            });
        } else {
            tracing::error!(chunk = %run.id, index, "a recipient cannot be read");
            recipients.unreadable = true;
        }
    }
    Ok(recipients)
}

/// Rows come with the latest of each recipient first: only the parts of that carrier make a text.
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
