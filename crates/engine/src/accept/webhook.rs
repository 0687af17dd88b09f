//! The target of an order's events, and the secret that signs them: the account's, or the order's
//! own.

use std::borrow::Cow;

use domain::id::AccountId;
use domain::limits;
use domain::ports::{FetchError, PortError};
use domain::sale::order::Webhook;
use domain::secret::Secret;
use url::Url;

use super::{Accept, AcceptError, WebhookRequest};
use crate::accounts::webhook_secret;

impl Accept {
    pub(super) async fn webhook(
        &self,
        request: Option<WebhookRequest>,
        account: Option<AccountId>,
    ) -> Result<Option<Webhook>, AcceptError> {
        let Some(WebhookRequest { url, wants }) = request else { return Ok(None) };
        let bad = |why: Cow<'static, str>| AcceptError::BadWebhook(why);
        if url.len() > limits::URL_CHARS_MAX {
            return Err(bad("it is too long".into()));
        }
        let url = Url::parse(&url).map_err(|error| bad(error.to_string().into()))?;
        self.fetch.check(&url).map_err(|error| match error {
            FetchError::Forbidden(why) => bad(why.into()),
            other => bad(other.to_string().into()),
        })?;
        let secret = match account {
            None => webhook_secret(&*self.random),
            Some(id) => self.secret_of(id).await?,
        };
        Ok(Some(Webhook { url: url.into(), secret, wants }))
    }

    async fn secret_of(&self, id: AccountId) -> Result<Secret, PortError> {
        let now = self.clock.now();
        if let Some(secret) = self.secrets.get(&id, now) {
            return Ok(secret);
        }
        let Some(account) = self.store.account(id).await? else {
            return Ok(webhook_secret(&*self.random));
        };
        self.secrets.keep(id, account.webhook_secret.clone(), now);
        Ok(account.webhook_secret)
    }
}
