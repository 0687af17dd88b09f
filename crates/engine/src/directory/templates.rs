//! Templates: message texts that an account stores.

use domain::account::operator::Actor;
use domain::account::template::{BadLabel, Label, Template, fits};
use domain::id::{AccountId, TemplateId};
use domain::limits::{BULK_TEXT_CHARS_MAX, TEMPLATES_PER_ACCOUNT_MAX};
use domain::ports::PortError;
use domain::text::Text;

use super::Directory;

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("there is no such template")]
    NoSuchTemplate,
    #[error(transparent)]
    Name(BadLabel),
    #[error("is the name of another template of the account")]
    NameTaken,
    #[error("must have 1 to {BULK_TEXT_CHARS_MAX} characters")]
    Text,
    #[error("an account has at most {TEMPLATES_PER_ACCOUNT_MAX} templates")]
    TooMany,
    #[error("the template could not be stored")]
    Store(#[source] PortError),
}

impl From<PortError> for TemplateError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict(_) => Self::NameTaken,
            PortError::Refused(_) => Self::TooMany,
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}

impl Directory {
    pub async fn add_template(
        &self,
        account: AccountId,
        name: &str,
        text: String,
        by: Actor,
    ) -> Result<Template, TemplateError> {
        let name: Label = name.parse().map_err(TemplateError::Name)?;
        let text = read_text(text)?;
        if !self.has_account(account).await? {
            return Err(TemplateError::NoSuchAccount);
        }
        Ok(self.store.add_template(account, name, text, by, self.clock.now()).await?)
    }

    /// Changes a template; `None` leaves the name, or the text, unchanged.
    pub async fn change_template(
        &self,
        account: AccountId,
        id: TemplateId,
        name: Option<&str>,
        text: Option<String>,
        by: Actor,
    ) -> Result<Template, TemplateError> {
        let name = name.map(str::parse).transpose().map_err(TemplateError::Name)?;
        let text = text.map(read_text).transpose()?;
        if !self.has_account(account).await? {
            return Err(TemplateError::NoSuchAccount);
        }
        let now = self.clock.now();
        let changed = self.store.change_template(account, id, name, text, by, now).await?;
        changed.ok_or(TemplateError::NoSuchTemplate)
    }

    /// False when there is none.
    pub async fn remove_template(
        &self,
        account: AccountId,
        id: TemplateId,
        by: Actor,
    ) -> Result<bool, PortError> {
        self.store.remove_template(account, id, by, self.clock.now()).await
    }

    pub async fn template(
        &self,
        account: AccountId,
        id: TemplateId,
    ) -> Result<Option<Template>, PortError> {
        self.store.template(account, id).await
    }

    /// Templates by id, after `after`. `None` when there is no such account.
    pub async fn template_page(
        &self,
        account: AccountId,
        after: Option<TemplateId>,
        limit: u32,
    ) -> Result<Option<Vec<Template>>, PortError> {
        if !self.has_account(account).await? {
            return Ok(None);
        }
        self.store.templates(account, after, limit).await.map(Some)
    }
}

fn read_text(text: String) -> Result<Text, TemplateError> {
    Some(Text::from(text)).filter(fits).ok_or(TemplateError::Text)
}
