//! Orders as rows: written once, read back as the domain's [`Order`].

use domain::account::AccountId;
use domain::message::Address;
use domain::order::{NewOrder, Order, OrderId, Payment, Purchase};
use domain::ports::PortError;
use domain::secret::Preimage;
use domain::text::Text;
use domain::time::Timestamp;

use super::change::StoredOrder;
use crate::sql::{Result, Row, Tx, params};

/// Sealed columns, as the vault knows them.
pub(crate) const WEBHOOK_SECRET: &str = "orders.webhook_secret";
const PREIMAGE: &str = "orders.preimage";

const LIGHTNING: &str = "lightning";
const CREDIT: &str = "credit";

/// Stores a new order in the state that `stored` is in.
pub(super) async fn insert(tx: &mut impl Tx, new: &NewOrder, stored: &StoredOrder) -> Result<()> {
    let id = new.id.as_bytes();
    let (payment, preimage, invoice, pay_by) = match &new.payment {
        Payment::Lightning { preimage, invoice, pay_by } => {
            let sealed = tx.vault().seal(PREIMAGE, id, preimage.expose())?;
            (LIGHTNING, Some(sealed), invoice.as_deref(), Some(*pay_by))
        }
        Payment::Credit => (CREDIT, None, None, None),
    };
    let (to, text) = match &new.purchase {
        Purchase::Send { to, text } => (Some(to.stored()), Some(text.as_str())),
        Purchase::Fund => (None, None),
    };
    let webhook = new.webhook.as_ref();
    let secret = webhook
        .map(|webhook| tx.vault().seal(WEBHOOK_SECRET, id, webhook.secret.expose().as_bytes()))
        .transpose()?;
    let order = &stored.order;
    let added = tx
        .execute(
            "INSERT INTO orders (id, kind, state, account, price, payment, preimage, invoice,
                 pay_by, to_address, text, webhook_url, webhook_secret, referral, client,
                 message, created_at, paid_at, updated_at, check_at, events)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21)
             ON CONFLICT (id) DO NOTHING",
            params![
                &new.id,
                new.kind,
                order.state,
                new.account,
                new.price,
                payment,
                preimage.as_ref(),
                invoice,
                pay_by,
                to.as_ref(),
                text,
                webhook.map(|webhook| &webhook.url),
                secret.as_ref(),
                new.referral.as_ref(),
                &new.client,
                order.message.as_ref(),
                new.created_at,
                order.paid_at,
                order.updated_at,
                stored.check_at,
                stored.events,
            ],
        )
        .await?;
    if added == 0 {
        return Err(exists());
    }
    Ok(())
}

pub(super) fn exists() -> PortError {
    PortError::Conflict("the order exists".to_owned())
}

pub(crate) async fn find(tx: &mut impl Tx, id: &OrderId) -> Result<Option<Order>> {
    Ok(find_stored(tx, id).await?.map(|stored| stored.order))
}

pub(super) async fn find_stored(tx: &mut impl Tx, id: &OrderId) -> Result<Option<StoredOrder>> {
    Ok(find_many(tx, std::slice::from_ref(id)).await?.pop())
}

/// Those that exist, in the order asked for.
pub(crate) async fn find_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<StoredOrder>> {
    let found = query_many(tx, ids).await?;
    found.into_iter().flatten().map(|row| read(tx, row)).collect()
}

/// Those that can be read, and the ids of those that cannot: one bad row must not stop the others.
pub(super) async fn find_readable(
    tx: &mut impl Tx,
    ids: &[OrderId],
) -> Result<(Vec<StoredOrder>, Vec<OrderId>)> {
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

async fn query_many(tx: &mut impl Tx, ids: &[OrderId]) -> Result<Vec<Vec<Row>>> {
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    tx.query_many(
        "SELECT o.id, o.kind, o.state, o.reason, o.account, o.price, o.held, o.payment,
                 o.preimage, o.invoice, o.pay_by, o.to_address, o.text, o.referral, o.message,
                 r.state, o.created_at, o.paid_at, o.updated_at, o.deadline_height, o.check_at,
                 o.webhook_url, o.events
             FROM orders o LEFT JOIN recipients r ON r.message = o.message AND r.idx = 0
             WHERE o.id = ?1",
        &ids,
    )
    .await
}

fn read(tx: &impl Tx, mut row: Row) -> Result<StoredOrder> {
    let row = &mut row;
    let id: OrderId = row.get()?;
    let (kind, state, reason, account) = (row.get()?, row.get()?, row.get()?, row.get()?);
    let (price, held) = (row.get()?, row.get()?);
    let payment = read_payment(tx, &id, row)?;
    let purchase = read_purchase(row)?;
    let order = Order {
        id,
        kind,
        state,
        reason,
        account,
        price,
        held,
        payment,
        purchase,
        referral: row.get()?,
        message: row.get()?,
        recipient: row.get()?,
        created_at: row.get()?,
        paid_at: row.get()?,
        updated_at: row.get()?,
    };
    let (deadline_height, check_at) = (row.get()?, row.get()?);
    let has_webhook = row.get::<Option<String>>()?.is_some();
    Ok(StoredOrder::read(order, deadline_height, check_at, has_webhook, row.get()?))
}

fn read_payment(tx: &impl Tx, id: &OrderId, row: &mut Row) -> Result<Payment> {
    let unreadable = || PortError::Refused("unreadable column: payment".to_owned());
    let word: String = row.get()?;
    let sealed: Option<Vec<u8>> = row.get()?;
    let (invoice, pay_by): (Option<String>, Option<Timestamp>) = (row.get()?, row.get()?);
    match (word.as_str(), sealed, pay_by) {
        (CREDIT, None, None) => Ok(Payment::Credit),
        (LIGHTNING, Some(sealed), Some(pay_by)) => {
            let opened = tx.vault().open(PREIMAGE, id.as_bytes(), &sealed)?;
            let bytes = opened.as_slice().try_into().map_err(|_| unreadable())?;
            Ok(Payment::Lightning { preimage: Preimage::new(bytes), invoice, pay_by })
        }
        _ => Err(unreadable()),
    }
}

fn read_purchase(row: &mut Row) -> Result<Purchase> {
    match (row.get::<Option<Address>>()?, row.get::<Option<String>>()?) {
        (Some(to), Some(text)) => Ok(Purchase::Send { to, text: Text::new(text) }),
        (None, None) => Ok(Purchase::Fund),
        _ => Err(PortError::Refused("unreadable column: text".to_owned())),
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
    Ok(find_many(tx, &ids).await?.into_iter().map(|stored| stored.order).collect())
}
