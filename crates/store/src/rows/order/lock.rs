//! Reads and locks orders for a change: what [`domain::sale::change`] needs, without text and
//! secrets.

use std::collections::BTreeMap;

use domain::id::{MessageId, OrderId};
use domain::message::progress::Progress;
use domain::message::recipient::RecipientState;
use domain::ports::EventOwner;
use domain::sale::change::OrderFacts;

use super::change::{Home, Hook, OrderRow};
use super::credit;
use crate::rows::message;
use crate::tx::{Result, Row, Tx, params};

/// The message of an order, if it has started. Only messages have rows.
pub(super) async fn message_of(tx: &mut impl Tx, id: &OrderId) -> Result<Option<MessageId>> {
    let rows = tx.query("SELECT fulfilled_by FROM all_orders WHERE id = ?1", params![id]).await?;
    rows.into_iter().next().map_or(Ok(None), |mut row| row.get())
}

pub(super) async fn lock(tx: &mut impl Tx, id: &OrderId) -> Result<Option<OrderRow>> {
    Ok(lock_many(tx, std::slice::from_ref(id)).await?.pop())
}

/// Orders that exist. Ids are sorted, so that concurrent changes do not deadlock.
pub(crate) async fn lock_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<OrderRow>> {
    let mut orders = lock_rows(tx, ids).await?;
    load_progress(tx, &mut orders).await?;
    Ok(orders)
}

/// Orders, each with the state change of its recipient, whose row is written already.
pub(crate) type Moved = BTreeMap<OrderId, Option<(RecipientState, RecipientState)>>;

/// Orders that exist, with their progress before the recipients changed.
pub(crate) async fn lock_moved(tx: &mut impl Tx, moved: &Moved) -> Result<Vec<OrderRow>> {
    let ids: Vec<_> = moved.keys().copied().collect();
    let mut orders = lock_rows(tx, &ids).await?;
    for row in &mut orders {
        if let Some(Some((from, _))) = moved.get(&row.facts.id) {
            row.facts.progress = Some(Progress::of(*from));
        }
    }
    load_progress(tx, &mut orders).await?;
    Ok(orders)
}

/// Reads the progress where it is unknown.
async fn load_progress(tx: &mut impl Tx, orders: &mut [OrderRow]) -> Result<()> {
    let unknown: Vec<_> = orders
        .iter_mut()
        .filter(|row| row.facts.progress.is_none() && row.facts.message.is_some())
        .collect();
    let messages: Vec<_> = unknown.iter().map(|row| row.facts.message).collect();
    let rows: Vec<_> = messages.iter().map(|message| params![message.as_ref()]).collect();
    let found = tx
        .query_many("SELECT state FROM all_recipients WHERE message = ?1 AND idx = 0", &rows)
        .await?;
    for (order, rows) in unknown.into_iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            order.facts.progress = Some(Progress::of_order(row.get()?, order.facts.state));
        }
    }
    Ok(())
}

async fn lock_rows(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<OrderRow>> {
    let keys: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let rows = tx
        .query_many(
            "SELECT id, kind, state, reason, account, price, held, payment, fulfilled_by, paid_at,
                 updated_at, webhook_wants, webhook_url, webhook_secret, deadline_height, check_at,
                 events, last_event, client, referral
             FROM orders WHERE id = ?1 FOR UPDATE",
            &keys,
        )
        .await?;
    let mut found = Vec::with_capacity(ids.len());
    for (id, rows) in ids.iter().zip(rows) {
        match rows.into_iter().next() {
            Some(row) => found.push(read(row)?),
            None => found.extend(lock_in_message(tx, id).await?),
        }
    }
    Ok(found)
}

async fn lock_in_message(tx: &mut impl Tx, id: &OrderId) -> Result<Option<OrderRow>> {
    let Some(message) = credit::message_of(tx, id).await? else { return Ok(None) };
    let locked = message::lock(tx, message).await?;
    Ok(locked.and_then(|message| message.credit_order))
}

fn read(mut row: Row) -> Result<OrderRow> {
    let row = &mut row;
    let mut facts = OrderFacts {
        id: row.get()?,
        kind: row.get()?,
        state: row.get()?,
        reason: row.get()?,
        account: row.get()?,
        price: row.get()?,
        held: row.get()?,
        payment: row.get()?,
        message: row.get()?,
        progress: None,
        activation: None,
        paid_at: row.get()?,
        updated_at: row.get()?,
        wants: row.get()?,
        referral: None,
    };
    let (url, sealed) = (row.get::<Option<String>>()?, row.get::<Option<Vec<u8>>>()?);
    let (deadline_height, check_at) = (row.get()?, row.get()?);
    let events = (row.get()?, row.get()?);
    let client = row.get()?;
    facts.referral = row.get()?;
    let owner = facts.account.map_or(EventOwner::Client(client), EventOwner::Account);
    let hook = url.zip(sealed).map(|(url, sealed)| Hook { url, sealed, owner });
    Ok(OrderRow::read(facts, deadline_height, check_at, hook, events, Home::Orders))
}
