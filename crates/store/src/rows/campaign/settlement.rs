//! What becomes of a message's money and counters as its recipients become final.

use std::collections::BTreeMap;

use domain::id::{AccountId, MessageId};
use domain::message::campaign::RefundPolicy;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::PortError;
use domain::time::Timestamp;

use crate::rows::ledger::{Share, Shares, too_much};
use crate::rows::queue::requeue::is_missed;
use crate::tx::{Result, Row, Tx, params};

/// The row of a message to many. Whoever has the message's row locked has this one too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bulk {
    pub(crate) account: AccountId,
    pub(crate) paused: bool,
    pub(crate) retries: u32,
    pub(crate) price: Msat,
    /// Of those who failed, expired or timed out.
    pub(crate) missed: Msat,
    refunds: RefundPolicy,
    before: Shares,
    after: Shares,
    failed: i64,
    invalid: i64,
    blocked: i64,
    expired: i64,
    timeout: i64,
    ended_at: Option<Timestamp>,
}

/// Of these messages those that are to many.
pub(crate) async fn load(tx: &mut impl Tx, ids: &[MessageId]) -> Result<BTreeMap<MessageId, Bulk>> {
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT account, paused, retries, price, missed, refunds, charged, refunded, failed, invalid,
                 blocked, expired, timeout, ended_at
             FROM bulk_messages WHERE message = ?1",
            &rows,
        )
        .await?;
    let mut loaded = BTreeMap::new();
    for (id, rows) in ids.iter().zip(found) {
        for row in rows {
            loaded.insert(*id, Bulk::read(row)?);
        }
    }
    Ok(loaded)
}

impl Bulk {
    fn read(mut row: Row) -> Result<Self> {
        let (account, paused, retries) = (row.get()?, row.get::<i64>()? != 0, row.get()?);
        let (price, missed, refunds): (_, _, String) = (row.get()?, row.get()?, row.get()?);
        let unreadable = |_| PortError::Refused("unreadable column: refunds".to_owned());
        let refunds = refunds.parse().map_err(unreadable)?;
        let shares = Shares { posted: row.get()?, voided: row.get()? };
        let (failed, invalid, blocked) = (row.get()?, row.get()?, row.get()?);
        let (expired, timeout, ended_at) = (row.get()?, row.get()?, row.get()?);
        let (before, after) = (shares, shares);
        Ok(Self {
            account,
            paused,
            retries,
            price,
            missed,
            refunds,
            before,
            after,
            failed,
            invalid,
            blocked,
            expired,
            timeout,
            ended_at,
        })
    }

    /// Whether it matters if a carrier had what becomes final.
    pub(crate) const fn keeps_what_was_taken(&self) -> bool {
        matches!(self.refunds, RefundPolicy::Unsent)
    }

    /// A recipient of this price changed from one state to another.
    pub(crate) fn moved(
        &mut self,
        from: RecipientState,
        to: RecipientState,
        price: Msat,
    ) -> Result<()> {
        let counter = match to {
            RecipientState::Failed => Some(&mut self.failed),
            RecipientState::Invalid => Some(&mut self.invalid),
            RecipientState::Blocked => Some(&mut self.blocked),
            RecipientState::Expired => Some(&mut self.expired),
            RecipientState::Timeout => Some(&mut self.timeout),
            RecipientState::Pending | RecipientState::Submitted | RecipientState::Success => None,
        };
        if let Some(counter) = counter {
            *counter += 1;
        }
        if is_missed(to) {
            self.missed = self.missed.checked_add(price).ok_or_else(too_much)?;
        }
        if to.is_final() {
            let shares = &mut self.after;
            let share =
                if self.refunds.keeps(from, to) { &mut shares.posted } else { &mut shares.voided };
            *share = share.checked_add(price).ok_or_else(too_much)?;
        }
        Ok(())
    }

    /// How many another try is for.
    pub(crate) fn missed_recipients(&self) -> Result<u32> {
        u32::try_from(self.failed + self.expired + self.timeout).map_err(|_| too_much())
    }

    /// Nothing of it was sent: all that is reserved goes back.
    pub(crate) fn give_all_back(&mut self) -> Result<Msat> {
        let voided = self.price.checked_sub(self.after.posted).ok_or_else(too_much)?;
        let refunded = voided.checked_sub(self.after.voided).ok_or_else(too_much)?;
        self.after.voided = voided;
        Ok(refunded)
    }

    pub(crate) const fn end(&mut self, now: Timestamp) {
        self.ended_at = Some(now);
    }

    /// What this does to its reservation, if anything.
    pub(crate) fn share<'a>(&self, message: &'a MessageId) -> Option<Share<'a>> {
        let Self { account, price: amount, before, after, .. } = *self;
        (before != after).then_some(Share { message, payer: account, amount, before, after })
    }
}

pub(crate) async fn store(
    tx: &mut impl Tx,
    changed: impl Iterator<Item = (&MessageId, &Bulk)>,
) -> Result<()> {
    let rows: Vec<_> = changed
        .map(|(id, bulk)| {
            let Shares { posted, voided } = bulk.after;
            let Bulk { failed, invalid, blocked, expired, timeout, .. } = *bulk;
            let (missed, ended_at) = (bulk.missed, bulk.ended_at);
            params![
                id, posted, voided, failed, invalid, blocked, expired, timeout, ended_at, missed
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_many(
        "UPDATE bulk_messages SET charged = ?2, refunded = ?3, failed = ?4, invalid = ?5,
             blocked = ?6, expired = ?7, timeout = ?8, ended_at = ?9, missed = ?10
         WHERE message = ?1",
        &rows,
    )
    .await
    .map(drop)
}
