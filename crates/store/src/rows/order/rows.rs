//! Orders as rows: written once, read back as the domain's [`Order`], or as what a change needs.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::activation::CountryCode;
use domain::id::{AccountId, ActivationId, MessageId, OrderId, PaymentHash, RentalId};
use domain::message::Address;
use domain::message::recipient::RecipientState;
use domain::ports::PortError;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Order, OrderKind, OrderState, Payment, PaymentMethod, Wanted};
use domain::secret::Preimage;
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::change::{Hook, OrderRow, StoredOrder};
use crate::tx::{Result, Row, Tx, params};

/// Sealed columns, as the vault knows them.
pub(crate) const WEBHOOK_SECRET: &str = "orders.webhook_secret";
const PREIMAGE: &str = "orders.preimage";

/// How an order begins.
pub(crate) struct NewOrderRow<'a> {
    pub(crate) new: &'a NewOrder,
    pub(crate) state: OrderState,
    pub(crate) message: Option<MessageId>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) check_at: Option<Timestamp>,
}

/// Columns that are computed from the order.
struct Made<'a> {
    hash: Option<PaymentHash>,
    preimage: Option<Vec<u8>>,
    invoice: Option<&'a str>,
    pay_by: Option<Timestamp>,
    bought: Bought<'a>,
    secret: Option<Vec<u8>>,
}

/// What was bought, in columns.
#[derive(Default)]
struct Bought<'a> {
    to: Option<String>,
    text: Option<&'a str>,
    service: Option<&'a str>,
    country: Option<u16>,
    rented_ms: Option<i64>,
}

impl<'a> Bought<'a> {
    fn of(fulfilment: &'a Fulfilment) -> Self {
        match fulfilment {
            Fulfilment::Message { to, text, .. } => {
                Self { to: Some(to.stored()), text: Some(text.as_str()), ..Self::default() }
            }
            Fulfilment::Activation { service, country, .. } => {
                let country = country.map(|country| country.0);
                Self { service: Some(service.as_str()), country, ..Self::default() }
            }
            Fulfilment::Rental { service, country, duration, .. } => {
                let country = country.map(|country| country.0);
                let rented_ms = i64::try_from(duration.as_millis()).ok();
                Self { service: Some(service.as_str()), country, rented_ms, ..Self::default() }
            }
            Fulfilment::Credit => Self::default(),
        }
    }
}

/// Stores those that are new; tells which of them were.
pub(crate) async fn insert_many(
    tx: &mut impl Tx,
    new_row: &[NewOrderRow<'_>],
) -> Result<Vec<bool>> {
    let made = new_row.iter().map(|new_row| make(tx, new_row.new)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = new_row
        .iter()
        .zip(&made)
        .map(|(new_row, made)| {
            let new = new_row.new;
            let webhook = new.webhook.as_ref();
            params![
                &new.id,
                new.fulfilment.kind(),
                new_row.state,
                new.account,
                new.price,
                new.payment.method().as_str(),
                made.hash.as_ref(),
                made.preimage.as_ref(),
                made.invoice,
                made.pay_by,
                made.bought.to.as_ref(),
                made.bought.text,
                made.bought.service,
                made.bought.country,
                made.bought.rented_ms,
                webhook.map(|webhook| &webhook.url),
                made.secret.as_ref(),
                webhook.map(|webhook| webhook.wants.as_str()),
                new.referral.as_ref(),
                &new.client,
                new_row.message.as_ref(),
                new.created_at,
                new_row.paid_at,
                new_row.check_at,
            ]
        })
        .collect();
    let added = tx
        .execute_many(
            "INSERT INTO orders (id, kind, state, account, price, payment, payment_hash, preimage,
                 invoice, pay_by, to_address, text, service, country, rented_ms, webhook_url,
                 webhook_secret, webhook_wants, referral, client, fulfilled_by, created_at, paid_at,
                 updated_at, check_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21, ?22, ?23, ?22, ?24)
             ON CONFLICT (id) DO NOTHING",
            &rows,
        )
        .await?;
    Ok(added.into_iter().map(|count| count > 0).collect())
}

fn make<'a>(tx: &impl Tx, new: &'a NewOrder) -> Result<Made<'a>> {
    let id = new.id.as_bytes();
    let (preimage, invoice, pay_by) = match &new.payment {
        Payment::Lightning { preimage, invoice, pay_by } => {
            let sealed = tx.vault().seal(PREIMAGE, id, preimage.expose())?;
            (Some(sealed), invoice.as_deref(), Some(*pay_by))
        }
        Payment::Credit => (None, None, None),
    };
    let secret = new
        .webhook
        .as_ref()
        .map(|webhook| tx.vault().seal(WEBHOOK_SECRET, id, webhook.secret.expose().as_bytes()))
        .transpose()?;
    let (hash, bought) = (new.payment.hash(), Bought::of(&new.fulfilment));
    Ok(Made { hash, preimage, invoice, pay_by, bought, secret })
}

pub(crate) fn exists() -> PortError {
    PortError::Conflict("the order exists".to_owned())
}

/// Those that exist, in the order asked for.
pub(crate) async fn find_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<Order>> {
    query_many(tx, ids).await?.into_iter().flatten().map(|row| read(tx, row)).collect()
}

pub(crate) async fn find(tx: &mut impl Tx, id: &OrderId) -> Result<Option<Order>> {
    Ok(find_many(tx, std::slice::from_ref(id)).await?.pop())
}

pub(crate) async fn find_by_payment(tx: &mut impl Tx, hash: &PaymentHash) -> Result<Option<Order>> {
    let rows = tx.query("SELECT id FROM orders WHERE payment_hash = ?1", params![hash]).await?;
    match rows.into_iter().next() {
        Some(mut row) => find(tx, &row.get()?).await,
        None => Ok(None),
    }
}

/// Those that can be read, and the ids of those that cannot: one bad row must not stop the others.
pub(crate) async fn find_readable(
    tx: &mut impl Tx,
    ids: &[OrderId],
) -> Result<(Vec<Order>, Vec<OrderId>)> {
    let found = query_many(tx, ids).await?;
    let (mut orders, mut unreadable) = (Vec::with_capacity(ids.len()), Vec::new());
    for (id, rows) in ids.iter().zip(found) {
        for row in rows {
            match read(tx, row) {
                Ok(order) => orders.push(order),
                Err(error) => {
                    tracing::error!(order = %id, %error, "an order cannot be read");
                    unreadable.push(*id);
                }
            }
        }
    }
    Ok((orders, unreadable))
}

/// What the buyer sees of an order is as new as its recipient.
async fn query_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<Vec<Row>>> {
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    tx.query_many(
        "SELECT o.id, o.kind, o.state, o.reason, o.account, o.price, o.held, o.payment,
                 o.preimage, o.invoice, o.pay_by, o.to_address, o.text, o.service, o.country,
                 o.rented_ms, o.fulfilled_by, r.state, o.referral, o.created_at, o.paid_at,
                 CASE WHEN r.updated_at > o.updated_at THEN r.updated_at ELSE o.updated_at END
             FROM orders o LEFT JOIN recipients r ON r.message = o.fulfilled_by AND r.idx = 0
             WHERE o.id = ?1",
        &ids,
    )
    .await
}

fn read(tx: &impl Tx, mut row: Row) -> Result<Order> {
    let row = &mut row;
    let id: OrderId = row.get()?;
    let (kind, state, reason, account) = (row.get()?, row.get()?, row.get()?, row.get()?);
    let (price, held) = (row.get()?, row.get()?);
    let payment = read_payment(tx, &id, row)?;
    let fulfilment = read_fulfilment(kind, row)?;
    Ok(Order {
        id,
        state,
        reason,
        account,
        price,
        held,
        payment,
        fulfilment,
        referral: row.get()?,
        created_at: row.get()?,
        paid_at: row.get()?,
        updated_at: row.get()?,
    })
}

/// The message of one that exists, if it has one already. Only messages have rows so far.
pub(crate) async fn message_of(tx: &mut impl Tx, id: &OrderId) -> Result<Option<MessageId>> {
    let rows = tx.query("SELECT fulfilled_by FROM orders WHERE id = ?1", params![id]).await?;
    rows.into_iter().next().map_or(Ok(None), |mut row| row.get())
}

/// One that exists, to be changed.
pub(crate) async fn lock(tx: &mut impl Tx, id: &OrderId) -> Result<Option<StoredOrder>> {
    Ok(lock_many(tx, std::slice::from_ref(id)).await?.pop())
}

/// Those that exist, to be changed. Ids come sorted, so that two changes at once never wait for each
/// other crosswise.
pub(crate) async fn lock_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<StoredOrder>> {
    let mut orders = lock_rows(tx, ids).await?;
    load_recipients(tx, &mut orders).await?;
    Ok(orders)
}

/// Orders, each with the change of its recipient, whose row is changed already.
pub(crate) type Moved = BTreeMap<OrderId, Option<(RecipientState, RecipientState)>>;

/// Those that exist, to be changed after their recipients.
pub(crate) async fn lock_moved(
    tx: &mut impl Tx,
    moved: &Moved,
    now: Timestamp,
) -> Result<Vec<StoredOrder>> {
    let ids: Vec<_> = moved.keys().copied().collect();
    let mut orders = lock_rows(tx, &ids).await?;
    for stored in &mut orders {
        if let Some(Some((from, to))) = moved.get(&stored.order.id) {
            stored.recipient_changed(*from, *to, now);
        }
    }
    load_recipients(tx, &mut orders).await?;
    Ok(orders)
}

/// How far the recipients are that nobody told of.
async fn load_recipients(tx: &mut impl Tx, orders: &mut [StoredOrder]) -> Result<()> {
    let unknown: Vec<_> = orders
        .iter_mut()
        .filter(|stored| stored.order.recipient.is_none() && stored.order.message.is_some())
        .collect();
    let messages: Vec<_> = unknown.iter().map(|stored| stored.order.message).collect();
    let rows: Vec<_> = messages.iter().map(|message| params![message.as_ref()]).collect();
    let found =
        tx.query_many("SELECT state FROM recipients WHERE message = ?1 AND idx = 0", &rows).await?;
    for (stored, rows) in unknown.into_iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            stored.recipient_is(row.get()?);
        }
    }
    Ok(())
}

async fn lock_rows(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<StoredOrder>> {
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT id, kind, state, reason, account, price, held, payment, fulfilled_by, paid_at,
                 updated_at, deadline_height, check_at, webhook_url, webhook_secret, webhook_wants,
                 events, last_event
             FROM orders WHERE id = ?1 FOR UPDATE",
            &ids,
        )
        .await?;
    found.into_iter().flatten().map(read_sold).collect()
}

fn read_sold(mut row: Row) -> Result<StoredOrder> {
    let row = &mut row;
    let order = OrderRow {
        id: row.get()?,
        kind: row.get()?,
        state: row.get()?,
        reason: row.get()?,
        account: row.get()?,
        price: row.get()?,
        held: row.get()?,
        over_lightning: row.get::<PaymentMethod>()? == PaymentMethod::Lightning,
        message: row.get()?,
        recipient: None,
        paid_at: row.get()?,
        updated_at: row.get()?,
    };
    let (deadline_height, check_at) = (row.get()?, row.get()?);
    let hook: (Option<String>, Option<Vec<u8>>, Option<Wanted>) =
        (row.get()?, row.get()?, row.get()?);
    let hook = match hook {
        (Some(url), Some(sealed), Some(wants)) => Some(Hook { url, sealed, wants }),
        _ => None,
    };
    Ok(StoredOrder::read(order, deadline_height, check_at, hook, (row.get()?, row.get()?)))
}

fn read_payment(tx: &impl Tx, id: &OrderId, row: &mut Row) -> Result<Payment> {
    let unreadable = || PortError::Refused("unreadable column: payment".to_owned());
    let method: PaymentMethod = row.get()?;
    let sealed: Option<Vec<u8>> = row.get()?;
    let (invoice, pay_by): (Option<String>, Option<Timestamp>) = (row.get()?, row.get()?);
    match (method, sealed, pay_by) {
        (PaymentMethod::Credit, None, None) => Ok(Payment::Credit),
        (PaymentMethod::Lightning, Some(sealed), Some(pay_by)) => {
            let opened = tx.vault().open(PREIMAGE, id.as_bytes(), &sealed)?;
            let bytes = opened.as_slice().try_into().map_err(|_| unreadable())?;
            Ok(Payment::Lightning { preimage: Preimage::new(bytes), invoice, pay_by })
        }
        _ => Err(unreadable()),
    }
}

fn read_fulfilment(kind: OrderKind, row: &mut Row) -> Result<Fulfilment> {
    let unreadable = |column| PortError::Refused(format!("unreadable column: {column}"));
    let (to, text): (Option<Address>, Option<String>) = (row.get()?, row.get()?);
    let service: Option<String> = row.get()?;
    let service = service.and_then(|word| word.parse().ok()).ok_or_else(|| unreadable("service"));
    let country = row.get::<Option<u16>>()?.map(CountryCode);
    let rented_ms = row.get::<Option<u64>>()?.ok_or_else(|| unreadable("rented_ms"));
    let fulfilled_by: Option<Uuid> = row.get()?;
    let recipient = row.get()?;
    match kind {
        OrderKind::Send | OrderKind::Email => Ok(Fulfilment::Message {
            to: to.ok_or_else(|| unreadable("to_address"))?,
            text: Text::new(text.ok_or_else(|| unreadable("text"))?),
            message: fulfilled_by.map(MessageId),
            recipient,
        }),
        OrderKind::Receive => {
            let activation = fulfilled_by.map(ActivationId);
            Ok(Fulfilment::Activation { service: service?, country, activation })
        }
        OrderKind::Rent => Ok(Fulfilment::Rental {
            service: service?,
            country,
            duration: Duration::from_millis(rented_ms?),
            rental: fulfilled_by.map(RentalId),
        }),
        OrderKind::Fund => Ok(Fulfilment::Credit),
    }
}

pub(crate) async fn funding_history(
    tx: &mut impl Tx,
    account: AccountId,
    limit: u32,
) -> Result<Vec<Order>> {
    let rows = tx
        .query(
            "SELECT id FROM orders WHERE account = ?1 AND kind = 'fund' AND state = 'settled'
             ORDER BY created_at DESC LIMIT ?2",
            params![account, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<OrderId>>>()?;
    find_many(tx, &ids).await
}
