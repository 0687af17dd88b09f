//! Settings of an account: its refund policy, limits per message and day, permissions, and webhook.

use std::borrow::Cow;

use domain::account::AccountSettings;
use domain::account::operator::Actor;
use domain::account::sender::SenderRules;
use domain::account::traffic::{BadCaps, Countries, HourlyCaps, TrafficRules};
use domain::id::AccountId;
use domain::limits::MESSAGE_RECIPIENTS_MAX;
use domain::message::campaign::{CampaignEvents, CampaignWebhook};
use domain::money::Msat;
use domain::number::own::{BadCountry, Country};
use domain::number::{SenderError, SenderId};
use domain::ports::PortError;

use super::Accounts;
use crate::webhook_url::check_webhook_url;

/// `None` resets a setting to its default.
#[derive(Debug, Clone, Default)]
pub struct NewSettings {
    /// `undelivered` or `unsent`.
    pub refunds: Option<String>,
    pub recipients_per_message: Option<u32>,
    pub spend_per_day: Option<Msat>,
    pub otp: bool,
    pub webhook_url: Option<String>,
    pub callback_url: Option<String>,
    /// `finished` or `recipients`.
    pub webhook_events: Option<String>,
    /// ISO 3166-1 codes; `None`: all.
    pub countries: Option<Vec<String>>,
    /// Messages per hour, by prefix.
    pub hourly_caps: Vec<(String, u32)>,
    pub any_sender: bool,
    pub default_sender: Option<String>,
    pub strict_senders: bool,
    pub query_latin1: bool,
    pub silent: bool,
    pub premium: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SetSettingsError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must be undelivered or unsent")]
    Refunds,
    #[error("must be from 1 to {MESSAGE_RECIPIENTS_MAX}")]
    RecipientsPerMessage,
    #[error("must not be negative")]
    SpendPerDay,
    #[error("is not valid: {0}")]
    WebhookUrl(Cow<'static, str>),
    #[error("is not valid: {0}")]
    CallbackUrl(Cow<'static, str>),
    #[error("must be finished or recipients, and needs a webhookUrl")]
    WebhookEvents,
    #[error(transparent)]
    Countries(BadCountry),
    #[error(transparent)]
    HourlyCaps(BadCaps),
    #[error("is not valid: {0}")]
    DefaultSender(SenderError),
    #[error("the settings could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    /// The defaults for an account that does not exist.
    pub async fn settings(&self, account: AccountId) -> Result<AccountSettings, PortError> {
        Ok(self.store.account_settings(account).await?.unwrap_or_default())
    }

    pub async fn set_settings(
        &self,
        account: AccountId,
        new: NewSettings,
        by: Actor,
    ) -> Result<AccountSettings, SetSettingsError> {
        let webhook = self.webhook(&new)?;
        let callback_url = new.callback_url.as_deref().map(|url| self.check(url)).transpose();
        let callback_url = callback_url.map_err(SetSettingsError::CallbackUrl)?;
        let settings = AccountSettings { webhook, callback_url, ..read(&new)? };
        let now = self.clock.now();
        let set = self.store.set_account_settings(account, settings.clone(), by, now).await?;
        self.traffic_rules.forget(&account);
        if set { Ok(settings) } else { Err(SetSettingsError::NoSuchAccount) }
    }
}

impl Accounts {
    /// The URL in its normal form, or why it is refused.
    fn check(&self, url: &str) -> Result<String, Cow<'static, str>> {
        let fetch = self.fetch.as_deref();
        fetch.map_or_else(|| Ok(url.to_owned()), |fetch| check_webhook_url(fetch, url))
    }

    fn webhook(&self, new: &NewSettings) -> Result<Option<CampaignWebhook>, SetSettingsError> {
        let events = new.webhook_events.as_deref().map(str::parse).transpose();
        let events: Option<CampaignEvents> = events.map_err(|_| SetSettingsError::WebhookEvents)?;
        let Some(url) = &new.webhook_url else {
            return if events.is_some() { Err(SetSettingsError::WebhookEvents) } else { Ok(None) };
        };
        let url = self.check(url).map_err(SetSettingsError::WebhookUrl)?;
        Ok(Some(CampaignWebhook { url, events: events.unwrap_or_default() }))
    }
}

fn read(new: &NewSettings) -> Result<AccountSettings, SetSettingsError> {
    let refunds = new.refunds.as_deref().map(str::parse).transpose();
    let refunds = refunds.map_err(|_| SetSettingsError::Refunds)?;
    let recipients = new.recipients_per_message;
    if recipients.is_some_and(|count| !(1..=MESSAGE_RECIPIENTS_MAX).contains(&count)) {
        return Err(SetSettingsError::RecipientsPerMessage);
    }
    if new.spend_per_day.is_some_and(Msat::is_negative) {
        return Err(SetSettingsError::SpendPerDay);
    }
    let countries = new.countries.as_ref().map(|codes| {
        let countries =
            codes.iter().map(|code| Country::assigned(code)).collect::<Result<Vec<_>, _>>();
        countries.map(Countries::new).map_err(SetSettingsError::Countries)
    });
    let caps = HourlyCaps::new(new.hourly_caps.iter().cloned());
    let sender = new.default_sender.as_deref().map(SenderId::parse).transpose();
    Ok(AccountSettings {
        refunds: refunds.unwrap_or_default(),
        recipients_per_message: recipients,
        spend_per_day: new.spend_per_day,
        otp: new.otp,
        webhook: None,
        callback_url: None,
        traffic: TrafficRules {
            countries: countries.transpose()?,
            caps: caps.map_err(SetSettingsError::HourlyCaps)?,
        },
        senders: SenderRules {
            any: new.any_sender,
            default: sender.map_err(SetSettingsError::DefaultSender)?,
            strict: new.strict_senders,
        },
        query_latin1: new.query_latin1,
        silent: new.silent,
        premium: new.premium,
    })
}
