//! Profiles, passwords and texted codes of accounts. Hashes are compared by the engine.

use std::time::Duration;

use domain::account::AccountName;
use domain::account::operator::{Action, Actor};
use domain::account::profile::{AccountProfile, LastLogin, PROFILE_TEXTS, Profile};
use domain::id::AccountId;
use domain::limits::{LOGIN_CODE_AGE_MAX, LOGIN_CODE_TRIES_MAX, LOGIN_CODES_PER_HOUR_MAX};
use domain::ports::{PortError, StoredLogin};
use domain::secret::Secret;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::audit::{self, NewAuditEntry};
use super::lock;
use crate::tx::{Result, Row, Tx, params};

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn profile(
    tx: &mut impl Tx,
    account: AccountId,
) -> Result<Option<AccountProfile>> {
    let rows = tx
        .query(
            "SELECT l.profile, l.password, l.login_at, l.login_from
             FROM accounts a LEFT JOIN account_logins l ON l.account = a.id WHERE a.id = ?1",
            params![account],
        )
        .await?;
    let read = |mut row: Row| {
        let profile = read_profile(row.get()?)?;
        let has_password = row.get::<Option<String>>()?.is_some();
        let last_login = match (row.get()?, row.get()?) {
            (Some(at), Some(from)) => Some(LastLogin { at, from }),
            _ => None,
        };
        Ok(AccountProfile { profile, has_password, last_login })
    };
    rows.into_iter().next().map(read).transpose()
}

fn read_profile(json: Option<String>) -> Result<Profile> {
    let unreadable = |_| PortError::Refused("unreadable column: profile".to_owned());
    json.map_or_else(|| Ok(Profile::default()), |json| serde_json::from_str(&json))
        .map_err(unreadable)
}

pub(crate) async fn set_profile(
    tx: &mut impl Tx,
    account: AccountId,
    new: &Profile,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let Some(AccountProfile { profile: before, .. }) = profile(tx, account).await? else {
        return Ok(false);
    };
    lock(tx, account).await?;
    if before == *new {
        return Ok(true);
    }
    let stored = serde_json::to_string(new)
        .map_err(|_| PortError::Refused("the profile cannot be stored".to_owned()))?;
    tx.execute(
        "INSERT INTO account_logins (account, profile) VALUES (?1, ?2)
         ON CONFLICT (account) DO UPDATE SET profile = excluded.profile",
        params![account, &stored],
    )
    .await?;
    // Values are private: the entry names the fields.
    let detail = json!({
        "changed": changed(&before, new),
        "twoFactor": { "before": before.two_factor, "after": new.two_factor },
    });
    audit_change(tx, account, Action::AccountProfile, detail, by, now).await?;
    Ok(true)
}

fn changed(before: &Profile, after: &Profile) -> Vec<&'static str> {
    let texts = PROFILE_TEXTS.into_iter().zip(before.texts().into_iter().zip(after.texts()));
    let texts = texts.filter(|(_, (before, after))| before != after).map(|(name, _)| name);
    texts.chain((before.phone != after.phone).then_some("phone")).collect()
}

async fn audit_change(
    tx: &mut impl Tx,
    account: AccountId,
    action: Action,
    detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let on = account.0.to_string();
    let entry = NewAuditEntry { action, account: Some(account), on: &on, detail };
    audit::write(tx, entry, by, now).await
}

pub(crate) async fn set_password(
    tx: &mut impl Tx,
    account: AccountId,
    hash: &Secret,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .execute(
            "INSERT INTO account_logins (account, password)
             SELECT id, ?2 FROM accounts WHERE id = ?1
             ON CONFLICT (account) DO UPDATE SET password = excluded.password, code = NULL",
            params![account, hash.expose()],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    audit_change(tx, account, Action::AccountPassword, json!({}), by, now).await?;
    Ok(true)
}

pub(crate) async fn login(tx: &mut impl Tx, name: &AccountName) -> Result<Option<StoredLogin>> {
    let rows = tx
        .query(
            "SELECT a.id, l.password, l.profile, a.disabled_at
             FROM accounts a LEFT JOIN account_logins l ON l.account = a.id WHERE a.name = ?1",
            params![name.as_str()],
        )
        .await?;
    let read = |mut row: Row| {
        let account = row.get()?;
        let password = row.get::<Option<String>>()?.map(Secret::new);
        let profile = read_profile(row.get()?)?;
        Ok(StoredLogin {
            account,
            password,
            second_factor: profile.phone.filter(|_| profile.two_factor),
            is_disabled: row.get::<Option<Timestamp>>()?.is_some(),
        })
    };
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn add_code(
    tx: &mut impl Tx,
    account: AccountId,
    hash: &Secret,
    now: Timestamp,
) -> Result<bool> {
    lock(tx, account).await?;
    let rows = tx
        .query("SELECT codes_from, codes FROM account_logins WHERE account = ?1", params![account])
        .await?;
    let counted = rows.into_iter().next().map(|mut row| Ok((row.get()?, row.get()?)));
    let (from, codes): (Timestamp, u32) = counted.transpose()?.unwrap_or_default();
    // A clock that was set back begins a new hour.
    let is_same_hour = from <= now && now.since(from) < HOUR;
    if is_same_hour && codes >= LOGIN_CODES_PER_HOUR_MAX {
        return Ok(false);
    }
    let (from, codes) = if is_same_hour { (from, codes + 1) } else { (now, 1) };
    tx.execute(
        "INSERT INTO account_logins (account, code, code_until, codes_from, codes)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account) DO UPDATE SET code = excluded.code,
             code_until = excluded.code_until, code_tries = 0,
             codes_from = excluded.codes_from, codes = excluded.codes",
        params![account, hash.expose(), now.after(LOGIN_CODE_AGE_MAX), from, codes],
    )
    .await?;
    Ok(true)
}

pub(crate) async fn try_code(
    tx: &mut impl Tx,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Secret>> {
    let rows = tx
        .query(
            "UPDATE account_logins SET code_tries = code_tries + 1
             WHERE account = ?1 AND code IS NOT NULL AND code_until > ?2 AND code_tries < ?3
             RETURNING code",
            params![account, now, LOGIN_CODE_TRIES_MAX],
        )
        .await?;
    rows.into_iter().next().map(|mut row| row.get::<String>().map(Secret::new)).transpose()
}

pub(crate) async fn use_code(tx: &mut impl Tx, account: AccountId, hash: &Secret) -> Result<bool> {
    let used = tx
        .execute(
            "UPDATE account_logins SET code = NULL WHERE account = ?1 AND code = ?2",
            params![account, hash.expose()],
        )
        .await?;
    Ok(used > 0)
}

pub(crate) async fn record_login(
    tx: &mut impl Tx,
    account: AccountId,
    from: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE account_logins SET login_at = ?2, login_from = ?3 WHERE account = ?1",
        params![account, now, from],
    )
    .await
    .map(drop)
}
