//! Messages locked for a change, with the counters that decide when they end.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MessageId, OrderId};
use domain::message::counters::MessageCounters;
use domain::time::Timestamp;

use super::single::Single;
use crate::rows::campaign::campaign_row::{self, CampaignRow};
use crate::rows::order::OrderRow;
use crate::tx::{Result, Row, Tx, params};

pub(crate) struct LockedMessage {
    pub(crate) order: Option<OrderId>,
    /// Its order, when that is paid from credit.
    pub(crate) credit_order: Option<OrderRow>,
    /// The order's buyer gets an event for every step.
    pub(crate) followed: bool,
    /// Recipients pay for it.
    pub(crate) charged: bool,
    /// When it was accepted.
    pub(crate) created_at: Timestamp,
    pub(crate) counters: MessageCounters,
    /// The row of a campaign, which has no order.
    pub(crate) campaign: Option<CampaignRow>,
    /// Its only recipient, which its own row holds.
    pub(crate) single: Option<Single>,
}

pub(crate) type Messages = BTreeMap<MessageId, LockedMessage>;

/// The row of one message, under this lock.
macro_rules! locking {
    ($how:literal) => {
        concat!(
            "SELECT order_id, followed, charge, created_at, state, recipients, pending, finals, delivered, order_kind,
                 order_state, order_reason, account, price, created_at, updated_at, webhook_wants,
                 webhook_url, webhook_secret, events, last_event, referral, address, recipient, reason, code, tried, deferred_attempt, unanswered, attempts, taken,
                 part_carrier, part_id, part_attempt, part_link, part_state, part_code, part_at,
                 part_decided_at, part_noted, part_noted_code, part_noted_at, queued, valid_until, lease_node, lease_until
             FROM messages WHERE id = ?1 ",
            $how
        )
    };
}

/// Locks the messages that exist.
pub(crate) async fn lock(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    query(tx, locking!("FOR UPDATE"), ids).await
}

/// Locks one message, and so its recipients, for a change that begins elsewhere.
pub(crate) async fn lock_one(tx: &mut impl Tx, id: MessageId) -> Result<Option<LockedMessage>> {
    lock(tx, [id]).await.map(|mut messages| messages.remove(&id))
}

/// Locks the messages that exist and that no other change has locked.
pub(crate) async fn lock_free(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    query(tx, locking!("FOR UPDATE SKIP LOCKED"), ids).await
}

/// In the order of ids, so that concurrent changes do not deadlock.
async fn query(
    tx: &mut impl Tx,
    sql: &'static str,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx.query_many(sql, &rows).await?;
    let mut messages = Messages::new();
    for (id, rows) in ids.into_iter().zip(found) {
        if let Some(row) = rows.into_iter().next() {
            messages.insert(id, read(id, row)?);
        }
    }
    let campaigns = messages.iter().filter(|(_, message)| message.order.is_none());
    let campaigns: Vec<_> = campaigns.map(|(id, _)| *id).collect();
    for (id, campaign) in campaign_row::load(tx, &campaigns).await? {
        messages.entry(id).and_modify(|message| message.campaign = Some(campaign));
    }
    Ok(messages)
}

fn read(id: MessageId, mut row: Row) -> Result<LockedMessage> {
    let order = row.get()?;
    Ok(LockedMessage {
        order,
        followed: row.get::<i64>()? != 0,
        charged: row.get::<Option<i64>>()?.is_some(),
        created_at: row.get()?,
        counters: MessageCounters {
            state: row.get()?,
            recipients: row.get()?,
            pending: row.get()?,
            finals: row.get()?,
            delivered: row.get()?,
        },
        campaign: None,
        credit_order: OrderRow::of_message(id, order, &mut row)?,
        single: Single::read(&mut row)?,
    })
}
