//! Transfers and balances, kept consistent: a change that books a transfer changes both balances.
//! `check.rs` recomputes one from the other.

pub(crate) mod check;
mod phone_share;
mod referral;
mod refund;
pub(crate) mod refunds;
mod settlement;
mod spend;

use std::collections::BTreeMap;

use domain::account::Balance;
use domain::id::{AccountId, OrderId};
use domain::limits::CREDIT_GIVEN_MAX;
use domain::money::Msat;
use domain::ports::{Debited, Grant, Granted, PortError};
use domain::sale::change::Booking;
use domain::sale::ledger::{ChargeId, LedgerAccount, TransferEvent, TransferKind};
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};

pub(crate) use self::phone_share::PhoneShare;
pub(crate) use self::referral::{ReferralBooking, book_referrals};
pub(crate) use self::refund::refund;
pub(crate) use self::settlement::{
    SettlementChange, add_bulk_reservation, reserve_more, unsettled,
};
pub(crate) use self::spend::{book_spent, spend, spend_over_limit};
use crate::tx::{Result, Tx, params};

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

/// Manual credit.
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
    must_exist(tx, amount).await?;
    let customer = LedgerAccount::Customer(account).stored();
    let operator = LedgerAccount::Operator.stored();
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        params![&grant_id(&customer, now)[..], kind.as_str(), &operator, &customer, amount, now],
    )
    .await?;
    let mut changes = Changes::default();
    changes.post(&operator, &customer, amount)?;
    changes.store(tx).await
}

/// Manual credit with an id of its own; false when it was granted before.
pub(crate) async fn grant_by_id(tx: &mut impl Tx, grant: &Grant, now: Timestamp) -> Result<bool> {
    let customer = LedgerAccount::Customer(grant.account).stored();
    let operator = LedgerAccount::Operator.stored();
    let kind = TransferKind::Grant.as_str();
    let added = tx
        .execute(
            "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
                 decided_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6) ON CONFLICT (id, kind) DO NOTHING",
            params![&grant.id[..], kind, &operator, &customer, grant.amount, now],
        )
        .await?;
    if added == 0 {
        let same = tx
            .query(
                "SELECT 1 FROM transfers
                 WHERE id = ?1 AND kind = ?2 AND credit = ?3 AND amount = ?4",
                params![&grant.id[..], kind, &customer, grant.amount],
            )
            .await?;
        let other = || PortError::Conflict("other credit was given by this id".to_owned());
        return if same.is_empty() { Err(other()) } else { Ok(false) };
    }
    must_exist(tx, grant.amount).await?;
    let mut changes = Changes::default();
    changes.post(&operator, &customer, grant.amount)?;
    changes.store(tx).await?;
    Ok(true)
}

/// The operator's account is as far below zero as credit was given in all.
async fn must_exist(tx: &mut impl Tx, amount: Msat) -> Result<()> {
    let operator = LedgerAccount::Operator.stored();
    let rows =
        tx.query("SELECT balance FROM ledger_accounts WHERE name = ?1", params![&operator]).await?;
    let balance: Msat = rows.into_iter().next().map_or(Ok(Msat::ZERO), |mut row| row.get())?;
    let given = Msat::ZERO.checked_sub(balance).and_then(|given| given.checked_add(amount));
    match given {
        Some(given) if given <= CREDIT_GIVEN_MAX => Ok(()),
        _ => Err(PortError::Refused("there is not so much money".to_owned())),
    }
}

/// Takes back credit that may be spent. Test and change are one statement.
pub(crate) async fn debit(tx: &mut impl Tx, debit: &Grant, now: Timestamp) -> Result<Debited> {
    let customer = LedgerAccount::Customer(debit.account).stored();
    let operator = LedgerAccount::Operator.stored();
    let kind = TransferKind::Debit.as_str();
    let before = tx
        .query(
            "SELECT debit, amount FROM transfers WHERE id = ?1 AND kind = ?2",
            params![&debit.id[..], kind],
        )
        .await?;
    if let Some(mut row) = before.into_iter().next() {
        let same = row.get::<String>()? == customer && row.get::<Msat>()? == debit.amount;
        let other = || PortError::Conflict("other credit was taken by this id".to_owned());
        return if same { Ok(Debited::Repeat) } else { Err(other()) };
    }
    let taken = tx
        .execute(
            "UPDATE ledger_accounts SET balance = balance - ?2
             WHERE name = ?1 AND balance - reserved >= ?2",
            params![&customer, debit.amount],
        )
        .await?;
    if taken == 0 {
        let available = balance(tx, debit.account).await?.available;
        return Ok(Debited::Insufficient { available });
    }
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        params![&debit.id[..], kind, &customer, &operator, debit.amount, now],
    )
    .await?;
    let mut changes = Changes::default();
    changes.of(&operator).0 = debit.amount;
    changes.store(tx).await?;
    Ok(Debited::Done)
}

/// Credit given by operators, newest first.
pub(crate) async fn grants(
    tx: &mut impl Tx,
    account: AccountId,
    limit: u32,
) -> Result<Vec<Granted>> {
    let customer = LedgerAccount::Customer(account).stored();
    let rows = tx
        .query(
            "SELECT amount, created_at FROM transfers WHERE credit = ?1 AND kind = 'grant'
             ORDER BY created_at DESC LIMIT ?2",
            params![&customer, limit],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok(Granted { amount: row.get()?, at: row.get()? })).collect()
}

/// Has the form of an order's id of that time. An account gets one grant per moment.
fn grant_id(customer: &str, now: Timestamp) -> [u8; 32] {
    let millis = now.as_millis().to_be_bytes();
    let hash = digest(&SHA256, &[customer.as_bytes(), &millis].concat());
    let mut id = [0; 32];
    id[..6].copy_from_slice(&millis[2..]);
    id[6..].iter_mut().zip(hash.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    id
}

/// Why credit was not reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    Credit {
        available: Msat,
    },
    /// The credit suffices, but the account's daily limit does not.
    DailyLimit {
        left: Msat,
    },
}

/// Reserves credit; `Some` when that is refused, and nothing is stored. Test and change are one
/// statement, so that concurrent changes never spend the same credit or daily limit twice. If the
/// clock is behind, the later day that another clock began counts. The limit is a value in the
/// comparison, because a server does not evaluate a join again after it waited for a concurrent
/// change.
pub(crate) async fn reserve(
    tx: &mut impl Tx,
    account: AccountId,
    amount: Msat,
    now: Timestamp,
) -> Result<Option<Short>> {
    let customer = LedgerAccount::Customer(account).stored();
    let changed = tx
        .execute(
            "UPDATE ledger_accounts SET reserved = reserved + ?2,
                 spent = ?2 + CASE WHEN spent_on >= ?4 THEN spent ELSE 0 END,
                 spent_on = CASE WHEN spent_on >= ?4 THEN spent_on ELSE ?4 END
             WHERE name = ?1 AND balance - reserved >= ?2
                 AND (?2 = 0 OR ?2 + CASE WHEN spent_on >= ?4 THEN spent ELSE 0 END <= coalesce(
                     (SELECT s.spend_per_day FROM account_settings s WHERE s.account = ?3),
                     9223372036854775807))",
            params![&customer, amount, account, now.day()],
        )
        .await?;
    if changed > 0 {
        return Ok(None);
    }
    let rows = tx
        .query(
            "SELECT l.balance - l.reserved,
                 s.spend_per_day - CASE WHEN l.spent_on >= ?3 THEN l.spent ELSE 0 END
             FROM ledger_accounts l LEFT JOIN account_settings s ON s.account = ?2
             WHERE l.name = ?1",
            params![&customer, account, now.day()],
        )
        .await?;
    let (available, left): (Msat, Option<Msat>) = match rows.into_iter().next() {
        Some(mut row) => (row.get()?, row.get()?),
        None => (Msat::ZERO, None),
    };
    let left = left.filter(|left| available >= amount && *left < amount);
    Ok(Some(left.map_or(Short::Credit { available }, |left| Short::DailyLimit {
        left: left.max(Msat::ZERO),
    })))
}

/// Books the decisions of orders and of campaigns' recipients, and the shares of referrers and of phones'
/// owners, with one update per balance.
pub(crate) async fn book(
    tx: &mut impl Tx,
    bookings: &[(ChargeId, Booking)],
    settled: &[SettlementChange],
    shares: &[(OrderId, Msat)],
    of_owners: &[PhoneShare],
    now: Timestamp,
) -> Result<()> {
    let mut changes = Changes::default();
    post(tx, bookings, now, &mut changes).await?;
    let shares: Vec<_> = shares
        .iter()
        .map(|(order, amount)| (&order.as_bytes()[..], ReferralBooking::Accrued(*amount)))
        .collect();
    referral::post(tx, &shares, now, &mut changes).await?;
    phone_share::post(tx, of_owners, now, &mut changes).await?;
    decide(bookings, &mut changes)?;
    settlement::settle(tx, settled, now, &mut changes).await?;
    changes.store(tx).await
}

async fn post(
    tx: &mut impl Tx,
    bookings: &[(ChargeId, Booking)],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    let lightning = LedgerAccount::Lightning.stored();
    let mut posted = Vec::new();
    for (charge, booking) in bookings {
        if let Booking::Receive { credit, amount, kind } = *booking {
            changes.post(&lightning, &credit.stored(), amount)?;
            posted.push((charge, credit.stored(), amount, kind.as_str()));
        }
    }
    if posted.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = posted
        .iter()
        .map(|(charge, credit, amount, kind)| {
            params![*charge, *kind, &lightning, credit, *amount, now]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        &rows,
    )
    .await
    .map(drop)
}

/// The row of an order paid from credit is its transfer: its state, stored by the same change, says
/// whether the price is reserved, kept or given back.
fn decide(bookings: &[(ChargeId, Booking)], changes: &mut Changes) -> Result<()> {
    let revenue = LedgerAccount::Revenue.stored();
    for (_, booking) in bookings {
        if let Booking::Decide { event, payer, price } = *booking {
            let debit = LedgerAccount::Customer(payer).stored();
            changes.release(&debit, price)?;
            match event {
                TransferEvent::Post => changes.post(&debit, &revenue, price)?,
                TransferEvent::Void => {}
            }
        }
    }
    Ok(())
}

/// Changes of balance and reservation by account, in the order of their names, so that concurrent
/// changes do not deadlock.
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

pub(crate) fn too_much() -> PortError {
    PortError::Refused("the amount is too large".to_owned())
}
