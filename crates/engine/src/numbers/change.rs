//! Operators' changes to numbers.

use std::borrow::Cow;

use domain::account::operator::Actor;
use domain::inbound::Party;
use domain::limits;
use domain::number::own::{Line, NumberChange, NumberState, NumberTerms, OwnNumber, fit};
use domain::ports::FetchError;
use url::Url;

use super::{NumberError, Numbers};

impl Numbers {
    pub async fn add(
        &self,
        number: &str,
        terms: NumberTerms,
        by: Actor,
    ) -> Result<OwnNumber, NumberError> {
        let (number, terms) = self.check(number, terms).await?;
        let added = self.store.add_number(number, terms, by, self.clock.now()).await?;
        self.inbound.reload().await;
        Ok(added)
    }

    /// Replaces all terms of a number.
    pub async fn set(
        &self,
        number: &str,
        terms: NumberTerms,
        by: Actor,
    ) -> Result<OwnNumber, NumberError> {
        let (number, terms) = self.check(number, terms).await?;
        let change = self.store.set_number(number, terms, by, self.clock.now()).await?;
        self.changed(change).await
    }

    pub async fn set_state(
        &self,
        number: &str,
        state: NumberState,
        by: Actor,
    ) -> Result<OwnNumber, NumberError> {
        let (number, now) = (Party::new(number), self.clock.now());
        let change = self.store.set_number_state(number, state, by, now).await?;
        self.changed(change).await
    }

    pub async fn remove(&self, number: &str, by: Actor) -> Result<OwnNumber, NumberError> {
        let change = self.store.remove_number(Party::new(number), by, self.clock.now()).await?;
        self.changed(change).await
    }

    async fn changed(&self, change: NumberChange) -> Result<OwnNumber, NumberError> {
        match change {
            NumberChange::Done(number) => {
                self.inbound.reload().await;
                Ok(number)
            }
            NumberChange::OfFile => Err(NumberError::OfFile),
            NumberChange::NoSuchNumber => Err(NumberError::NoSuchNumber),
        }
    }

    /// The terms to store, if they are valid.
    async fn check(
        &self,
        number: &str,
        mut terms: NumberTerms,
    ) -> Result<(Party, NumberTerms), NumberError> {
        let number = fit(number, &terms)?;
        if let Some(Line::Carrier(name)) = &terms.line
            && self.carriers.get(name).is_none()
        {
            return Err(NumberError::NoSuchCarrier);
        }
        if let Some(url) = &terms.webhook_url {
            terms.webhook_url = Some(self.check_webhook(url)?);
        }
        if let Some(account) = terms.account
            && self.store.account(account).await?.is_none()
        {
            return Err(NumberError::NoSuchAccount);
        }
        Ok((number, terms))
    }

    fn check_webhook(&self, url: &str) -> Result<String, NumberError> {
        if url.len() > limits::URL_CHARS_MAX {
            return Err(NumberError::BadWebhook("it is too long".into()));
        }
        let parsed = Url::parse(url)
            .map_err(|error| NumberError::BadWebhook(Cow::Owned(error.to_string())))?;
        self.fetch.check(&parsed).map_err(|error| {
            NumberError::BadWebhook(match error {
                FetchError::Forbidden(why) => why.into(),
                other => Cow::Owned(other.to_string()),
            })
        })?;
        Ok(parsed.into())
    }
}
