//! New orders that have a row of their own.

use domain::id::PaymentHash;
use domain::ports::PortError;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState, Payment};
use domain::secret::Secret;
use domain::time::Timestamp;

use super::read::{PREIMAGE, WEBHOOK_SECRET};
use crate::tx::{Result, Tx, params};

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
    network: Option<&'a str>,
    extends: Option<i64>,
}

impl<'a> Bought<'a> {
    fn of(fulfilment: &'a Fulfilment) -> Self {
        match fulfilment {
            Fulfilment::Message { to, text, .. } => {
                Self { to: Some(to.stored()), text: Some(text.as_str()), ..Self::default() }
            }
            Fulfilment::Activation { wanted, .. } => Self {
                service: Some(wanted.service.as_str()),
                country: wanted.country.map(|country| country.0),
                rented_ms: wanted.duration().and_then(|time| i64::try_from(time.as_millis()).ok()),
                network: Some(wanted.network.as_str()),
                extends: wanted.extends().map(|rental| rental.0),
                ..Self::default()
            },
            Fulfilment::Credit => Self::default(),
        }
    }
}

/// Stores an open order; false if it exists.
pub(crate) async fn insert_open(
    tx: &mut impl Tx,
    new: &NewOrder,
    check_at: Timestamp,
) -> Result<bool> {
    insert(tx, new, OrderState::Open, None, Some(check_at)).await
}

/// Stores an order that is paid from credit, and has a row of its own.
pub(crate) async fn insert_paid(
    tx: &mut impl Tx,
    new: &NewOrder,
    state: OrderState,
) -> Result<bool> {
    insert(tx, new, state, Some(new.created_at), None).await
}

async fn insert(
    tx: &mut impl Tx,
    new: &NewOrder,
    state: OrderState,
    paid_at: Option<Timestamp>,
    check_at: Option<Timestamp>,
) -> Result<bool> {
    let made = make(tx, new)?;
    let webhook = new.webhook.as_ref();
    let row = params![
        &new.id,
        new.fulfilment.kind(),
        new.door.as_str(),
        state,
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
        new.created_at,
        check_at,
        made.bought.network,
        made.bought.extends,
        paid_at,
    ];
    let added = tx
        .execute(
            "INSERT INTO orders (id, kind, door, state, account, price, payment, payment_hash,
                 preimage, invoice, pay_by, to_address, text, service, country, rented_ms,
                 webhook_url, webhook_secret, webhook_wants, referral, client, created_at,
                 updated_at, check_at, network, extends, paid_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21, ?22, ?22, ?23, ?24, ?25, ?26)
             ON CONFLICT (id) DO NOTHING",
            row,
        )
        .await?;
    Ok(added > 0)
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
