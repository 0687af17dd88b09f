//! Reads orders as the domain's [`Order`].

use std::time::Duration;

use domain::activation::{CountryCode, Network, NumberRequest, RentalTerm};
use domain::id::{AccountId, ActivationId, MessageId, OrderId, PaymentHash};
use domain::message::Address;
use domain::ports::PortError;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{Order, OrderKind, Payment, PaymentMethod};
use domain::secret::Preimage;
use domain::text::Text;
use domain::time::Timestamp;

use crate::rows::activation;
use crate::tx::{Result, Row, Tx, params};

/// Sealed columns, as named in the vault.
pub(crate) const WEBHOOK_SECRET: &str = "orders.webhook_secret";
pub(super) const PREIMAGE: &str = "orders.preimage";

/// Orders that exist, in the order of the ids.
pub(crate) async fn find_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<Order>> {
    let rows = query_many(tx, ids).await?.into_iter().flatten();
    let mut orders = rows.map(|row| read(tx, row)).collect::<Result<Vec<_>>>()?;
    load_activations(tx, &mut orders).await?;
    Ok(orders)
}

/// The buyer's view of an order for a number is as recent as its activation.
async fn load_activations(tx: &mut impl Tx, orders: &mut [Order]) -> Result<()> {
    let lends = |order: &&mut Order| {
        order.paid_at.is_some() && matches!(order.fulfilment, Fulfilment::Activation { .. })
    };
    let mut lending: Vec<_> = orders.iter_mut().filter(lends).collect();
    if lending.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = lending.iter().map(|order| order.id).collect();
    let found = activation::find_of_orders(tx, &ids).await?;
    for (order, found) in lending.iter_mut().zip(found) {
        let Some(found) = found else { continue };
        order.updated_at = order.updated_at.max(found.updated_at);
        if let Fulfilment::Activation { activation, .. } = &mut order.fulfilment {
            *activation = Some(found.view());
        }
    }
    Ok(())
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
                 o.rented_ms, o.network, o.extends, o.fulfilled_by, coalesce(m.recipient, r.state), o.referral,
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
    let rented = row.get::<Option<u64>>()?.map(Duration::from_millis);
    let network: Option<Network> = row.get()?;
    let extends = row.get::<Option<i64>>()?.map(ActivationId);
    let (message, recipient): (Option<MessageId>, _) = (row.get()?, row.get()?);
    match kind {
        OrderKind::Send | OrderKind::Email => Ok(Fulfilment::Message {
            to: to.ok_or_else(|| unreadable("to_address"))?,
            text: Text::new(text.ok_or_else(|| unreadable("text"))?),
            message,
            recipient,
        }),
        OrderKind::Receive | OrderKind::Rent => {
            let rental = rented.map(|duration| RentalTerm { duration, extends });
            if rental.is_none() && kind == OrderKind::Rent {
                return Err(unreadable("rented_ms"));
            }
            let (service, network) = (service?, network.unwrap_or_default());
            Ok(Fulfilment::number(NumberRequest { service, country, network, rental }))
        }
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
