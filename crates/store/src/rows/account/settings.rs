//! An account's settings, except its prices.

use domain::account::AccountSettings;
use domain::account::operator::{Action, Actor};
use domain::account::sender::SenderRules;
use domain::account::traffic::{Countries, TrafficRules};
use domain::id::AccountId;
use domain::message::campaign::CampaignWebhook;
use domain::money::Msat;
use domain::number::SenderId;
use domain::ports::PortError;
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
            "SELECT s.refunds, s.recipients_per_message, s.spend_per_day, s.otp,
                 s.webhook_url, s.webhook_events, s.countries, s.hourly_caps, s.any_sender,
                 s.default_sender, s.strict_senders, s.query_latin1, s.silent, s.premium,
                 s.callback_url
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
            otp: row.get::<i64>()? != 0,
            webhook: match (row.get()?, row.get()?) {
                (Some(url), Some(events)) => Some(CampaignWebhook { url, events }),
                _ => None,
            },
            traffic: read_traffic(row.get()?, row.get()?)?,
            senders: SenderRules {
                any: row.get::<i64>()? != 0,
                default: read_sender(row.get()?)?,
                strict: row.get::<i64>()? != 0,
            },
            query_latin1: row.get::<i64>()? != 0,
            silent: row.get::<i64>()? != 0,
            premium: row.get::<i64>()? != 0,
            callback_url: row.get()?,
        })
    };
    rows.into_iter().next().map(settings).transpose()
}

fn unreadable(column: &str) -> PortError {
    PortError::Refused(format!("unreadable column: {column}"))
}

fn read_sender(sender: Option<String>) -> Result<Option<SenderId>> {
    let sender = sender.map(|sender| sender.parse()).transpose();
    sender.map_err(|_| unreadable("default_sender"))
}

fn read_traffic(countries: Option<String>, caps: Option<String>) -> Result<TrafficRules> {
    let countries = countries.map(|countries| countries.parse()).transpose();
    let caps = caps.unwrap_or_default().parse();
    Ok(TrafficRules {
        countries: countries.map_err(|_| unreadable("countries"))?,
        caps: caps.map_err(|_| unreadable("hourly_caps"))?,
    })
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
    let countries = new.traffic.countries.as_ref().map(Countries::to_string);
    let caps = new.traffic.caps.to_string();
    tx.execute(
        "INSERT INTO account_settings
             (account, refunds, recipients_per_message, spend_per_day, otp, webhook_url,
             webhook_events, countries, hourly_caps, any_sender, default_sender, strict_senders,
             query_latin1, silent, premium, callback_url)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (account) DO UPDATE SET refunds = excluded.refunds,
             recipients_per_message = excluded.recipients_per_message,
             spend_per_day = excluded.spend_per_day, otp = excluded.otp,
             webhook_url = excluded.webhook_url, webhook_events = excluded.webhook_events,
             countries = excluded.countries, hourly_caps = excluded.hourly_caps,
             any_sender = excluded.any_sender, default_sender = excluded.default_sender,
             strict_senders = excluded.strict_senders, query_latin1 = excluded.query_latin1, silent = excluded.silent,
             premium = excluded.premium, callback_url = excluded.callback_url",
        params![
            account,
            new.refunds.as_str(),
            new.recipients_per_message,
            new.spend_per_day,
            i64::from(new.otp),
            new.webhook.as_ref().map(|webhook| webhook.url.as_str()),
            new.webhook.as_ref().map(|webhook| webhook.events.as_str()),
            countries.as_ref(),
            &caps,
            i64::from(new.senders.any),
            new.senders.default.as_ref().map(SenderId::as_str),
            i64::from(new.senders.strict),
            i64::from(new.query_latin1),
            i64::from(new.silent),
            i64::from(new.premium),
            new.callback_url.as_ref(),
        ],
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
        "otp": settings.otp,
        "webhookUrl": settings.webhook.as_ref().map(|webhook| webhook.url.as_str()),
        "webhookEvents": settings.webhook.as_ref().map(|webhook| webhook.events.as_str()),
        "callbackUrl": settings.callback_url,
        "countries": settings.traffic.countries.as_ref().map(Countries::to_string),
        "hourlyCaps": settings.traffic.caps.to_string(),
        "anySender": settings.senders.any,
        "defaultSender": settings.senders.default.as_ref().map(SenderId::as_str),
        "strictSenders": settings.senders.strict,
        "queryLatin1": settings.query_latin1,
        "silent": settings.silent,
        "premium": settings.premium,
    })
}
