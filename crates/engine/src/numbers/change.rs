//! Operators' changes to numbers.

use domain::account::operator::Actor;
use domain::inbound::Party;
use domain::number::own::{Line, NumberChange, NumberState, NumberTerms, OwnNumber, fit};

use super::{NumberError, Numbers};
use crate::webhook_url::check_webhook_url;

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
            let checked = check_webhook_url(&*self.fetch, url);
            terms.webhook_url = Some(checked.map_err(NumberError::BadWebhook)?);
        }
        if let Some(account) = terms.account
            && self.store.account(account).await?.is_none()
        {
            return Err(NumberError::NoSuchAccount);
        }
        Ok((number, terms))
    }
}
