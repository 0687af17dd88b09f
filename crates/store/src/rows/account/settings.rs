//! An account's settings, except its prices.

use domain::account::AccountSettings;
use domain::account::operator::{Action, Actor};
use domain::id::AccountId;
use domain::money::Msat;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use crate::rows::account;
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn settings(
    tx: &mut impl Tx,
    account: AccountId,
) -> Result<Option<AccountSettings>> {
    let rows = tx
        .query(
            "SELECT s.refunds, s.recipients_per_message, s.spend_per_day
             FROM accounts a LEFT JOIN account_settings s ON s.account = a.id WHERE a.id = ?1",
            params![account],
        )
        .await?;
    let settings = |mut row: Row| {
        let Some(refunds) = row.get()? else { return Ok(AccountSettings::default()) };
        Ok(AccountSettings {
            refunds,
            recipients_per_message: row.get()?,
            spend_per_day: row.get()?,
        })
    };
    rows.into_iter().next().map(settings).transpose()
}

pub(crate) async fn set_settings(
    tx: &mut impl Tx,
    account: AccountId,
    new: &AccountSettings,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let Some(before) = settings(tx, account).await? else { return Ok(false) };
    account::lock(tx, account).await?;
    if before == *new {
        return Ok(true);
    }
    tx.execute(
        "INSERT INTO account_settings (account, refunds, recipients_per_message, spend_per_day)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account) DO UPDATE SET refunds = excluded.refunds,
             recipients_per_message = excluded.recipients_per_message,
             spend_per_day = excluded.spend_per_day",
        params![account, new.refunds.as_str(), new.recipients_per_message, new.spend_per_day,],
    )
    .await?;
    let detail = json!({ "before": shown(&before), "after": shown(new) });
    let on = account.0.to_string();
    let action = Action::AccountSettings;
    let entry = NewAuditEntry { action, account: Some(account), on: &on, detail };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}

fn shown(settings: &AccountSettings) -> Json {
    json!({
        "refunds": settings.refunds.as_str(),
        "recipientsPerMessage": settings.recipients_per_message,
        "spendPerDayMsat": settings.spend_per_day.map(Msat::get),
    })
}
