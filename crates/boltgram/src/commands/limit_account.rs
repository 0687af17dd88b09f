//! `boltgram account limit`.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::account::traffic::{Countries, HourlyCaps};
use engine::accounts::NewSettings;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

/// What is `None` stays as it is.
pub(super) async fn limit_account(
    instance: &InstanceArgs,
    name: &AccountName,
    countries: Option<&str>,
    hourly_caps: Option<&str>,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access
        .accounts
        .named(name)
        .await?
        .with_context(|| format!("there is no account named {}", name.as_str()))?;
    let shown = access.accounts.show(account.id).await?.context("the account is gone")?;
    let mut traffic = shown.settings.traffic;
    match countries {
        None => {}
        Some("all") => traffic.countries = None,
        Some(codes) => traffic.countries = Some(codes.parse().context("--countries")?),
    }
    match hourly_caps {
        None => {}
        Some("none") => traffic.caps = HourlyCaps::default(),
        Some(caps) => traffic.caps = caps.parse().context("--hourly-caps")?,
    }
    let codes = |countries: &Countries| countries.iter().map(|code| code.to_string()).collect();
    let caps = traffic.caps.iter().map(|cap| (cap.prefix.clone(), cap.messages));
    let webhook = shown.settings.webhook;
    let new = NewSettings {
        otp: shown.settings.otp,
        webhook_url: webhook.as_ref().map(|webhook| webhook.url.clone()),
        callback_url: shown.settings.callback_url.clone(),
        webhook_events: webhook.map(|webhook| webhook.events.as_str().to_owned()),
        refunds: Some(shown.settings.refunds.as_str().to_owned()),
        recipients_per_message: shown.settings.recipients_per_message,
        spend_per_day: shown.settings.spend_per_day,
        countries: traffic.countries.as_ref().map(codes),
        hourly_caps: caps.collect(),
        any_sender: shown.settings.senders.any,
        default_sender: shown.settings.senders.default.map(String::from),
        strict_senders: shown.settings.senders.strict,
        query_latin1: shown.settings.query_latin1,
        silent: shown.settings.silent,
        premium: shown.settings.premium,
    };
    let set = access.accounts.set_settings(account.id, new, Actor::CommandLine).await?;
    let countries = set.traffic.countries.map_or("all".to_owned(), |some| some.to_string());
    let caps = match set.traffic.caps.to_string() {
        none if none.is_empty() => "none".to_owned(),
        caps => caps,
    };
    output::line(&format!("account {}: countries {countries}, hourly caps {caps}", name.as_str()))
}
