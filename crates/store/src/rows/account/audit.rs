//! The audit log: an entry for every manual change, stored with it.

use domain::account::operator::{Action, Actor, AuditEntry};
use domain::id::AccountId;
use domain::ports::AuditList;
use domain::time::Timestamp;
use serde_json::Value as Json;

use crate::tx::{Result, Row, Tx, params};

/// The change and its object.
pub(crate) struct NewAuditEntry<'a> {
    pub(crate) action: Action,
    pub(crate) account: Option<AccountId>,
    pub(crate) on: &'a str,
    pub(crate) detail: Json,
}

pub(crate) async fn write(
    tx: &mut impl Tx,
    entry: NewAuditEntry<'_>,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let (by, detail) = (by.to_string(), entry.detail.to_string());
    tx.execute(
        "INSERT INTO audit_log (at, actor, action, account, subject, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![now, &by, entry.action.as_str(), entry.account, entry.on, &detail],
    )
    .await
    .map(drop)
}

pub(crate) async fn list(tx: &mut impl Tx, list: &AuditList) -> Result<Vec<AuditEntry>> {
    let before = list.before.unwrap_or(i64::MAX);
    let action = list.action.map_or("", |action| action.as_str());
    let rows = match list.account {
        Some(account) => {
            tx.query(
                "SELECT id, at, actor, action, account, subject, detail FROM audit_log
                 WHERE account = ?1 AND id < ?2 AND (?3 = '' OR action = ?3)
                 ORDER BY id DESC LIMIT ?4",
                params![account, before, action, list.limit],
            )
            .await?
        }
        None => {
            tx.query(
                "SELECT id, at, actor, action, account, subject, detail FROM audit_log
                 WHERE id < ?1 AND (?2 = '' OR action = ?2) ORDER BY id DESC LIMIT ?3",
                params![before, action, list.limit],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get()?,
        at: row.get()?,
        by: row.get()?,
        action: row.get()?,
        account: row.get()?,
        on: row.get()?,
        detail: row.get()?,
    })
}
