//! New activations, in the change that makes their order *working*.

use domain::activation::change::State;
use domain::activation::{CODE_WAIT, NumberRequest};
use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::ports::PortError;
use domain::time::Timestamp;

use super::row::{ActivationRow, select};
use crate::tx::{Result, Tx, params};

/// Begins the work on an order that is paid `now`: a worker is to call a supplier.
pub(crate) async fn begin(
    tx: &mut impl Tx,
    order: &OrderId,
    account: Option<AccountId>,
    wanted: &NumberRequest,
    price: Msat,
    now: Timestamp,
) -> Result<ActivationRow> {
    let loan = order.loan();
    let rented_ms = wanted.duration().and_then(|time| i64::try_from(time.as_millis()).ok());
    tx.execute(
        "INSERT INTO activations (order_id, loan, account, service, wanted_country, network,
             rented_ms, extends, price, state, paid_at, until, updated_at, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, ?11)",
        params![
            order,
            &loan,
            account,
            wanted.service.as_str(),
            wanted.country.map(|country| country.0),
            wanted.network.as_str(),
            rented_ms,
            wanted.extends().map(|rental| rental.0),
            price,
            State::paid(wanted.is_rental()).as_str(),
            now,
            now.after(CODE_WAIT),
        ],
    )
    .await?;
    let rows = tx.query(select!("WHERE order_id = ?1"), params![order]).await?;
    let stored = || PortError::Refused("the activation was not stored".to_owned());
    ActivationRow::read(rows.into_iter().next().ok_or_else(stored)?)
}
