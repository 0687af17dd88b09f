//! Acquires a number for one code.
//!
//! | step | a crash after it leaves |
//! |---|---|
//! | *asked* is stored | nothing bought; found so by `recover` |
//! | the wholesaler is called, once | perhaps a number, found by `recover` in the list of open loans |
//! | *lent* is stored with the wholesaler's reference | the loan, known |
//!
//! A number that costs more than allowed, that cannot be read, or that is of another country is stored as
//! *returning* and cancelled at once; nothing is lent then.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::activation::CountryCode;
use domain::activation::loan::Loan;
use domain::activation::upstream::{UpstreamAsk, UpstreamLent};
use domain::money::Msat;
use domain::ports::{Acquire, PortError};
use domain::time::Timestamp;
use serde_json::Value;
use tokio::time::timeout;

use super::HandlerSupplier;
use super::amount::{Units, write_units};
use super::answer::{Answer, Effect, unreadable};
use super::fits::is_elsewhere;
use super::open_loans::{number, reference, text};
use super::{CODE_LOAN, hours};

const TOO_DEAR: &str = "it costs more than allowed";

/// A number that is here already waits so long for its cost.
const COST_WITHIN: Duration = Duration::from_secs(3);

/// A number as the wholesaler gave it.
#[derive(Debug)]
pub(super) struct Given {
    pub reference: String,
    /// As it was written.
    pub number: String,
    /// `None`: it is not said.
    pub cost: Option<Msat>,
}

impl HandlerSupplier {
    pub(super) async fn acquire_loan(&self, wanted: Acquire) -> Result<Loan, PortError> {
        if self.wholesaler.pace.is_paused() {
            return Err(PortError::Unavailable("the wholesaler failed lately".to_owned()));
        }
        let limit = self.wholesaler.options.cost_limit(wanted.cost_max);
        let country = self.affordable_country(&wanted, limit).await?;
        let ask = UpstreamAsk {
            key: self.key(wanted.loan),
            service: wanted.service,
            country: Some(country),
            duration: wanted.duration,
            cost_max: limit,
            asked_at: self.clock.now(),
        };
        self.store.ask_upstream(ask.clone()).await.map_err(|error| match error {
            PortError::Conflict(_) => PortError::Unknown("it was acquired before".to_owned()),
            other => PortError::Unavailable(other.to_string()),
        })?;
        let bought = match ask.duration {
            None => self.buy_code_number(&ask, country).await,
            Some(duration) => self.buy_rental(&ask, country, duration).await,
        };
        let taken = match bought {
            Ok(given) => self.take(&ask, given).await,
            Err(error) => Err(error),
        };
        match &taken {
            Err(PortError::Refused(_)) => {
                self.prices.sold_out(&ask.service, country, ask.duration.map(hours));
                self.deny(&ask).await;
            }
            Err(PortError::Unavailable(_)) => self.deny(&ask).await,
            Ok(_) | Err(PortError::Unknown(_) | PortError::Conflict(_)) => {}
        }
        taken
    }

    /// The country wanted, or the cheapest with stock, if its price is within the limit.
    async fn affordable_country(
        &self,
        wanted: &Acquire,
        limit: Msat,
    ) -> Result<CountryCode, PortError> {
        let (service, hours) = (&wanted.service, wanted.duration.map(hours));
        let offers = self.prices.offers(&self.wholesaler, service, wanted.country, hours).await?;
        let cheapest = offers.iter().min_by_key(|offer| offer.cost);
        match cheapest {
            Some(offer) if offer.cost <= limit => Ok(offer.country),
            Some(_) => Err(PortError::Refused("its price is above the limit".to_owned())),
            None => Err(PortError::Refused("it has no such numbers".to_owned())),
        }
    }

    /// What was not lent is stored as such; a failure to store it is found by `recover`.
    pub(super) async fn deny(&self, ask: &UpstreamAsk) {
        if let Err(error) = self.store.deny_upstream(ask.key.clone()).await {
            tracing::warn!(supplier = %ask.key.supplier, %error, "a refused loan could not be stored");
        }
    }

    async fn buy_code_number(
        &self,
        ask: &UpstreamAsk,
        country: CountryCode,
    ) -> Result<Given, PortError> {
        let unit = self.wholesaler.options.msat_per_unit;
        let parameters = [
            ("service", ask.service.as_str().to_owned()),
            ("country", country.to_string()),
            ("maxPrice", write_units(ask.cost_max, unit)),
            ("idempotency_key", ask.key.loan.to_string()),
        ];
        if !self.no_number_v2.load(Ordering::Relaxed) {
            match self.wholesaler.buy("getNumberV2", &parameters).await {
                Ok(answer) => return read_v2(&answer, unit),
                Err(PortError::Refused(why)) if why.ends_with("BAD_ACTION") => {
                    self.no_number_v2.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        let answer = self.wholesaler.buy("getNumber", &parameters).await?;
        read_v1(&answer).ok_or_else(|| unreadable("is no number", Effect::Buys))
    }

    /// Stores what was given, unless it must be returned.
    pub(super) async fn take(&self, ask: &UpstreamAsk, given: Given) -> Result<Loan, PortError> {
        let Some(number) = number(&given.number) else {
            return Err(self.give_back(ask, &given.reference, "its number is not readable").await);
        };
        if ask.country.is_some_and(|country| is_elsewhere(number, country)) {
            return Err(self.give_back(ask, &given.reference, "it is of another country").await);
        }
        if given.cost.is_some_and(|cost| cost > ask.cost_max) {
            return Err(self.give_back(ask, &given.reference, TOO_DEAR).await);
        }
        let assigned_at = self.clock.now();
        let country = ask.country.unwrap_or(CountryCode(0));
        let (cost, until) = (given.cost.unwrap_or(ask.cost_max), end_of(ask, assigned_at));
        let loan = Loan { number, country, cost, assigned_at, until };
        let lent = UpstreamLent { reference: given.reference, loan };
        match self.store.lend_upstream(ask.key.clone(), lent.clone()).await {
            Ok(()) if given.cost.is_none() && ask.duration.is_none() => self.price(ask, lent).await,
            Ok(()) => Ok(lent.loan),
            // Another lost purchase took it, or the wholesaler gave it twice. Its list shows whether there is
            // one for this purchase too.
            Err(error @ PortError::Conflict(_)) => {
                tracing::error!(supplier = %ask.key.supplier, "a number is another loan's already");
                Err(PortError::Unknown(error.to_string()))
            }
            Err(error) => Err(PortError::Unknown(error.to_string())),
        }
    }

    /// Corrects the cost of a loan whose answer had none, if the list of open loans says it in time.
    async fn price(&self, ask: &UpstreamAsk, lent: UpstreamLent) -> Result<Loan, PortError> {
        let listed = timeout(COST_WITHIN, self.listed_cost(&lent.reference)).await;
        let Ok(Some(cost)) = listed else { return Ok(lent.loan) };
        if cost > ask.cost_max {
            return Err(self.give_back(ask, &lent.reference, TOO_DEAR).await);
        }
        let priced = UpstreamLent { loan: Loan { cost, ..lent.loan }, ..lent };
        if let Err(error) = self.store.lend_upstream(ask.key.clone(), priced.clone()).await {
            tracing::warn!(supplier = %ask.key.supplier, %error, "a cost could not be stored");
        }
        Ok(priced.loan)
    }

    /// What the list of open loans says of a number whose answer had no cost.
    async fn listed_cost(&self, reference: &str) -> Option<Msat> {
        let since = tokio::time::Instant::now();
        let list = self.open.since(&self.wholesaler, since).await.ok()?;
        list.loans.get(reference)?.cost?.cost(self.wholesaler.options.msat_per_unit)
    }
}

pub(super) fn end_of(ask: &UpstreamAsk, assigned_at: Timestamp) -> Timestamp {
    assigned_at.after(ask.duration.unwrap_or(CODE_LOAN))
}

/// `{"activationId":"1","phoneNumber":"79…","activationCost":"12.50","countryCode":"2"}`
fn read_v2(answer: &Answer, unit: i64) -> Result<Given, PortError> {
    // Some answer the new action in the old form.
    if let Some(given) = read_v1(answer) {
        return Ok(given);
    }
    let wrong = || unreadable("is no number", Effect::Buys);
    let json = answer.json().ok_or_else(wrong)?;
    let at = |name: &str| json.get(name).and_then(text);
    Ok(Given {
        reference: at("activationId").as_deref().and_then(reference).ok_or_else(wrong)?,
        number: at("phoneNumber").unwrap_or_default(),
        cost: read_cost(json.get("activationCost"), unit)?,
    })
}

/// `None`: it is not said. What is said and is no amount is above every limit.
pub(super) fn read_cost(value: Option<&Value>, unit: i64) -> Result<Option<Msat>, PortError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let cost = Units::of(value).and_then(|units| units.cost(unit));
            Ok(Some(cost.unwrap_or(Msat::new(i64::MAX))))
        }
    }
}

/// `ACCESS_NUMBER:123:79…`
fn read_v1(answer: &Answer) -> Option<Given> {
    let (id, number) = answer.after("ACCESS_NUMBER:")?.split_once(':')?;
    let number = number.trim().to_owned();
    Some(Given { reference: reference(id)?, number, cost: None })
}
