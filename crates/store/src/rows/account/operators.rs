//! Operators, and credit that they grant.

use domain::account::KeyHash;
use domain::account::operator::{Action, Actor, NewOperator, Operator};
use domain::id::OperatorId;
use domain::ports::{Debited, Grant, PortError};
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::{account, ledger};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn add(
    tx: &mut impl Tx,
    new: &NewOperator,
    by: Actor,
    now: Timestamp,
) -> Result<Operator> {
    if !(1..=Operator::NAME_CHARS_MAX).contains(&new.name.chars().count()) {
        return Err(PortError::Refused("an operator's name has 1 to 64 characters".to_owned()));
    }
    let added = tx
        .query(
            "INSERT INTO operators (name, hash, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING RETURNING id",
            params![&new.name, &new.hash.0[..], now],
        )
        .await?;
    let taken = || PortError::Conflict("there is an operator of this name".to_owned());
    let id: i64 = added.into_iter().next().ok_or_else(taken)?.get()?;
    let on = id.to_string();
    let detail = json!({ "name": new.name });
    let entry = NewAuditEntry { action: Action::OperatorAdd, account: None, on: &on, detail };
    audit::write(tx, entry, by, now).await?;
    let id = OperatorId(id);
    Ok(Operator { id, name: new.name.clone(), created_at: now, revoked_at: None })
}

pub(crate) async fn list(tx: &mut impl Tx) -> Result<Vec<Operator>> {
    let rows =
        tx.query("SELECT id, name, created_at, revoked_at FROM operators ORDER BY id", []).await?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn find(tx: &mut impl Tx, hash: &KeyHash) -> Result<Option<Operator>> {
    let rows = tx
        .query(
            "SELECT id, name, created_at, revoked_at FROM operators WHERE hash = ?1",
            params![&hash.0[..]],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

fn read(mut row: Row) -> Result<Operator> {
    Ok(Operator {
        id: OperatorId(row.get()?),
        name: row.get()?,
        created_at: row.get()?,
        revoked_at: row.get()?,
    })
}

pub(crate) async fn revoke(
    tx: &mut impl Tx,
    id: OperatorId,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let revoked = tx
        .execute(
            "UPDATE operators SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
            params![id.0, now],
        )
        .await?;
    if revoked > 0 {
        let on = id.0.to_string();
        let entry = NewAuditEntry {
            action: Action::OperatorRevoke,
            account: None,
            on: &on,
            detail: json!({}),
        };
        audit::write(tx, entry, by, now).await?;
        return Ok(true);
    }
    let found = tx.query("SELECT 1 FROM operators WHERE id = ?1", params![id.0]).await?;
    Ok(!found.is_empty())
}

pub(crate) async fn grant(
    tx: &mut impl Tx,
    grant: &Grant,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    if grant.amount.get() <= 0 {
        return Err(PortError::Refused("a grant is more than nothing".to_owned()));
    }
    account::lock(tx, grant.account).await?;
    if !ledger::grant_by_id(tx, grant, now).await? {
        return Ok(false);
    }
    let on = hex::encode(grant.id);
    let detail = json!({ "msat": grant.amount.get() });
    let account = Some(grant.account);
    let entry = NewAuditEntry { action: Action::CreditGrant, account, on: &on, detail };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}

pub(crate) async fn debit(
    tx: &mut impl Tx,
    debit: &Grant,
    by: Actor,
    now: Timestamp,
) -> Result<Debited> {
    if debit.amount.get() <= 0 {
        return Err(PortError::Refused("a debit is more than nothing".to_owned()));
    }
    account::lock(tx, debit.account).await?;
    let debited = ledger::debit(tx, debit, now).await?;
    if debited == Debited::Done {
        let on = hex::encode(debit.id);
        let detail = json!({ "msat": debit.amount.get() });
        let account = Some(debit.account);
        let entry = NewAuditEntry { action: Action::CreditDebit, account, on: &on, detail };
        audit::write(tx, entry, by, now).await?;
    }
    Ok(debited)
}
