//! Reads orders as the domain's [`Order`].

use std::time::Duration;

use domain::activation::CountryCode;
use domain::id::{AccountId, ActivationId, MessageId, OrderId, PaymentHash, RentalId};
use domain::message::Address;
use domain::ports::PortError;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{Order, OrderKind, Payment, PaymentMethod};
use domain::secret::Preimage;
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::tx::{Result, Row, Tx, params};

/// Sealed columns, as named in the vault.
pub(crate) const WEBHOOK_SECRET: &str = "orders.webhook_secret";
pub(super) const PREIMAGE: &str = "orders.preimage";

/// Orders that exist, in the order of the ids.
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

/// Readable orders, and the ids of unreadable ones: one bad row must not stop the others.
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

/// The buyer's view of an order is as recent as its recipient.
async fn query_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<Vec<Row>>> {
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    tx.query_many(
        "SELECT o.id, o.kind, o.state, o.reason, o.account, o.price, o.held, o.payment,
                 o.preimage, o.invoice, o.pay_by, o.to_address, o.text, o.service, o.country,
                 o.rented_ms, o.fulfilled_by, coalesce(m.recipient, r.state), o.referral,
                 o.created_at, o.paid_at,
                 CASE WHEN coalesce(r.updated_at, m.updated_at) > o.updated_at
                     THEN coalesce(r.updated_at, m.updated_at) ELSE o.updated_at END
             FROM all_orders o LEFT JOIN messages m ON m.id = o.fulfilled_by
             LEFT JOIN recipients r ON r.message = o.fulfilled_by AND r.idx = 0
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
