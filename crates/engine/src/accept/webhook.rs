//! The target of an order's events, and the secret that signs them: the account's, or the order's
//! own.

use domain::id::AccountId;
use domain::ports::PortError;
use domain::sale::order::Webhook;
use domain::secret::Secret;

use super::{Accept, AcceptError, WebhookRequest};
use crate::accounts::webhook_secret;
use crate::webhook_url::check_webhook_url;

impl Accept {
    pub(super) async fn webhook(
        &self,
        request: Option<WebhookRequest>,
        account: Option<AccountId>,
    ) -> Result<Option<Webhook>, AcceptError> {
        let Some(WebhookRequest { url, wants }) = request else { return Ok(None) };
        let url = check_webhook_url(&*self.fetch, &url).map_err(AcceptError::BadWebhook)?;
        let secret = match account {
            None => webhook_secret(&*self.random),
            Some(id) => self.secret_of(id).await?,
        };
        Ok(Some(Webhook { url, secret, wants }))
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
