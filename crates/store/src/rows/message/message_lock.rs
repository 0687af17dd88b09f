//! Messages locked for a change, with the counters that decide when they end.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MessageId, OrderId};
use domain::message::recipient::RecipientState;
use domain::message::{MessageEvent, MessageState, next};

use crate::rows::campaign::{self, Bulk};
use crate::tx::{Result, Row, Tx, params};

pub(crate) struct Locked {
    pub(crate) order: Option<OrderId>,
    /// The order's buyer is told of every step.
    pub(crate) followed: bool,
    pub(crate) state: MessageState,
    pub(crate) recipients: i64,
    pub(crate) pending: i64,
    pub(crate) finals: i64,
    pub(crate) delivered: i64,
    /// Of a message to many, which has no order.
    pub(crate) bulk: Option<Bulk>,
}

pub(crate) type Messages = BTreeMap<MessageId, Locked>;

/// The row of one message, locked as said.
macro_rules! locking {
    ($how:literal) => {
        concat!(
            "SELECT order_id, followed, state, recipients, pending, finals, delivered FROM messages
             WHERE id = ?1 ",
            $how
        )
    };
}

/// Those that exist.
pub(crate) async fn lock(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    query(tx, locking!("FOR UPDATE"), ids).await
}

/// For a change that begins elsewhere: nobody else changes the message or its recipients.
pub(crate) async fn lock_one(tx: &mut impl Tx, id: MessageId) -> Result<Option<Locked>> {
    lock(tx, [id]).await.map(|mut messages| messages.remove(&id))
}

/// Those that exist and that no other change has.
pub(crate) async fn lock_free(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    query(tx, locking!("FOR UPDATE SKIP LOCKED"), ids).await
}

/// In the order of their ids, so that no two changes wait for each other crosswise.
async fn query(
    tx: &mut impl Tx,
    sql: &'static str,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<Messages> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx.query_many(sql, &rows).await?;
    let mut messages = read(ids, found)?;
    let without = messages.iter().filter(|(_, message)| message.order.is_none());
    let without: Vec<_> = without.map(|(id, _)| *id).collect();
    if !without.is_empty() {
        for (id, bulk) in campaign::load(tx, &without).await? {
            messages.entry(id).and_modify(|message| message.bulk = Some(bulk));
        }
    }
    Ok(messages)
}

fn read(ids: BTreeSet<MessageId>, found: Vec<Vec<Row>>) -> Result<Messages> {
    let mut messages = Messages::new();
    for (id, rows) in ids.into_iter().zip(found) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (order, followed) = (row.get()?, row.get::<i64>()? != 0);
        let (state, recipients) = (row.get()?, row.get()?);
        let (pending, finals, delivered) = (row.get()?, row.get()?, row.get()?);
        let bulk = None;
        let message =
            Locked { order, followed, state, recipients, pending, finals, delivered, bulk };
        messages.insert(id, message);
    }
    Ok(messages)
}

impl Locked {
    pub(crate) fn count(&mut self, from: RecipientState, to: RecipientState) {
        self.pending += i64::from(to == RecipientState::Pending);
        self.pending -= i64::from(from == RecipientState::Pending);
        self.finals += i64::from(to.is_final()) - i64::from(from.is_final());
        self.delivered += i64::from(to == RecipientState::Success);
    }

    /// What became of a recipient can only have become of a message that has begun.
    pub(crate) fn begin(&mut self) {
        if let Ok(state) = next(self.state, MessageEvent::Due) {
            self.state = state;
        }
    }

    /// True when what was counted ends it. A cancelled message stays cancelled, whatever becomes of
    /// its recipients.
    pub(crate) fn end(&mut self) -> bool {
        if self.finals < self.recipients {
            return false;
        }
        let event =
            if self.delivered > 0 { MessageEvent::Delivered } else { MessageEvent::NoneDelivered };
        next(self.state, event).map(|state| self.state = state).is_ok()
    }
}
