//! Refunds as rows, and the sums that they keep.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{Charge, NewRefund, PortError, Refund, Refunded};
use domain::time::Timestamp;

use super::charged::Found;
use crate::tx::{Result, Row, Tx, params};

/// The id of the order or the message: of different lengths, so that they are never the same.
fn subject(of: &Charge) -> &[u8] {
    match of {
        Charge::Order(id) => id.as_bytes(),
        Charge::Message(id) | Charge::Recipient(id, _) => id.0.as_bytes(),
    }
}

/// What was given back so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Given {
    /// Of the last refund; nothing was given back before the first.
    pub(crate) number: u32,
    pub(crate) total: Msat,
    pub(crate) recipient_total: Msat,
}

impl Given {
    pub(crate) fn left(&self, found: &Found) -> Result<Msat> {
        let wrong = || PortError::Refused("more was given back than was charged".to_owned());
        let of_all = found.charged.checked_sub(self.total).ok_or_else(wrong)?;
        let Some(own) = found.own else { return Ok(of_all.max(Msat::ZERO)) };
        let of_own = own.checked_sub(self.recipient_total).ok_or_else(wrong)?;
        Ok(of_all.min(of_own).max(Msat::ZERO))
    }

    /// With one more.
    pub(crate) fn and(self, amount: Msat) -> Option<Self> {
        Some(Self {
            number: self.number.checked_add(1)?,
            total: self.total.checked_add(amount)?,
            recipient_total: self.recipient_total.checked_add(amount)?,
        })
    }
}

pub(crate) async fn given(tx: &mut impl Tx, of: Charge) -> Result<Given> {
    let rows = tx
        .query(
            "SELECT number, total FROM refunds WHERE subject = ?1 ORDER BY number DESC LIMIT 1",
            params![subject(&of)],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Given::default()) };
    let (number, total) = (row.get()?, row.get()?);
    let recipient_total = match of {
        Charge::Recipient(_, index) => given_to(tx, &of, index).await?,
        Charge::Order(_) | Charge::Message(_) => Msat::ZERO,
    };
    Ok(Given { number, total, recipient_total })
}

async fn given_to(tx: &mut impl Tx, of: &Charge, index: u32) -> Result<Msat> {
    let rows = tx
        .query(
            "SELECT recipient_total FROM refunds WHERE subject = ?1 AND idx = ?2
             ORDER BY number DESC LIMIT 1",
            params![subject(of), index],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(Msat::ZERO), |mut row| row.get())
}

pub(crate) async fn insert(
    tx: &mut impl Tx,
    new: &NewRefund,
    refund: &Refund,
    given: &Given,
) -> Result<()> {
    let by = refund.by.to_string();
    tx.execute(
        "INSERT INTO refunds (subject, number, id, idx, amount, total, recipient_total, account,
             refunded_by, note, key, request, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            subject(&new.of),
            refund.number,
            &refund.id[..],
            refund.recipient,
            refund.amount,
            given.total,
            refund.recipient.map(|_| given.recipient_total),
            refund.account,
            &by,
            &refund.note,
            &new.idempotency.key,
            &new.idempotency.request[..],
            refund.at,
        ],
    )
    .await
    .map(drop)
}

/// What an earlier request with this key did.
pub(crate) async fn by_key(tx: &mut impl Tx, new: &NewRefund) -> Result<Option<Refunded>> {
    let rows = tx
        .query(
            "SELECT request, id, number, idx, account, amount, note, refunded_by, at FROM refunds
             WHERE subject = ?1 AND key = ?2",
            params![subject(&new.of), &new.idempotency.key],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    if row.get::<Vec<u8>>()? != new.idempotency.request {
        return Ok(Some(Refunded::KeyReused));
    }
    read(row).map(Refunded::Repeat).map(Some)
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    of: Charge,
    after: u32,
    limit: u32,
) -> Result<Vec<Refund>> {
    let rows = match of {
        Charge::Order(_) | Charge::Message(_) => {
            tx.query(
                "SELECT id, number, idx, account, amount, note, refunded_by, at FROM refunds
                 WHERE subject = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                params![subject(&of), after, limit],
            )
            .await?
        }
        Charge::Recipient(_, index) => {
            tx.query(
                "SELECT id, number, idx, account, amount, note, refunded_by, at FROM refunds
                 WHERE subject = ?1 AND idx = ?2 AND number > ?3 ORDER BY number LIMIT ?4",
                params![subject(&of), index, after, limit],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<Refund> {
    let unreadable = |_| PortError::Refused("unreadable column: id".to_owned());
    let id: Vec<u8> = row.get()?;
    let (number, recipient) = (row.get()?, row.get()?);
    let (account, amount): (AccountId, Msat) = (row.get()?, row.get()?);
    let (note, by, at): (String, Actor, Timestamp) = (row.get()?, row.get()?, row.get()?);
    let id = id.try_into().map_err(unreadable)?;
    Ok(Refund { id, number, recipient, account, amount, note, by, at })
}
