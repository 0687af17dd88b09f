//! A later end of a rental.
//!
//! | step | a crash after it leaves |
//! |---|---|
//! | the wanted end is stored, with the end that the list shows now | nothing bought; found so by `decided` |
//! | the wholesaler is called, once | perhaps a later end, found by `decided` in the list of rentals |
//! | the later end is stored | the loan, lent for longer |
//!
//! While the wanted end is stored, no other one is bought. The list writes ends in a time zone that is not
//! known, so an end that is not what it was before is the later one. Where the list does not show ends,
//! an extension whose answer was lost counts as not made.

use domain::activation::loan::Loan;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamExtension, UpstreamLent, UpstreamLoan, UpstreamState,
};
use domain::money::Msat;
use domain::ports::{Extend, PortError};

use super::HandlerSupplier;
use super::amount::Units;
use super::answer::{Effect, unreadable};
use super::hours;
use super::recover::{DECIDED_AFTER, undecided};
use super::rent::read_given;

impl HandlerSupplier {
    pub(super) async fn extend_loan(&self, extend: Extend) -> Result<Loan, PortError> {
        let over = || PortError::Conflict("the loan has ended".to_owned());
        let key = self.key(extend.loan);
        let known = self.store.upstream_loan(key.clone()).await?.ok_or_else(over)?;
        let UpstreamLoan { state: UpstreamState::Lent, lent: Some(lent), extension, .. } = known
        else {
            return Err(over());
        };
        if lent.loan.until >= extend.until {
            return Ok(lent.loan);
        }
        if extension.is_some() {
            return Err(PortError::Unknown("an earlier extension is undecided".to_owned()));
        }
        let cost = self.affordable_extension(&extend, &lent.reference).await?;
        let listed_end = self.listed_end(&lent.reference).await?;
        let wanted = UpstreamExtension { until: extend.until, listed_end };
        self.store.extend_upstream(key.clone(), Some(wanted)).await.map_err(
            |error| match error {
                PortError::Conflict(_) => PortError::Unknown("it is being extended".to_owned()),
                other => PortError::Unavailable(other.to_string()),
            },
        )?;
        match self.buy_extension(&extend, &lent.reference).await {
            Ok(()) => {}
            Err(error @ (PortError::Refused(_) | PortError::Unavailable(_))) => {
                // A failure to store it is found by `decided`.
                if let Err(error) = self.store.extend_upstream(key, None).await {
                    let supplier = &self.wholesaler.options.name;
                    tracing::warn!(%supplier, %error, "a refused extension could not be stored");
                }
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        let loan = Loan { until: extend.until, cost, ..lent.loan };
        let lent = UpstreamLent { loan: loan.clone(), ..lent };
        let stored = self.store.lend_upstream(key, lent).await;
        stored.map_err(|error| PortError::Unknown(error.to_string()))?;
        Ok(loan)
    }

    async fn affordable_extension(
        &self,
        extend: &Extend,
        reference: &str,
    ) -> Result<Msat, PortError> {
        let hours = hours(extend.until.since(extend.from)).to_string();
        let parameters =
            [("id", reference.to_owned()), ("rent_time", hours.clone()), ("time", hours)];
        let answer = self.wholesaler.ask("getContinueRentPriceNumber", &parameters).await?;
        let price = answer.json().and_then(|json| json.get("price")).and_then(Units::of);
        let options = &self.wholesaler.options;
        let cost = price.and_then(|price| price.cost(options.msat_per_unit));
        let cost = cost.ok_or_else(|| unreadable("is no price", Effect::Repeatable))?;
        if cost > options.cost_limit(extend.cost_max) {
            return Err(PortError::Refused("its price is above the limit".to_owned()));
        }
        Ok(cost)
    }

    async fn buy_extension(&self, extend: &Extend, reference: &str) -> Result<(), PortError> {
        let hours = hours(extend.until.since(extend.from));
        let parameters = [
            ("id", reference.to_owned()),
            ("rent_time", hours.to_string()),
            // The same extension has the same key.
            ("idempotency_key", format!("{}-{}", extend.loan, extend.from.as_millis())),
        ];
        let answer = self.wholesaler.buy("continueRentNumber", &parameters).await?;
        read_given(&answer, self.wholesaler.options.msat_per_unit).map(drop)
    }

    /// The end of a rental as the list shows it; `None`: it does not, or there is no list.
    async fn listed_end(&self, reference: &str) -> Result<Option<String>, PortError> {
        match self.open_rentals().await {
            Ok((_, listed)) => {
                let rental = listed.into_iter().find(|listed| listed.reference == reference);
                Ok(rental.and_then(|rental| rental.end))
            }
            Err(PortError::Refused(_) | PortError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The loan with the end that it has, after an extension whose answer is missing.
    pub(super) async fn decided(
        &self,
        ask: &UpstreamAsk,
        lent: UpstreamLent,
        extension: Option<UpstreamExtension>,
    ) -> Result<UpstreamLent, PortError> {
        let Some(UpstreamExtension { until, listed_end }) = extension else { return Ok(lent) };
        let at = tokio::time::Instant::now();
        let end = self.listed_end(&lent.reference).await?;
        let waited = self.extending.see(ask.key.loan, at);
        if end.is_some() && listed_end.is_some() && end != listed_end {
            tracing::warn!(supplier = %ask.key.supplier, "an extension was made that was not answered");
            let lent = UpstreamLent { loan: Loan { until, ..lent.loan }, ..lent };
            self.store.lend_upstream(ask.key.clone(), lent.clone()).await?;
            self.extending.forget(&ask.key.loan);
            return Ok(lent);
        }
        if waited < DECIDED_AFTER {
            return Err(undecided("the rental may still be extended"));
        }
        self.store.extend_upstream(ask.key.clone(), None).await?;
        self.extending.forget(&ask.key.loan);
        Ok(lent)
    }
}
