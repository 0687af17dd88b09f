//! Reservations of messages to many, posted and voided share by share. Whoever has the message's row
//! locked has its transfer too.

use std::cmp::Ordering;

use domain::id::{AccountId, MessageId};
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::ledger::{LedgerAccount, TransferEvent, TransferKind, TransferState, next};
use domain::time::Timestamp;

use super::{Changes, too_much};
use crate::tx::{Result, Tx, params};

/// Sums of a reservation: what was kept of it, and what was given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    pub(crate) posted: Msat,
    pub(crate) voided: Msat,
}

/// What a change does to the reservation of a message to many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share<'a> {
    pub(crate) message: &'a MessageId,
    pub(crate) payer: AccountId,
    /// In all.
    pub(crate) amount: Msat,
    pub(crate) before: Shares,
    pub(crate) after: Shares,
}

impl Share<'_> {
    /// Pending until nothing is left of it.
    fn state(&self) -> Result<TransferState> {
        let Shares { posted, voided } = self.after;
        let decided = posted.checked_add(voided).ok_or_else(too_much)?;
        let event = match decided.cmp(&self.amount) {
            Ordering::Less => return Ok(TransferState::Pending),
            Ordering::Equal if posted > Msat::ZERO => TransferEvent::Post,
            Ordering::Equal => TransferEvent::Void,
            Ordering::Greater => return Err(undivided()),
        };
        next(TransferState::Pending, event).map_err(|_| undivided())
    }
}

/// Posts and voids shares, with one change of each message's transfer.
pub(crate) async fn divide(
    tx: &mut impl Tx,
    shares: &[Share<'_>],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    if shares.is_empty() {
        return Ok(());
    }
    let (kind, revenue) = (TransferKind::BulkSale.as_str(), LedgerAccount::Revenue.stored());
    let mut divided = Vec::with_capacity(shares.len());
    for share in shares {
        let debit = LedgerAccount::Customer(share.payer).stored();
        let since = |after: Msat, before| after.checked_sub(before).ok_or_else(too_much);
        let posted = since(share.after.posted, share.before.posted)?;
        let voided = since(share.after.voided, share.before.voided)?;
        changes.release(&debit, posted.checked_add(voided).ok_or_else(too_much)?)?;
        changes.post(&debit, &revenue, posted)?;
        divided.push((share, share.state()?, debit));
    }
    let rows: Vec<_> = divided
        .iter()
        .map(|(share, state, debit)| {
            let Share { message, amount, before, after, .. } = *share;
            let decided_at = (*state != TransferState::Pending).then_some(now);
            params![
                *message,
                kind,
                debit,
                *amount,
                before.posted,
                before.voided,
                after.posted,
                after.voided,
                *state,
                decided_at,
            ]
        })
        .collect();
    let changed = tx
        .execute_many(
            "UPDATE transfers SET posted = ?7, voided = ?8, state = ?9, decided_at = ?10
             WHERE id = ?1 AND kind = ?2 AND state = 'pending' AND debit = ?3 AND amount = ?4
                 AND posted = ?5 AND voided = ?6",
            &rows,
        )
        .await?;
    if changed.iter().any(|count| *count != 1) { Err(undivided()) } else { Ok(()) }
}

fn undivided() -> PortError {
    PortError::Refused("a message to many has no such reservation".to_owned())
}

/// Keeps what [`reserve`] set aside for a message to many.
pub(crate) async fn add_bulk_reservation(
    tx: &mut impl Tx,
    message: &MessageId,
    account: AccountId,
    amount: Msat,
    now: Timestamp,
) -> Result<()> {
    let (kind, debit) =
        (TransferKind::BulkSale.as_str(), LedgerAccount::Customer(account).stored());
    let revenue = LedgerAccount::Revenue.stored();
    // Of nothing, nothing is left.
    let nothing = amount == Msat::ZERO;
    let state = if nothing { TransferState::Voided } else { TransferState::Pending };
    let decided_at = nothing.then_some(now);
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, created_at, decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![message, kind, &debit, &revenue, amount, state, now, decided_at],
    )
    .await
    .map(drop)
}

/// Adds to a reservation of which nothing is left what [`reserve`] set aside: it is pending again.
pub(crate) async fn reserve_more(
    tx: &mut impl Tx,
    message: &MessageId,
    before: Msat,
    more: Msat,
) -> Result<()> {
    if more == Msat::ZERO {
        return Ok(());
    }
    let kind = TransferKind::BulkSale.as_str();
    let amount = before.checked_add(more).ok_or_else(too_much)?;
    let changed = tx
        .execute(
            "UPDATE transfers SET amount = ?4, state = 'pending', decided_at = NULL
             WHERE id = ?1 AND kind = ?2 AND amount = ?3 AND posted + voided = ?3",
            params![message, kind, before, amount],
        )
        .await?;
    if changed == 1 { Ok(()) } else { Err(undivided()) }
}
