//! Orders paid from credit, which are columns of their message's row.

use domain::id::{AccountId, MessageId, OrderId};
use domain::money::Msat;
use domain::ports::{EventOwner, PortError};
use domain::reason::Reason;
use domain::sale::change::OrderFacts;
use domain::sale::order::{OrderKind, OrderState, PaymentMethod, Wanted};
use domain::time::Timestamp;

use super::change::{Home, Hook, OrderRow};
use crate::tx::{Result, Row, Tx, params};

/// The columns of an order beside its message's, as they are read.
type Columns = (Option<OrderKind>, Option<OrderState>, Option<Reason>);

impl OrderRow {
    /// The next columns of a message's row; `None` where it has no such order.
    pub(crate) fn of_message(
        message: MessageId,
        order: Option<OrderId>,
        row: &mut Row,
    ) -> Result<Option<Self>> {
        let (kind, state, reason): Columns = (row.get()?, row.get()?, row.get()?);
        let (account, price): (Option<AccountId>, Option<Msat>) = (row.get()?, row.get()?);
        let (created_at, updated_at): (Timestamp, Timestamp) = (row.get()?, row.get()?);
        let wants: Option<Wanted> = row.get()?;
        let owner = account.map_or(EventOwner::Operator, EventOwner::Account);
        let (url, sealed) = (row.get::<Option<String>>()?, row.get::<Option<Vec<u8>>>()?);
        let hook = url.zip(sealed).map(|(url, sealed)| Hook { url, sealed, owner });
        let events = (row.get()?, row.get()?);
        let referral = row.get()?;
        let (Some(id), Some(kind)) = (order, kind) else { return Ok(None) };
        let unreadable = |column| PortError::Refused(format!("unreadable column: {column}"));
        let facts = OrderFacts {
            id,
            kind,
            state: state.ok_or_else(|| unreadable("order_state"))?,
            reason,
            account,
            price: price.ok_or_else(|| unreadable("price"))?,
            held: None,
            payment: PaymentMethod::Credit,
            message: Some(message),
            progress: None,
            activation: None,
            paid_at: Some(created_at),
            updated_at,
            wants,
            referral,
        };
        Ok(Some(Self::read(facts, None, None, hook, events, Home::Message(message))))
    }
}

/// The message whose row holds this order.
pub(super) async fn message_of(tx: &mut impl Tx, id: &OrderId) -> Result<Option<MessageId>> {
    let rows = tx
        .query(
            "SELECT id FROM messages WHERE order_id = ?1 AND order_kind IS NOT NULL",
            params![id],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(None), |mut row| row.get().map(Some))
}
