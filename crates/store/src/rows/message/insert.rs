//! Stores new messages of orders: their rows, their recipients, and the chunks that queue them.

use std::collections::BTreeMap;

use domain::id::{AccountId, MessageId, OrderId};
use domain::limits::{CHUNK_RECIPIENTS_MAX, MESSAGE_RECIPIENTS_MAX};
use domain::message::recipient::RecipientState;
use domain::message::{Address, MessageState, NewMessage};
use domain::ports::{Lease, PortError};
use domain::time::Timestamp;

use crate::rows::queue::enqueue::{QueuedChunk, enqueue};
use crate::tx::{Result, Tx, params};

/// Recipients per statement: bounds the memory for copies.
const ROWS_MAX: usize = 5_000;

/// The order that pays for a message.
#[derive(Clone, Copy)]
pub(crate) struct Payer<'a> {
    pub(crate) order: &'a OrderId,
    /// Its buyer gets an event for every step.
    pub(crate) followed: bool,
}

/// Stores messages, each with the order that pays for it. With `lease` their chunks are leased as
/// by a first claim.
pub(crate) async fn insert_many(
    tx: &mut impl Tx,
    new: &[(&NewMessage, Payer<'_>)],
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    insert_messages(tx, new, lease, now).await?;
    insert_recipients(tx, new, now).await?;
    let queued: Vec<_> = new
        .iter()
        .filter(|(message, _)| lease.is_none() || only(message).is_none())
        .flat_map(|(message, _)| {
            runs(&message.recipients).map(|run| QueuedChunk::new(&message.content, run, now))
        })
        .collect();
    enqueue(tx, &queued, lease).await
}

/// The recipient of a message that has only one: its message's row holds it.
fn only(message: &NewMessage) -> Option<&Address> {
    if let [address] = &*message.recipients { Some(address) } else { None }
}

async fn insert_messages(
    tx: &mut impl Tx,
    new: &[(&NewMessage, Payer<'_>)],
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<()> {
    let addresses: Vec<_> =
        new.iter().map(|(message, _)| only(message).map(Address::stored)).collect();
    let mut rows = Vec::with_capacity(new.len());
    for ((message, payer), address) in new.iter().zip(&addresses) {
        let lease = lease.filter(|_| address.is_some());
        let content = &message.content;
        let count = u32::try_from(message.recipients.len()).unwrap_or(u32::MAX);
        if count == 0 || count > MESSAGE_RECIPIENTS_MAX {
            return Err(PortError::Refused("a message has 1 to 2,000,000 recipients".to_owned()));
        }
        rows.push(params![
            &content.message,
            content.account,
            payer.order,
            i64::from(is_listed(message)),
            i64::from(payer.followed),
            content.sender.as_ref().map(|sender| sender.as_str()),
            content.text.as_str(),
            content.parts,
            content.lane,
            MessageState::Pending,
            content.valid_until,
            message.receipts_until,
            count,
            now,
            address.as_ref(),
            address.as_ref().map(|_| RecipientState::Pending),
            i64::from(lease.is_none()),
            lease.map(|lease| &lease.node),
            lease.map(|lease| lease.until),
        ]);
    }
    let stored = tx
        .execute_many(
            "INSERT INTO messages (id, account, order_id, listed, followed, sender, text, parts, lane,
                 state, valid_until, receipts_until, recipients, pending, created_at, updated_at,
                 address, recipient, queued, lease_node, lease_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?14, ?15, ?16,
                 ?17, ?18, ?19)
             ON CONFLICT (id) DO NOTHING",
            &rows,
        )
        .await?;
    if stored.contains(&0) {
        return Err(PortError::Conflict("the message exists".to_owned()));
    }
    let mut counts = BTreeMap::new();
    for (message, _) in new.iter().filter(|(message, _)| is_listed(message)) {
        if let Some(account) = message.content.account {
            *counts.entry(account).or_insert(0) += 1;
        }
    }
    count_listed(tx, &counts).await
}

/// Whether its account's list shows it: e-mails are not listed.
fn is_listed(message: &NewMessage) -> bool {
    let is_phone = |address: &Address| matches!(address, Address::Phone(_));
    message.content.account.is_some() && message.recipients.iter().all(is_phone)
}

/// Counts new messages in the lists of their accounts. A change does this after it has reserved
/// credit, in the order of accounts, so that concurrent changes do not deadlock.
pub(crate) async fn count_listed(tx: &mut impl Tx, new: &BTreeMap<AccountId, i64>) -> Result<()> {
    let rows: Vec<_> = new.iter().map(|(account, count)| params![*account, *count]).collect();
    tx.execute_many(
        "INSERT INTO message_counts (account, messages) VALUES (?1, ?2)
         ON CONFLICT (account) DO UPDATE SET messages = message_counts.messages + excluded.messages",
        &rows,
    )
    .await
    .map(drop)
}

async fn insert_recipients(
    tx: &mut impl Tx,
    new: &[(&NewMessage, Payer<'_>)],
    now: Timestamp,
) -> Result<()> {
    let mut batch = Vec::new();
    for (message, _) in new.iter().filter(|(message, _)| only(message).is_none()) {
        let id = &message.content.message;
        for (index, address) in (0_u32..).zip(&message.recipients) {
            batch.push((id, index, address.stored()));
            if batch.len() == ROWS_MAX {
                insert_batch(tx, &batch, now).await?;
                batch.clear();
            }
        }
    }
    insert_batch(tx, &batch, now).await
}

async fn insert_batch(
    tx: &mut impl Tx,
    batch: &[(&MessageId, u32, String)],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|(id, index, address)| params![*id, *index, address, RecipientState::Pending, now])
        .collect();
    tx.execute_many(
        "INSERT INTO recipients (message, idx, address, state, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &rows,
    )
    .await
    .map(drop)
}

/// First and last index of each chunk.
fn runs(recipients: &[Address]) -> impl Iterator<Item = (u32, u32)> {
    let count = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
    (0..count).step_by(CHUNK_RECIPIENTS_MAX as usize).map(move |first| {
        (first, first.saturating_add(CHUNK_RECIPIENTS_MAX).min(count).saturating_sub(1))
    })
}
