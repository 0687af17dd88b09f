//! New orders as rows.

use domain::id::{MessageId, PaymentHash};
use domain::ports::PortError;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState, Payment};
use domain::secret::Secret;
use domain::time::Timestamp;

use super::read::{PREIMAGE, WEBHOOK_SECRET};
use crate::tx::{Result, Tx, params};

/// A new order to store.
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

/// The purchase, as columns.
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

/// Stores the new ones; returns which orders were new.
pub(crate) async fn insert_many(tx: &mut impl Tx, new: &[NewOrderRow<'_>]) -> Result<Vec<bool>> {
    let made = new.iter().map(|row| make(tx, row.new)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = new
        .iter()
        .zip(&made)
        .map(|(row, made)| {
            let new = row.new;
            let webhook = new.webhook.as_ref();
            params![
                &new.id,
                new.fulfilment.kind(),
                new.door.as_str(),
                row.state,
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
                row.message.as_ref(),
                new.created_at,
                row.paid_at,
                row.check_at,
            ]
        })
        .collect();
    let added = tx
        .execute_many(
            "INSERT INTO orders (id, kind, door, state, account, price, payment, payment_hash,
                 preimage, invoice, pay_by, to_address, text, service, country, rented_ms,
                 webhook_url, webhook_secret, webhook_wants, referral, client, fulfilled_by,
                 created_at, paid_at, updated_at, check_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?23, ?25)
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
    let secret = seal_webhook_secret(tx, new)?;
    let (hash, bought) = (new.payment.hash(), Bought::of(&new.fulfilment));
    Ok(Made { hash, preimage, invoice, pay_by, bought, secret })
}

pub(crate) fn seal_webhook_secret(tx: &impl Tx, new: &NewOrder) -> Result<Option<Vec<u8>>> {
    let seal = |secret: &Secret| {
        tx.vault().seal(WEBHOOK_SECRET, new.id.as_bytes(), secret.expose().as_bytes())
    };
    new.webhook.as_ref().map(|webhook| seal(&webhook.secret)).transpose()
}

pub(crate) fn exists() -> PortError {
    PortError::Conflict("the order exists".to_owned())
}
