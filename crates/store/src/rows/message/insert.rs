//! Stores new messages of orders: their rows, their recipients, and the chunks that queue them.

use std::collections::BTreeMap;

use domain::id::{AccountId, MessageId, OrderId};
use domain::limits::{CHUNK_RECIPIENTS_MAX, MESSAGE_RECIPIENTS_MAX};
use domain::message::recipient::RecipientState;
use domain::message::{Address, MessageState, NewMessage};
use domain::ports::{Lease, PortError};
use domain::sale::order::{NewOrder, OrderState, Wanted};
use domain::time::Timestamp;

use crate::rows::order;
use crate::rows::queue::enqueue::{QueuedChunk, enqueue};
use crate::tx::{Result, Tx, params};

/// Recipients per statement: bounds the memory for copies.
const ROWS_MAX: usize = 5_000;

/// The order that pays for a message.
pub(crate) struct Payer<'a> {
    order: &'a OrderId,
    /// Its buyer gets an event for every step.
    followed: bool,
    /// The order itself, if it has no row of its own.
    credit: Option<CreditOrderRow<'a>>,
}

/// An order paid from credit.
struct CreditOrderRow<'a> {
    new: &'a NewOrder,
    state: OrderState,
    webhook_secret: Option<Vec<u8>>,
}

impl<'a> Payer<'a> {
    /// An order with a row of its own.
    pub(crate) const fn order(order: &'a OrderId, followed: bool) -> Self {
        Self { order, followed, credit: None }
    }

    /// An order that the message's row holds.
    pub(crate) fn credit(tx: &impl Tx, new: &'a NewOrder, state: OrderState) -> Result<Self> {
        let followed = new.webhook.as_ref().is_some_and(|webhook| webhook.wants == Wanted::All);
        let webhook_secret = order::seal_webhook_secret(tx, new)?;
        let credit = Some(CreditOrderRow { new, state, webhook_secret });
        Ok(Self { order: &new.id, followed, credit })
    }
}

/// Stores messages, each with the order that pays for it. With `lease` their chunks are leased as
/// by a first claim.
pub(crate) async fn insert_many(
    tx: &mut impl Tx,
    new: &[(&NewMessage, Payer<'_>)],
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<()> {
    if insert_rows(tx, new, lease, now).await?.contains(&false) {
        return Err(PortError::Conflict("the message exists".to_owned()));
    }
    let messages: Vec<_> = new.iter().map(|(message, _)| *message).collect();
    insert_recipients(tx, &messages, now).await?;
    count_and_queue(tx, &messages, lease, now).await
}

/// Counts stored messages in the lists of their accounts, and queues them; see [`count_listed`].
pub(crate) async fn count_and_queue(
    tx: &mut impl Tx,
    new: &[&NewMessage],
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<()> {
    let mut counts = BTreeMap::new();
    for message in new.iter().filter(|message| is_listed(message)) {
        if let Some(account) = message.content.account {
            *counts.entry(account).or_insert(0) += 1;
        }
    }
    count_listed(tx, &counts).await?;
    let queued: Vec<_> = new
        .iter()
        .filter(|message| lease.is_none() || only(message).is_none())
        .flat_map(|message| {
            runs(&message.recipients).map(|run| QueuedChunk::new(&message.content, run, now))
        })
        .collect();
    enqueue(tx, &queued, lease).await
}

/// The recipient of a message that has only one: its message's row holds it.
fn only(message: &NewMessage) -> Option<&Address> {
    if let [address] = &*message.recipients { Some(address) } else { None }
}

/// Which messages were new; an order paid from credit is new with its message.
pub(crate) async fn insert_rows(
    tx: &mut impl Tx,
    new: &[(&NewMessage, Payer<'_>)],
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<Vec<bool>> {
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
        let credit = payer.credit.as_ref();
        let order = credit.map(|credit| credit.new);
        let webhook = order.and_then(|order| order.webhook.as_ref());
        rows.push(params![
            &content.message,
            order.map_or(content.account, |order| order.account),
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
            order.map_or(now, |order| order.created_at),
            address.as_ref(),
            address.as_ref().map(|_| RecipientState::Pending),
            i64::from(lease.is_none()),
            lease.map(|lease| &lease.node),
            lease.map(|lease| lease.until),
            order.map(|order| order.fulfilment.kind()),
            credit.map(|credit| credit.state),
            order.map(|order| order.door.as_str()),
            order.map(|order| order.price),
            webhook.map(|webhook| &webhook.url),
            credit.and_then(|credit| credit.webhook_secret.as_ref()),
            webhook.map(|webhook| webhook.wants.as_str()),
            order.and_then(|order| order.referral.as_ref()),
        ]);
    }
    let stored = tx
        .execute_many(
            "INSERT INTO messages (id, account, order_id, listed, followed, sender, text, parts, lane,
                 state, valid_until, receipts_until, recipients, pending, created_at, updated_at,
                 address, recipient, queued, lease_node, lease_until, order_kind, order_state, door,
                 price, webhook_url, webhook_secret, webhook_wants, referral)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?14, ?15, ?16,
                 ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)
             ON CONFLICT (order_id) DO NOTHING",
            &rows,
        )
        .await?;
    Ok(stored.into_iter().map(|count| count > 0).collect())
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

async fn insert_recipients(tx: &mut impl Tx, new: &[&NewMessage], now: Timestamp) -> Result<()> {
    let mut batch = Vec::new();
    for message in new.iter().filter(|message| only(message).is_none()) {
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
