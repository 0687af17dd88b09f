//! New orders to be paid over Lightning, within the caps.
//!
//! Counting stops at the cap, and reads the partial indices of open, held and unpaid orders only.

use std::time::Duration;

use domain::id::OrderId;
use domain::money::Msat;
use domain::ports::{NetworkCaps, OrderAdmission, OrderCaps, PortError};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState, Payment};
use domain::time::Timestamp;

use super::insert::{exists, insert_open};
use super::request_key::{self, Taken};
use crate::rows::account;
use crate::tx::{AdvisoryLock, Result, Tx, params};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn add(
    tx: &mut impl Tx,
    new: &NewOrder,
    caps: &OrderCaps,
    check_at: Timestamp,
) -> Result<OrderAdmission> {
    if matches!(new.payment, Payment::Credit) {
        return Err(refused("an order paid from credit comes with its message"));
    }
    if new.fulfilment == Fulfilment::Credit && new.account.is_none() {
        return Err(refused("credit is bought for an account"));
    }
    if new.price.is_negative() {
        return Err(refused("a price is not negative"));
    }
    if let Some(account) = new.account {
        account::must_exist(tx, account).await?;
    }
    tx.lock(AdvisoryLock::CountOrders).await?;
    if let Some(full) = find_full(tx, new, caps).await? {
        must_not_exist(tx, &new.id).await?;
        return Ok(full);
    }
    if let Some(idempotency) = &new.idempotency {
        match request_key::take(tx, &new.client, idempotency, &new.id, new.created_at).await? {
            Taken::New => {}
            Taken::Repeat(order) => return Ok(OrderAdmission::Repeat(order)),
            Taken::Reused => return Ok(OrderAdmission::KeyReused),
        }
    }
    if insert_open(tx, new, check_at).await? { Ok(OrderAdmission::Stored) } else { Err(exists()) }
}

/// The cap that is reached; the client's own one first, because the client can do something about
/// it.
async fn find_full(
    tx: &mut impl Tx,
    new: &NewOrder,
    caps: &OrderCaps,
) -> Result<Option<OrderAdmission>> {
    let (client, day_ago) = (&new.client, new.created_at.before(DAY));
    let counted = |cap: u64| i64::try_from(cap).unwrap_or(i64::MAX);
    let rows = tx
        .query(
            "SELECT
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE state = 'open' AND client = ?1 LIMIT ?2) a),
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL
                         AND client = ?1 LIMIT ?3) b),
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE state = 'open' LIMIT ?4) c),
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL
                         LIMIT ?5) d),
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE paid_at IS NULL AND client = ?1 AND created_at > ?6
                         LIMIT ?7) e),
                 (SELECT CAST(coalesce(sum(price), 0) AS BIGINT) FROM (
                     SELECT price FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL
                         AND client = ?1 AND kind <> 'fund' LIMIT ?3) f)
                 + (SELECT CAST(coalesce(sum(price), 0) AS BIGINT) FROM (
                     SELECT price FROM orders WHERE state = 'open' AND client = ?1
                         AND kind <> 'fund' LIMIT ?2) g),
                 (SELECT CAST(coalesce(sum(price), 0) AS BIGINT) FROM (
                     SELECT price FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL
                         AND kind <> 'fund' LIMIT ?5) h)",
            params![
                client,
                counted(caps.open_per_client_max),
                counted(caps.held_per_client_max),
                counted(caps.open_max),
                counted(caps.held_max),
                day_ago,
                counted(caps.unpaid_per_day_max),
            ],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let full = [
        (caps.open_per_client_max, OrderAdmission::TooManyOpenForClient),
        (caps.held_per_client_max, OrderAdmission::TooManyHeldForClient),
        (caps.open_max, OrderAdmission::TooManyOpen),
        (caps.held_max, OrderAdmission::TooManyHeld),
        (caps.unpaid_per_day_max, OrderAdmission::TooManyUnpaidForClient),
    ];
    let mut reached = None;
    for (cap, admission) in full {
        if row.get::<u64>()? >= cap {
            reached.get_or_insert(admission);
        }
    }
    let sums = [
        (caps.held_msat_per_client_max, OrderAdmission::TooManyHeldForClient),
        (caps.held_msat_max, OrderAdmission::TooManyHeld),
    ];
    for (cap, admission) in sums {
        let sum = row.get::<Msat>()?.checked_add(new.price);
        if new.fulfilment != Fulfilment::Credit && sum.is_none_or(|sum| sum > cap) {
            reached.get_or_insert(admission);
        }
    }
    if matches!(reached, None | Some(OrderAdmission::TooManyOpen | OrderAdmission::TooManyHeld)) {
        for network in &caps.networks {
            if let Some(full) = find_full_network(tx, network).await? {
                return Ok(Some(full));
            }
        }
    }
    Ok(reached)
}

async fn find_full_network(tx: &mut impl Tx, caps: &NetworkCaps) -> Result<Option<OrderAdmission>> {
    let counted = |cap: u64| i64::try_from(cap).unwrap_or(i64::MAX);
    // Names of clients are ASCII: this is above all that begin with the prefix.
    let end = format!("{}\u{7f}", caps.prefix);
    let rows = tx
        .query(
            "SELECT
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE state = 'open'
                         AND client >= ?1 AND client < ?2 LIMIT ?3) a),
                 (SELECT count(*) FROM (
                     SELECT 1 FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL
                         AND client >= ?1 AND client < ?2 LIMIT ?4) b)",
            params![
                caps.prefix.as_str(),
                end.as_str(),
                counted(caps.open_max),
                counted(caps.held_max)
            ],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    if row.get::<u64>()? >= caps.open_max {
        return Ok(Some(OrderAdmission::TooManyOpenForNetwork));
    }
    Ok((row.get::<u64>()? >= caps.held_max).then_some(OrderAdmission::TooManyHeldForNetwork))
}

async fn must_not_exist(tx: &mut impl Tx, order: &OrderId) -> Result<()> {
    let found = tx.query("SELECT 1 FROM orders WHERE id = ?1", params![order]).await?;
    if found.is_empty() { Ok(()) } else { Err(exists()) }
}

pub(crate) async fn attach_invoice(
    tx: &mut impl Tx,
    order: &OrderId,
    invoice: &str,
    pay_by: Timestamp,
    check_at: Timestamp,
) -> Result<()> {
    let attached = tx
        .execute(
            "UPDATE orders SET invoice = ?2, pay_by = ?3, check_at = ?4
             WHERE id = ?1 AND state = ?5 AND payment = 'lightning'",
            params![order, invoice, pay_by, check_at, OrderState::Open],
        )
        .await?;
    if attached == 0 {
        return Err(PortError::Conflict("the order is not open".to_owned()));
    }
    Ok(())
}

pub(crate) fn refused(why: &str) -> PortError {
    PortError::Refused(why.to_owned())
}
