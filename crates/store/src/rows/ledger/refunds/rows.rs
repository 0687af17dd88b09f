//! Refunds as rows, with running totals.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{NewRefund, PortError, Refund, Refunded};
use domain::time::Timestamp;

use super::charged::{Found, Subject};
use crate::tx::{Result, Row, Tx, params};

/// The refunds so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Given {
    /// Number of the last refund; 0 before the first.
    pub(super) number: u32,
    pub(super) total: Msat,
    pub(super) recipient_total: Msat,
}

impl Given {
    pub(super) fn left(&self, found: &Found) -> Result<Msat> {
        let wrong = || PortError::Refused("more was given back than was charged".to_owned());
        let of_all = found.charged.checked_sub(self.total).ok_or_else(wrong)?;
        let Some(own) = found.own else { return Ok(of_all.max(Msat::ZERO)) };
        let of_own = own.checked_sub(self.recipient_total).ok_or_else(wrong)?;
        Ok(of_all.min(of_own).max(Msat::ZERO))
    }

    /// The total with one more refund.
    pub(super) fn and(self, amount: Msat) -> Option<Self> {
        Some(Self {
            number: self.number.checked_add(1)?,
            total: self.total.checked_add(amount)?,
            recipient_total: self.recipient_total.checked_add(amount)?,
        })
    }
}

pub(super) async fn given(tx: &mut impl Tx, of: &Subject) -> Result<Given> {
    let rows = tx
        .query(
            "SELECT number, total FROM refunds WHERE subject = ?1 ORDER BY number DESC LIMIT 1",
            params![&of.charge],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Given::default()) };
    let (number, total) = (row.get()?, row.get()?);
    let recipient_total = match of.recipient {
        Some(index) => given_to(tx, of, index).await?,
        None => Msat::ZERO,
    };
    Ok(Given { number, total, recipient_total })
}

async fn given_to(tx: &mut impl Tx, of: &Subject, index: u32) -> Result<Msat> {
    let rows = tx
        .query(
            "SELECT recipient_total FROM refunds WHERE subject = ?1 AND idx = ?2
             ORDER BY number DESC LIMIT 1",
            params![&of.charge, index],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(Msat::ZERO), |mut row| row.get())
}

pub(super) async fn insert(
    tx: &mut impl Tx,
    of: &Subject,
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
            &of.charge,
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

/// The result of an earlier request with this key.
pub(super) async fn by_key(
    tx: &mut impl Tx,
    of: &Subject,
    new: &NewRefund,
) -> Result<Option<Refunded>> {
    let rows = tx
        .query(
            "SELECT request, id, number, idx, account, amount, note, refunded_by, at FROM refunds
             WHERE subject = ?1 AND key = ?2",
            params![&of.charge, &new.idempotency.key],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    if row.get::<Vec<u8>>()? != new.idempotency.request {
        return Ok(Some(Refunded::KeyReused));
    }
    read(row).map(Refunded::Repeat).map(Some)
}

pub(super) async fn list(
    tx: &mut impl Tx,
    of: &Subject,
    after: u32,
    limit: u32,
) -> Result<Vec<Refund>> {
    let rows = match of.recipient {
        None => {
            tx.query(
                "SELECT id, number, idx, account, amount, note, refunded_by, at FROM refunds
                 WHERE subject = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                params![&of.charge, after, limit],
            )
            .await?
        }
        Some(index) => {
            tx.query(
                "SELECT id, number, idx, account, amount, note, refunded_by, at FROM refunds
                 WHERE subject = ?1 AND idx = ?2 AND number > ?3 ORDER BY number LIMIT ?4",
                params![&of.charge, index, after, limit],
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
