//! The charge of a sale: of an order, a campaign, or one recipient of a campaign.
//!
//! | of | charged is |
//! |---|---|
//! | an order | what its sale posted, once it is *settled* |
//! | a campaign | the shares that were posted so far |
//! | a recipient that got it | its price |
//! | one that did not | its price, if the account pays for what carriers took, and one had its whole text by then |
//!
//! Charges of a recipient's earlier tries are only known for the campaign as a whole.

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::MessageState;
use domain::message::campaign::{BulkRecipient, RefundPolicy};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{Charge, NotRefunded, RecipientList};
use domain::sale::ledger::ChargeId;
use domain::sale::order::{OrderKind, OrderState};
use domain::time::Timestamp;

use crate::rows::{campaign, message};
use crate::tx::{Result, Tx, params};

/// The current charge.
pub(super) struct Found {
    pub(super) account: Option<AccountId>,
    /// Charge of the order or the message.
    pub(super) charged: Msat,
    /// Charge of the one recipient, if there is one.
    pub(super) own: Option<Msat>,
    pub(super) not: Option<NotRefunded>,
}

/// The sale that a refund is for. An order and the message that it bought are one sale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    /// The id of its transfers and refunds.
    pub(super) charge: ChargeId,
    pub(super) order: Option<OrderId>,
    /// One recipient of a campaign.
    pub(super) recipient: Option<u32>,
}

/// `None` when there is no such sale.
pub(super) async fn subject(tx: &mut impl Tx, of: Charge) -> Result<Option<Subject>> {
    match of {
        Charge::Order(id) => of_order(tx, id).await,
        Charge::Message(id) => of_message(tx, id, None).await,
        Charge::Recipient(id, index) => of_message(tx, id, Some(index)).await,
    }
}

async fn of_order(tx: &mut impl Tx, id: OrderId) -> Result<Option<Subject>> {
    let rows = tx.query("SELECT fulfilled_by FROM all_orders WHERE id = ?1", params![&id]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let message: Option<MessageId> = row.get()?;
    let charge = message.map_or(ChargeId::Order(id), ChargeId::Message);
    Ok(Some(Subject { charge, order: Some(id), recipient: None }))
}

async fn of_message(
    tx: &mut impl Tx,
    id: MessageId,
    recipient: Option<u32>,
) -> Result<Option<Subject>> {
    let rows = tx.query("SELECT order_id FROM messages WHERE id = ?1", params![&id]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (charge, order) = (ChargeId::Message(id), row.get()?);
    match (order, recipient) {
        // An order has one price, and one recipient.
        (Some(_), Some(1..)) => Ok(None),
        (Some(_), _) => Ok(Some(Subject { charge, order, recipient: None })),
        (None, _) => Ok(Some(Subject { charge, order, recipient })),
    }
}

/// Locks the sale, so that no other change decides it meanwhile.
pub(super) async fn lock(tx: &mut impl Tx, of: &Subject) -> Result<()> {
    if let ChargeId::Message(id) = of.charge {
        message::lock(tx, id).await?;
    }
    let order = match (of.order, of.charge) {
        (Some(id), _) | (None, ChargeId::Order(id)) => id,
        (None, ChargeId::Message(_)) => return Ok(()),
    };
    tx.query("SELECT 1 FROM orders WHERE id = ?1 FOR UPDATE", params![&order]).await.map(drop)
}

pub(super) async fn find(tx: &mut impl Tx, of: &Subject) -> Result<Option<Found>> {
    match (of.order, of.charge, of.recipient) {
        (Some(id), ..) | (None, ChargeId::Order(id), _) => find_order(tx, &id).await,
        (None, ChargeId::Message(id), None) => {
            Ok(find_message(tx, &id).await?.map(|message| message.found(None, None)))
        }
        (None, ChargeId::Message(id), Some(index)) => find_recipient(tx, &id, index).await,
    }
}

async fn find_order(tx: &mut impl Tx, id: &OrderId) -> Result<Option<Found>> {
    let rows = tx
        .query(
            "SELECT o.kind, o.state, o.account,
                 CASE WHEN o.payment = 'lightning' THEN coalesce(t.posted, 0)
                     WHEN o.state = 'settled' THEN o.price ELSE 0 END
             FROM all_orders o
             LEFT JOIN transfers t ON t.id = coalesce(o.fulfilled_by, o.id)
                 AND t.kind IN ('credit_sale', 'lightning_sale', 'fund')
             WHERE o.id = ?1",
            params![id],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (kind, state): (OrderKind, OrderState) = (row.get()?, row.get()?);
    let (account, charged): (Option<AccountId>, Msat) = (row.get()?, row.get()?);
    let not = match state {
        OrderState::Open | OrderState::Held | OrderState::Working | OrderState::Fulfilled => {
            Some(NotRefunded::NotYetCharged)
        }
        OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost => {
            Some(NotRefunded::NotCharged)
        }
        OrderState::Settled if kind == OrderKind::Fund => Some(NotRefunded::IsCredit),
        OrderState::Settled if account.is_none() => Some(NotRefunded::NoAccount),
        OrderState::Settled => None,
    };
    Ok(Some(Found { account, charged, own: None, not }))
}

/// A campaign.
struct Message {
    account: AccountId,
    state: MessageState,
    charged: Msat,
    refunds: RefundPolicy,
}

impl Message {
    fn found(&self, own: Option<Msat>, not: Option<NotRefunded>) -> Found {
        let nothing = || {
            let not = if self.state.is_final() {
                NotRefunded::NotCharged
            } else {
                NotRefunded::NotYetCharged
            };
            (self.charged == Msat::ZERO).then_some(not)
        };
        Found { account: Some(self.account), charged: self.charged, own, not: not.or_else(nothing) }
    }
}

async fn find_message(tx: &mut impl Tx, id: &MessageId) -> Result<Option<Message>> {
    let rows = tx
        .query(
            "SELECT b.account, m.state, b.charged, b.refunds
             FROM bulk_messages b JOIN messages m ON m.id = b.message WHERE b.message = ?1",
            params![id],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    Ok(Some(Message {
        account: row.get()?,
        state: row.get()?,
        charged: row.get()?,
        refunds: row.get()?,
    }))
}

async fn find_recipient(tx: &mut impl Tx, id: &MessageId, index: u32) -> Result<Option<Found>> {
    let Some(message) = find_message(tx, id).await? else { return Ok(None) };
    let list = RecipientList { states: Vec::new(), first: index, limit: 1 };
    let Some(recipient) = campaign::page(tx, id, &list).await?.recipients.pop() else {
        return Ok(None);
    };
    let BulkRecipient { state, price, updated_at: ended_at, .. } = recipient;
    let kept = match state {
        RecipientState::Success => true,
        RecipientState::Failed | RecipientState::Expired | RecipientState::Timeout => {
            message.refunds == RefundPolicy::Unsent && was_taken(tx, id, index, ended_at).await?
        }
        RecipientState::Pending
        | RecipientState::Submitted
        | RecipientState::Invalid
        | RecipientState::Blocked => false,
    };
    let not = match (kept, state.is_final() || message.state.is_final()) {
        (true, _) => None,
        (false, true) => Some(NotRefunded::NotCharged),
        (false, false) => Some(NotRefunded::NotYetCharged),
    };
    Ok(Some(message.found(Some(if kept { price } else { Msat::ZERO }), not)))
}

/// Whether some carrier had accepted its whole text when it became final.
async fn was_taken(
    tx: &mut impl Tx,
    id: &MessageId,
    index: u32,
    ended_at: Timestamp,
) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM submissions WHERE message = ?1 AND idx = ?2 AND at <= ?3
             GROUP BY carrier HAVING count(*) >= max(parts) LIMIT 1",
            params![id, index, ended_at],
        )
        .await?;
    Ok(!rows.is_empty())
}
