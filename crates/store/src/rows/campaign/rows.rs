//! Messages of an account as it sees them: of campaigns, and of orders, which have one recipient.

use domain::id::{AccountId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, Counts, LeftOut};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::order::OrderState;
use domain::text::Text;
use domain::time::Timestamp;

use crate::rows::message::form_columns;
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn find(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
) -> Result<Option<BulkMessage>> {
    let found = find_many(tx, account, std::slice::from_ref(message)).await?;
    Ok(found.into_iter().next())
}

pub(crate) async fn owner(tx: &mut impl Tx, message: &MessageId) -> Result<Option<AccountId>> {
    let rows = tx
        .query("SELECT account FROM messages WHERE id = ?1 AND listed = 1", params![message])
        .await?;
    rows.into_iter().next().map(|mut row| row.get()).transpose()
}

/// Messages in the account's list, in the order of the ids.
pub(crate) async fn find_many(
    tx: &mut impl Tx,
    account: AccountId,
    messages: &[MessageId],
) -> Result<Vec<BulkMessage>> {
    let rows: Vec<_> = messages.iter().map(|id| params![id, account]).collect();
    let found = tx
        .query_many(
            "SELECT m.id, m.account, m.sender, m.text, m.parts, m.state, m.valid_until, m.created_at,
                 m.form, m.link, m.charge,
                 m.updated_at, m.recipients, m.pending, m.finals, m.delivered,
                 coalesce(b.door, m.door, o.door), m.order_id, coalesce(m.price, o.price),
                 coalesce(m.order_state, o.state),
                 coalesce(m.recipient, r.state),
                 b.failed, b.invalid, b.blocked, b.expired, b.timeout,
                 b.price, b.charged, b.refunded, b.start_at, b.paused, b.ended_at,
                 b.first_invalid, b.first_blocked, b.duplicates, b.held_until,
                 b.webhook_url IS NOT NULL, b.first_sms_id, b.own_parts
             FROM messages m
             LEFT JOIN bulk_messages b ON b.message = m.id
             LEFT JOIN orders o ON o.id = m.order_id
             LEFT JOIN recipients r ON r.message = m.id AND r.idx = 0 AND m.order_id IS NOT NULL
             WHERE m.id = ?1 AND m.account = ?2 AND m.listed = 1",
            &rows,
        )
        .await?;
    let mut messages = found.into_iter().flatten().map(read).collect::<Result<Vec<_>>>()?;
    find_held(tx, &mut messages).await?;
    Ok(messages)
}

/// When the queued recipients of campaigns are due that quiet hours hold.
async fn find_held(tx: &mut impl Tx, messages: &mut [BulkMessage]) -> Result<()> {
    let may_wait = |message: &&mut BulkMessage| {
        message.order.is_none() && message.state == MessageState::Pending
    };
    let waiting: Vec<_> = messages.iter_mut().filter(may_wait).collect();
    let ids: Vec<_> = waiting.iter().map(|message| params![&message.id]).collect();
    // The reason stays when a chunk is only due for its receipts.
    let found = tx
        .query_many(
            "SELECT max(due_at) FROM chunks
             WHERE message = ?1 AND reason = 'quiet_hours' AND lease_node IS NULL
                 AND (await_until IS NULL OR await_until <> due_at)",
            &ids,
        )
        .await?;
    for (message, rows) in waiting.into_iter().zip(found) {
        for mut row in rows {
            message.held_until = row.get::<Option<Timestamp>>()?.or(message.held_until);
        }
    }
    Ok(())
}

fn read(mut row: Row) -> Result<BulkMessage> {
    let mut message = BulkMessage {
        id: row.get()?,
        account: row.get()?,
        order: None,
        door: Door::Bulk,
        sender: row.get()?,
        text: Text::new(row.get::<String>()?),
        form: Form::Text,
        charge: None,
        parts: row.get()?,
        own_parts: None,
        state: row.get()?,
        counts: Counts::default(),
        left_out: LeftOut::default(),
        held_until: None,
        has_webhook: false,
        price: Msat::ZERO,
        charged: Msat::ZERO,
        refunded: Msat::ZERO,
        start_at: None,
        paused: false,
        first_sms_id: None,
        valid_until: row.get()?,
        created_at: row.get()?,
        ended_at: None,
    };
    (message.form, message.charge) = form_columns::read(&mut row)?;
    let updated_at: Timestamp = row.get()?;
    message.counts = read_progress(&mut row)?;
    message.door = read_door(&mut row)?;
    message.order = row.get()?;
    if message.order.is_some() {
        read_order(&mut row, &mut message)?;
        message.ended_at = Some(updated_at).filter(|_| message.state.is_final());
    } else {
        skip_order(&mut row)?;
        read_campaign(&mut row, &mut message)?;
    }
    Ok(message)
}

/// Counts that every message has; a campaign counts the other states.
fn read_progress(row: &mut Row) -> Result<Counts> {
    let recipients: u32 = row.get()?;
    let (pending, finals): (u32, u32) = (row.get()?, row.get()?);
    let submitted = recipients.saturating_sub(pending).saturating_sub(finals);
    Ok(Counts { pending, submitted, success: row.get()?, ..Counts::default() })
}

fn read_door(row: &mut Row) -> Result<Door> {
    let door: String = row.get()?;
    door.parse().map_err(|_| PortError::Refused("unreadable column: door".to_owned()))
}

/// Price and state of the order, and state of its recipient.
type OrderColumns = (Option<Msat>, Option<OrderState>, Option<RecipientState>);

fn skip_order(row: &mut Row) -> Result<()> {
    let _: OrderColumns = (row.get()?, row.get()?, row.get()?);
    Ok(())
}

/// The whole price is kept when the order is settled, and refunded when it is cancelled.
fn read_order(row: &mut Row, message: &mut BulkMessage) -> Result<()> {
    let (price, state, recipient): OrderColumns = (row.get()?, row.get()?, row.get()?);
    message.price = price.unwrap_or_default();
    match state {
        Some(OrderState::Settled) => message.charged = message.price,
        Some(OrderState::Cancelled | OrderState::Lost) => message.refunded = message.price,
        _ => {}
    }
    let counts = &mut message.counts;
    match recipient {
        Some(RecipientState::Failed) => counts.failed = 1,
        Some(RecipientState::Invalid) => counts.invalid = 1,
        Some(RecipientState::Blocked) => counts.blocked = 1,
        Some(RecipientState::Expired) => counts.expired = 1,
        Some(RecipientState::Timeout) => counts.timeout = 1,
        Some(RecipientState::Pending | RecipientState::Submitted | RecipientState::Success)
        | None => {}
    }
    Ok(())
}

fn read_campaign(row: &mut Row, message: &mut BulkMessage) -> Result<()> {
    let counts = &mut message.counts;
    (counts.failed, counts.invalid, counts.blocked) = (row.get()?, row.get()?, row.get()?);
    (counts.expired, counts.timeout) = (row.get()?, row.get()?);
    (message.price, message.charged, message.refunded) = (row.get()?, row.get()?, row.get()?);
    message.start_at = row.get()?;
    message.paused = row.get::<i64>()? != 0;
    message.ended_at = row.get()?;
    message.left_out = LeftOut { invalid: row.get()?, blocked: row.get()?, duplicates: row.get()? };
    let held_until: Option<Timestamp> = row.get()?;
    message.held_until = held_until.filter(|_| !message.state.is_final());
    message.has_webhook = row.get::<i64>()? != 0;
    message.first_sms_id = row.get()?;
    message.own_parts = row.get()?;
    Ok(())
}
