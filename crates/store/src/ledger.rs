//! Transfers and balances, kept together: whoever books a transfer changes both balances in the
//! same change. `check.rs` recomputes the one from the other.

use std::collections::BTreeMap;

use domain::account::{AccountId, Balance};
use domain::ledger::{LedgerAccount, TransferEvent, TransferKind, TransferState, next};
use domain::money::Msat;
use domain::order::OrderId;
use domain::ports::PortError;
use domain::time::Timestamp;

use crate::sql::{Result, Tx, params};

/// What an order's decision does to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Booking {
    /// Money that the node received, booked at once.
    Post { credit: LedgerAccount, amount: Msat, kind: TransferKind },
    /// The order's reservation is posted or voided.
    Decide(TransferEvent),
}

pub(crate) async fn add_customer(tx: &mut impl Tx, account: AccountId) -> Result<()> {
    let customer = LedgerAccount::Customer(account).stored();
    tx.execute(
        "INSERT INTO ledger_accounts (name, may_be_negative) VALUES (?1, 0)",
        params![&customer],
    )
    .await
    .map(drop)
}

pub(crate) async fn balance(tx: &mut impl Tx, account: AccountId) -> Result<Balance> {
    let customer = LedgerAccount::Customer(account).stored();
    let rows = tx
        .query(
            "SELECT balance - reserved, reserved FROM ledger_accounts WHERE name = ?1",
            params![&customer],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Balance::default()) };
    Ok(Balance { available: row.get()?, reserved: row.get()? })
}

/// Credit given by hand.
pub(crate) async fn grant(
    tx: &mut impl Tx,
    account: AccountId,
    amount: Msat,
    kind: TransferKind,
    now: Timestamp,
) -> Result<()> {
    if amount == Msat::ZERO {
        return Ok(());
    }
    let customer = LedgerAccount::Customer(account).stored();
    let operator = LedgerAccount::Operator.stored();
    tx.execute(
        "INSERT INTO transfers (debit, credit, amount, kind, state, created_at, decided_at)
         VALUES (?1, ?2, ?3, ?4, 'posted', ?5, ?5)",
        params![&operator, &customer, amount, kind.as_str(), now],
    )
    .await?;
    let mut changes = Changes::default();
    changes.post(&operator, &customer, amount)?;
    changes.store(tx).await
}

/// Sets credit aside for an order; `false` when there is not enough, and nothing is stored. The
/// test and the change are one statement, so that two orders never spend the same credit.
pub(crate) async fn reserve(tx: &mut impl Tx, account: AccountId, amount: Msat) -> Result<bool> {
    let customer = LedgerAccount::Customer(account).stored();
    let changed = tx
        .execute(
            "UPDATE ledger_accounts SET reserved = reserved + ?2
             WHERE name = ?1 AND balance - reserved >= ?2",
            params![&customer, amount],
        )
        .await?;
    Ok(changed > 0)
}

/// The transfer of a reservation that [`reserve`] made, once its order is stored.
pub(crate) async fn add_reservation(
    tx: &mut impl Tx,
    account: AccountId,
    amount: Msat,
    order: &OrderId,
    now: Timestamp,
) -> Result<()> {
    let customer = LedgerAccount::Customer(account).stored();
    let revenue = LedgerAccount::Revenue.stored();
    let kind = TransferKind::CreditSale.as_str();
    tx.execute(
        "INSERT INTO transfers (debit, credit, amount, kind, state, order_id, created_at)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6)",
        params![&customer, &revenue, amount, kind, order, now],
    )
    .await
    .map(drop)
}

/// Books what orders decided, with one change of each balance.
pub(crate) async fn book(
    tx: &mut impl Tx,
    bookings: &[(OrderId, Booking)],
    now: Timestamp,
) -> Result<()> {
    let mut changes = Changes::default();
    post(tx, bookings, now, &mut changes).await?;
    decide(tx, bookings, now, &mut changes).await?;
    changes.store(tx).await
}

async fn post(
    tx: &mut impl Tx,
    bookings: &[(OrderId, Booking)],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    let lightning = LedgerAccount::Lightning.stored();
    let mut posted = Vec::new();
    for (order, booking) in bookings {
        if let Booking::Post { credit, amount, kind } = *booking {
            changes.post(&lightning, &credit.stored(), amount)?;
            posted.push((order, credit.stored(), amount, kind.as_str()));
        }
    }
    if posted.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = posted
        .iter()
        .map(|(order, credit, amount, kind)| {
            params![&lightning, credit, *amount, *kind, *order, now]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO transfers (debit, credit, amount, kind, state, order_id, created_at, decided_at)
         VALUES (?1, ?2, ?3, ?4, 'posted', ?5, ?6, ?6)",
        &rows,
    )
    .await
    .map(drop)
}

async fn decide(
    tx: &mut impl Tx,
    bookings: &[(OrderId, Booking)],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    let decisions: Vec<_> = bookings
        .iter()
        .filter_map(|(order, booking)| match booking {
            Booking::Decide(event) => Some((order, *event)),
            Booking::Post { .. } => None,
        })
        .collect();
    if decisions.is_empty() {
        return Ok(());
    }
    let kind = TransferKind::CreditSale.as_str();
    let orders: Vec<_> = decisions.iter().map(|(order, _)| params![*order, kind]).collect();
    let found = tx
        .query_many(
            "SELECT id, debit, credit, amount, state FROM transfers
             WHERE order_id = ?1 AND kind = ?2",
            &orders,
        )
        .await?;
    let mut updates = Vec::with_capacity(found.len());
    for (rows, (_, event)) in found.into_iter().zip(&decisions) {
        let none = || PortError::Refused("an order paid from credit has no reservation".to_owned());
        let mut row = rows.into_iter().next().ok_or_else(none)?;
        let (id, debit, credit, amount): (i64, String, String, Msat) =
            (row.get()?, row.get()?, row.get()?, row.get()?);
        let twice = |_| PortError::Refused("a reservation is decided once".to_owned());
        let state = next(row.get::<TransferState>()?, *event).map_err(twice)?;
        changes.release(&debit, amount)?;
        if state == TransferState::Posted {
            changes.post(&debit, &credit, amount)?;
        }
        updates.push(params![id, state, now]);
    }
    tx.execute_many(
        "UPDATE transfers SET state = ?2, decided_at = ?3 WHERE id = ?1 AND state = 'pending'",
        &updates,
    )
    .await
    .map(drop)
}

/// Changes of balance and reservation by account, in the order of their names: two changes at once
/// never wait for each other crosswise.
#[derive(Default)]
struct Changes(BTreeMap<String, (Msat, Msat)>);

impl Changes {
    fn post(&mut self, debit: &str, credit: &str, amount: Msat) -> Result<()> {
        let (balance, _) = self.of(debit);
        *balance = balance.checked_sub(amount).ok_or_else(too_much)?;
        let (balance, _) = self.of(credit);
        *balance = balance.checked_add(amount).ok_or_else(too_much)?;
        Ok(())
    }

    fn release(&mut self, debit: &str, amount: Msat) -> Result<()> {
        let (_, reserved) = self.of(debit);
        *reserved = reserved.checked_sub(amount).ok_or_else(too_much)?;
        Ok(())
    }

    fn of(&mut self, account: &str) -> &mut (Msat, Msat) {
        self.0.entry(account.to_owned()).or_default()
    }

    async fn store(&self, tx: &mut impl Tx) -> Result<()> {
        let rows: Vec<_> = self
            .0
            .iter()
            .map(|(name, (balance, reserved))| params![name, *balance, *reserved])
            .collect();
        let changed = tx
            .execute_many(
                "UPDATE ledger_accounts SET balance = balance + ?2, reserved = reserved + ?3
                 WHERE name = ?1",
                &rows,
            )
            .await?;
        if changed.contains(&0) {
            return Err(PortError::Refused("a ledger account is missing".to_owned()));
        }
        Ok(())
    }
}

fn too_much() -> PortError {
    PortError::Refused("the amount is too large".to_owned())
}
