//! Finds the number of a purchase whose answer was lost. The purchase itself is never repeated.
//!
//! A wholesaler that keeps our `idempotency_key` shows it in its list of open loans. In the list of any other, the number
//! that was lent for a lost purchase is one that nobody here knows: of the same service and country, in no
//! row, not of a purchase that is under way, and not about to be returned. The wholesaler's account must
//! be used by this house alone.
//!
//! | the list, read after the purchase can have ended | the loan |
//! |---|---|
//! | shows our name, or an unknown number that fits | lent; what costs too much is returned |
//! | shows none, a minute later | was not lent |
//! | shows none yet, or cannot be read | undecided: the status is unavailable |

use std::time::Duration;

use domain::activation::loan::{Loan, LoanState};
use domain::activation::upstream::UpstreamAsk;
use domain::ports::PortError;
use serde_json::Value;
use tokio::time::Instant;

use super::HandlerSupplier;
use super::acquire::Given;
use super::answer::{Effect, unreadable};
use super::open_loans::{reference, text};

/// How long after its time limit a request may still be acted on by the wholesaler.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

fn undecided(why: &str) -> PortError {
    PortError::Unavailable(format!("a lost answer is undecided: {why}"))
}

impl HandlerSupplier {
    pub(super) async fn recover(&self, ask: &UpstreamAsk) -> Result<LoanState, PortError> {
        let age = self.clock.now().since(ask.asked_at);
        // The request goes out at most a timeout after *asked*, and waits as long for its answer.
        let called_within = self.wholesaler.options.timeout * 2;
        if age < called_within || self.buying.any_like(ask) {
            return Err(undecided("a purchase is under way"));
        }
        let found = match ask.duration {
            None => self.find_code_number(ask).await?,
            Some(_) => self.find_rental(ask).await?,
        };
        match found {
            Some(given) => self.adopt(ask, given).await,
            None if age < called_within + ARRIVES_WITHIN => Err(undecided("it may still arrive")),
            None => {
                self.store.deny_upstream(ask.key.clone()).await?;
                Ok(LoanState::Unknown)
            }
        }
    }

    async fn adopt(&self, ask: &UpstreamAsk, given: Given) -> Result<LoanState, PortError> {
        tracing::warn!(supplier = %ask.key.supplier, "a number was found whose purchase was not answered");
        match self.take(ask, given).await {
            Ok(Loan { .. }) => self.loan_state(ask.key.loan).await,
            Err(PortError::Refused(_)) => {
                self.store.deny_upstream(ask.key.clone()).await?;
                Ok(LoanState::Unknown)
            }
            Err(error) => Err(undecided(&error.to_string())),
        }
    }

    async fn find_code_number(&self, ask: &UpstreamAsk) -> Result<Option<Given>, PortError> {
        let list = self.open.since(&self.wholesaler, Instant::now()).await?;
        let unit = self.wholesaler.options.msat_per_unit;
        let ours = list.loans.values().find(|loan| loan.loan == Some(ask.key.loan));
        let fits = |loan: &&super::open_loans::OpenLoan| {
            let service = loan.service.as_deref().is_none_or(|it| it == ask.service.as_str());
            let country = match (loan.country, ask.country) {
                (Some(listed), Some(wanted)) => listed == wanted,
                _ => true,
            };
            loan.loan.is_none() && service && country && !self.unwanted.contains(&loan.reference)
        };
        let chosen = match ours {
            Some(loan) => Some(loan.clone()),
            None => {
                let candidates: Vec<_> = list.loans.values().filter(fits).collect();
                let references = candidates.iter().map(|loan| loan.reference.clone()).collect();
                let unknown = self.first_unknown(ask, references).await?;
                unknown.and_then(|reference| list.loans.get(&reference).cloned())
            }
        };
        Ok(chosen.map(|loan| Given {
            reference: loan.reference,
            number: loan.number.map(|number| number.digits().to_string()).unwrap_or_default(),
            country: loan.country,
            cost: loan.cost.and_then(|cost| cost.cost(unit)),
        }))
    }

    /// The lowest reference that no row has.
    async fn first_unknown(
        &self,
        ask: &UpstreamAsk,
        mut references: Vec<String>,
    ) -> Result<Option<String>, PortError> {
        if references.is_empty() {
            return Ok(None);
        }
        references.sort();
        let known =
            self.store.upstream_references(ask.key.supplier.clone(), references.clone()).await?;
        Ok(references.into_iter().find(|reference| !known.contains(reference)))
    }

    /// `{"status":"success","values":{"0":{"id":9,"phone":"79…"}}}`
    async fn find_rental(&self, ask: &UpstreamAsk) -> Result<Option<Given>, PortError> {
        let rentals = match self.wholesaler.ask("getRentList", &[]).await {
            Ok(answer) => {
                let json =
                    answer.json().ok_or_else(|| unreadable("is no list", Effect::Repeatable));
                read_rentals(json?)
            }
            // There is none.
            Err(PortError::Refused(_) | PortError::Conflict(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let wanted = |given: &&Given| !self.unwanted.contains(&given.reference);
        let references = rentals.iter().filter(wanted).map(|given| given.reference.clone());
        let Some(unknown) = self.first_unknown(ask, references.collect()).await? else {
            return Ok(None);
        };
        Ok(rentals.into_iter().find(|given| given.reference == unknown))
    }
}

fn read_rentals(json: &Value) -> Vec<Given> {
    let values = json.get("values").or_else(|| json.get("data")).unwrap_or(json);
    let entries: Vec<&Value> = match values {
        Value::Array(list) => list.iter().collect(),
        Value::Object(by_index) => by_index.values().collect(),
        _ => Vec::new(),
    };
    let read = |entry: &Value| {
        let at = |name: &str| entry.get(name).and_then(text);
        Some(Given {
            reference: reference(&at("id")?)?,
            number: at("phone").or_else(|| at("number")).unwrap_or_default(),
            country: None,
            cost: None,
        })
    };
    entries.into_iter().filter_map(read).collect()
}
