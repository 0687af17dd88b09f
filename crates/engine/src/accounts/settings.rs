//! Settings of an account: its refund policy, and limits per message and day.

use domain::account::AccountSettings;
use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::MESSAGE_RECIPIENTS_MAX;
use domain::money::Msat;
use domain::ports::PortError;

use super::Accounts;

/// `None` resets a setting to its default.
#[derive(Debug, Clone, Default)]
pub struct NewSettings {
    /// `undelivered` or `unsent`.
    pub refunds: Option<String>,
    pub recipients_per_message: Option<u32>,
    pub spend_per_day: Option<Msat>,
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
    #[error("the settings could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    pub async fn set_settings(
        &self,
        account: AccountId,
        new: NewSettings,
        by: Actor,
    ) -> Result<AccountSettings, SetSettingsError> {
        let settings = read(&new)?;
        let now = self.clock.now();
        let set = self.store.set_account_settings(account, settings.clone(), by, now).await?;
        if set { Ok(settings) } else { Err(SetSettingsError::NoSuchAccount) }
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
    Ok(AccountSettings {
        refunds: refunds.unwrap_or_default(),
        recipients_per_message: recipients,
        spend_per_day: new.spend_per_day,
    })
}
