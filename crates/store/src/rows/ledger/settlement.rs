//! Reservations of campaigns, posted and voided by share according to [`domain::sale::settlement`].
//! A lock on the message's row covers its transfer.

use domain::id::{AccountId, MessageId};
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::ledger::{LedgerAccount, TransferKind, TransferState};
use domain::sale::settlement::{Settlement, SettlementError};
use domain::time::Timestamp;

use super::{Changes, too_much};
use crate::tx::{Result, Tx, params};

/// The effect of a change on a campaign's reservation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SettlementChange {
    pub(crate) message: MessageId,
    pub(crate) payer: AccountId,
    pub(crate) before: Settlement,
    pub(crate) after: Settlement,
}

/// Posts and voids shares, with one update per campaign.
pub(crate) async fn settle(
    tx: &mut impl Tx,
    settled: &[SettlementChange],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    let (kind, revenue) = (TransferKind::CreditSale.as_str(), LedgerAccount::Revenue.stored());
    let mut updates = Vec::with_capacity(settled.len());
    for change in settled {
        let debit = LedgerAccount::Customer(change.payer).stored();
        let (posted, voided) = change.after.since(&change.before).map_err(unsettled)?;
        changes.release(&debit, posted.checked_add(voided).ok_or_else(too_much)?)?;
        changes.post(&debit, &revenue, posted)?;
        updates.push((change, change.after.state().map_err(unsettled)?, debit));
    }
    let rows: Vec<_> = updates
        .iter()
        .map(|(SettlementChange { message, before, after, .. }, state, debit)| {
            params![
                message,
                kind,
                debit,
                after.reserved,
                before.posted,
                before.voided,
                after.posted,
                after.voided,
                *state,
                (*state != TransferState::Pending).then_some(now),
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
    if changed.iter().any(|count| *count != 1) { Err(no_reservation()) } else { Ok(()) }
}

pub(crate) fn unsettled(error: SettlementError) -> PortError {
    PortError::Refused(error.to_string())
}

fn no_reservation() -> PortError {
    PortError::Refused("the campaign has no such reservation".to_owned())
}

/// Stores the credit that [`reserve`](super::reserve) reserved for a campaign.
pub(crate) async fn add_bulk_reservation(
    tx: &mut impl Tx,
    message: &MessageId,
    account: AccountId,
    amount: Msat,
    now: Timestamp,
) -> Result<()> {
    let kind = TransferKind::CreditSale.as_str();
    let debit = LedgerAccount::Customer(account).stored();
    let revenue = LedgerAccount::Revenue.stored();
    // A free campaign has nothing to settle.
    let settlement = Settlement { reserved: amount, ..Settlement::default() };
    let state = settlement.state().map_err(unsettled)?;
    let decided_at = (state != TransferState::Pending).then_some(now);
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, created_at, decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![message, kind, &debit, &revenue, amount, state, now, decided_at],
    )
    .await
    .map(drop)
}

/// Adds the credit that [`reserve`](super::reserve) reserved for a retry to a settled reservation,
/// which becomes pending again.
pub(crate) async fn reserve_more(
    tx: &mut impl Tx,
    message: &MessageId,
    before: Msat,
    more: Msat,
) -> Result<()> {
    if more == Msat::ZERO {
        return Ok(());
    }
    let kind = TransferKind::CreditSale.as_str();
    let amount = before.checked_add(more).ok_or_else(too_much)?;
    let changed = tx
        .execute(
            "UPDATE transfers SET amount = ?4, state = 'pending', decided_at = NULL
             WHERE id = ?1 AND kind = ?2 AND amount = ?3 AND posted + voided = ?3",
            params![message, kind, before, amount],
        )
        .await?;
    if changed == 1 { Ok(()) } else { Err(no_reservation()) }
}
