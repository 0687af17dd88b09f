//! Accounts and their keys.

use domain::account::operator::{Action, Actor};
use domain::account::{Account, AccountName, Balance, Key, KeyHash, Scope};
use domain::id::{AccountId, KeyId};
use domain::ports::{NewAccount, NewKey, PortError};
use domain::sale::ledger::TransferKind;
use domain::secret::Secret;
use domain::time::Timestamp;

use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::ledger;
use crate::tx::{Result, Row, Tx, params};

/// Vault column of the secrets that sign webhooks.
pub(crate) const SECRET: &str = "accounts.webhook_secret";

/// Proves that the store is writable. The row must change: SQLite writes no page whose bytes stay the
/// same, so that nothing would be proved on a full disk.
pub(crate) async fn ping(tx: &mut impl Tx) -> Result<()> {
    tx.execute("UPDATE vault_check SET pings = pings + 1 WHERE id = 1", []).await.map(drop)
}

pub(crate) async fn add(
    tx: &mut impl Tx,
    new: &NewAccount,
    by: Actor,
    now: Timestamp,
) -> Result<Account> {
    if new.credit.is_negative() {
        return Err(PortError::Refused("a grant is not negative".to_owned()));
    }
    // The secret is sealed to its row, and the row's number comes from the database.
    let added = tx
        .query(
            "INSERT INTO accounts (name, webhook_secret, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO NOTHING RETURNING id",
            params![new.name.as_str(), &[][..] as &[u8], now],
        )
        .await?;
    let taken = || PortError::Conflict("the account name is taken".to_owned());
    let id: AccountId = added.into_iter().next().ok_or_else(taken)?.get()?;
    let secret = new.webhook_secret.expose().as_bytes();
    let sealed = tx.vault().seal(SECRET, &id.0.to_be_bytes(), secret)?;
    tx.execute("UPDATE accounts SET webhook_secret = ?2 WHERE id = ?1", params![id, &sealed])
        .await?;
    ledger::add_customer(tx, id).await?;
    ledger::grant(tx, id, new.credit, TransferKind::Grant, now).await?;
    let detail = json!({ "name": new.name.as_str(), "msat": new.credit.get() });
    let on = id.0.to_string();
    let action = Action::AccountAdd;
    audit::write(tx, NewAuditEntry { action, account: Some(id), on: &on, detail }, by, now).await?;
    let webhook_secret = new.webhook_secret.clone();
    Ok(Account { id, name: new.name.clone(), webhook_secret, created_at: now, disabled_at: None })
}

pub(crate) async fn list(tx: &mut impl Tx) -> Result<Vec<(Account, Balance)>> {
    let rows = tx
        .query(
            "SELECT id, name, webhook_secret, created_at, disabled_at FROM accounts ORDER BY name",
            [],
        )
        .await?;
    let mut accounts = Vec::with_capacity(rows.len());
    for mut row in rows {
        let account = read(tx, &mut row)?;
        let balance = ledger::balance(tx, account.id).await?;
        accounts.push((account, balance));
    }
    Ok(accounts)
}

pub(crate) async fn by_id(tx: &mut impl Tx, id: AccountId) -> Result<Option<Account>> {
    let rows = tx
        .query(
            "SELECT id, name, webhook_secret, created_at, disabled_at FROM accounts WHERE id = ?1",
            params![id],
        )
        .await?;
    rows.into_iter().next().map(|mut row| read(tx, &mut row)).transpose()
}

pub(crate) async fn by_name(tx: &mut impl Tx, name: &AccountName) -> Result<Option<Account>> {
    let rows = tx
        .query(
            "SELECT id, name, webhook_secret, created_at, disabled_at FROM accounts WHERE name = ?1",
            params![name.as_str()],
        )
        .await?;
    rows.into_iter().next().map(|mut row| read(tx, &mut row)).transpose()
}

/// The row's first five columns are the account's.
pub(crate) fn read(tx: &impl Tx, row: &mut Row) -> Result<Account> {
    let id: AccountId = row.get()?;
    let name = row.get()?;
    let sealed: Vec<u8> = row.get()?;
    let secret = tx.vault().open(SECRET, &id.0.to_be_bytes(), &sealed)?;
    let webhook_secret = Secret::new(String::from_utf8_lossy(&secret));
    Ok(Account { id, name, webhook_secret, created_at: row.get()?, disabled_at: row.get()? })
}

pub(crate) async fn add_key(
    tx: &mut impl Tx,
    new: &NewKey,
    by: Actor,
    now: Timestamp,
) -> Result<KeyId> {
    must_exist(tx, new.account).await?;
    let scopes = new.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ");
    let added = tx
        .query(
            "INSERT INTO account_keys (account, hash, scopes, rate, description, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (hash) DO NOTHING RETURNING id",
            params![new.account, &new.hash.0[..], &scopes, new.rate, new.description.as_ref(), now],
        )
        .await?;
    let taken = || PortError::Conflict("the key exists".to_owned());
    let id: KeyId = added.into_iter().next().ok_or_else(taken)?.get()?;
    let detail = json!({ "scopes": scopes, "rate": new.rate, "description": new.description });
    let (action, on) = (Action::KeyAdd, id.to_string());
    audit::write(
        tx,
        NewAuditEntry { action, account: Some(new.account), on: &on, detail },
        by,
        now,
    )
    .await?;
    Ok(id)
}

pub(crate) async fn key_count(tx: &mut impl Tx, account: AccountId) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT count(*) FROM account_keys WHERE account = ?1 AND revoked_at IS NULL",
            params![account],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

pub(crate) async fn key(tx: &mut impl Tx, hash: &KeyHash) -> Result<Option<Key>> {
    let rows = tx
        .query(
            "SELECT id, account, scopes, rate, description, created_at, revoked_at,
                 (SELECT a.disabled_at FROM accounts a WHERE a.id = account_keys.account)
             FROM account_keys
             WHERE hash = ?1",
            params![&hash.0[..]],
        )
        .await?;
    rows.into_iter().next().map(read_key).transpose()
}

pub(crate) async fn keys(tx: &mut impl Tx, account: Option<AccountId>) -> Result<Vec<Key>> {
    let rows = match account {
        Some(account) => {
            tx.query(
                "SELECT id, account, scopes, rate, description, created_at, revoked_at,
                 (SELECT a.disabled_at FROM accounts a WHERE a.id = account_keys.account)
             FROM account_keys
                 WHERE account = ?1 ORDER BY id",
                params![account],
            )
            .await?
        }
        None => {
            tx.query(
                "SELECT id, account, scopes, rate, description, created_at, revoked_at,
                 (SELECT a.disabled_at FROM accounts a WHERE a.id = account_keys.account)
             FROM account_keys
                 ORDER BY id",
                [],
            )
            .await?
        }
    };
    rows.into_iter().map(read_key).collect()
}

pub(crate) fn read_key(mut row: Row) -> Result<Key> {
    Ok(Key {
        id: row.get()?,
        account: row.get()?,
        scopes: scopes(&row.get::<String>()?)?,
        rate: row.get()?,
        description: row.get()?,
        created_at: row.get()?,
        revoked_at: row.get()?,
        is_disabled: row.get::<Option<Timestamp>>()?.is_some(),
    })
}

pub(crate) async fn set_disabled(
    tx: &mut impl Tx,
    id: AccountId,
    disabled: bool,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE accounts SET disabled_at = ?2 WHERE id = ?1 AND (disabled_at IS NULL) = (?3 = 1)",
            params![id, disabled.then_some(now), i64::from(disabled)],
        )
        .await?;
    if changed == 0 {
        let found = tx.query("SELECT 1 FROM accounts WHERE id = ?1", params![id]).await?;
        return Ok(!found.is_empty());
    }
    let action = if disabled { Action::AccountDisable } else { Action::AccountEnable };
    let on = id.0.to_string();
    let entry = NewAuditEntry { action, account: Some(id), on: &on, detail: json!({}) };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}

fn scopes(words: &str) -> Result<Vec<Scope>> {
    let unknown = |_| PortError::Refused("unreadable column: scopes".to_owned());
    words.split_whitespace().map(|scope| scope.parse().map_err(unknown)).collect()
}

pub(crate) async fn revoke_key(
    tx: &mut impl Tx,
    key: KeyId,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let revoked = tx
        .query(
            "UPDATE account_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL
             RETURNING account",
            params![key, now],
        )
        .await?;
    if let Some(mut row) = revoked.into_iter().next() {
        let (action, account, on) = (Action::KeyRevoke, row.get()?, key.to_string());
        let entry = NewAuditEntry { action, account, on: &on, detail: json!({}) };
        audit::write(tx, entry, by, now).await?;
        return Ok(true);
    }
    let found = tx.query("SELECT 1 FROM account_keys WHERE id = ?1", params![key]).await?;
    Ok(!found.is_empty())
}

/// Reports the missing account; the database would only report "foreign key failed".
pub(crate) async fn must_exist(tx: &mut impl Tx, account: AccountId) -> Result<()> {
    let found = tx.query("SELECT 1 FROM accounts WHERE id = ?1", params![account]).await?;
    if found.is_empty() {
        return Err(PortError::Refused("there is no such account".to_owned()));
    }
    Ok(())
}

pub(crate) async fn is_enabled(tx: &mut impl Tx, account: AccountId) -> Result<bool> {
    let found = tx
        .query("SELECT 1 FROM accounts WHERE id = ?1 AND disabled_at IS NULL", params![account])
        .await?;
    Ok(!found.is_empty())
}

/// Locks the account: no other change counts or changes its rows meanwhile.
pub(crate) async fn lock(tx: &mut impl Tx, account: AccountId) -> Result<()> {
    let found =
        tx.query("SELECT 1 FROM accounts WHERE id = ?1 FOR UPDATE", params![account]).await?;
    let nobody = || PortError::Refused("there is no such account".to_owned());
    if found.is_empty() { Err(nobody()) } else { Ok(()) }
}
