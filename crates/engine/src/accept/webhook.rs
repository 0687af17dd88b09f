//! The target of an order's or campaign's events, and the secret that signs them: the account's, or the
//! order's own.

use domain::id::AccountId;
use domain::limits;
use domain::message::campaign::CampaignWebhook;
use domain::ports::PortError;
use domain::sale::order::Webhook;
use domain::secret::Secret;

use super::{Accept, AcceptError, CampaignWebhookRequest, WebhookRequest};
use crate::accounts::webhook_secret;
use crate::webhook_url::check_webhook_url;

impl Accept {
    pub(crate) async fn webhook(
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

    /// `of_account`: its setting, which was checked when it was set.
    pub(super) fn campaign_webhook(
        &self,
        request: CampaignWebhookRequest,
        of_account: Option<CampaignWebhook>,
    ) -> Result<Option<CampaignWebhook>, AcceptError> {
        let CampaignWebhookRequest { url, events } = request;
        match (url, of_account) {
            (Some(url), _) => {
                let url = check_webhook_url(&*self.fetch, &url).map_err(AcceptError::BadWebhook)?;
                Ok(Some(CampaignWebhook { url, events: events.unwrap_or_default() }))
            }
            (None, Some(own)) => {
                Ok(Some(CampaignWebhook { events: events.unwrap_or(own.events), ..own }))
            }
            (None, None) if events.is_some() => Err(AcceptError::NoWebhook),
            (None, None) => Ok(None),
        }
    }

    /// Where each recipient of a campaign is reported. `of_account`: its setting, which was checked when it
    /// was set.
    pub(super) fn callbacks(
        &self,
        requested: &[String],
        of_account: Option<String>,
    ) -> Result<Vec<String>, AcceptError> {
        let max = limits::CALLBACKS_PER_REQUEST_MAX;
        if requested.len() > max {
            return Err(AcceptError::TooManyCallbacks { max });
        }
        let mut urls: Vec<String> = Vec::new();
        for url in requested {
            let url = check_webhook_url(&*self.fetch, url).map_err(AcceptError::BadCallback)?;
            urls.extend(Some(url).filter(|url| !urls.contains(url)));
        }
        urls.extend(of_account.filter(|url| !urls.contains(url)));
        Ok(urls)
    }

    pub(super) async fn secret_of(&self, id: AccountId) -> Result<Secret, PortError> {
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
