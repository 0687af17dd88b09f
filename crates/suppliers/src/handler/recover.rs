//! Finds the number of a purchase whose answer was lost. The purchase itself is never repeated.
//!
//! A wholesaler that keeps our `idempotency_key` shows it in its list of open loans. In the list of any other, the number
//! that was lent for a lost purchase is one that nobody here knows: of the same service, country and
//! duration, and in no row. The wholesaler's account must be used by this house alone.
//!
//! A purchase ends within [`CALLED_WITHIN`]: then its number is in a row, or its answer is lost too. So a
//! number that has been in no row for as long belongs to a lost purchase, whichever process made it.
//! Two lost purchases of one kind may get each other's number. Where the list does not say which of two
//! kinds a number is of, it is taken for neither.
//!
//! | the list | the loan |
//! |---|---|
//! | shows our name, or an unknown number that fits, for 30 s | lent; what costs too much is returned |
//! | shows none for 90 s | was not lent |
//! | shows none yet, or cannot be read | undecided: the status is unavailable |

use std::collections::HashSet;
use std::time::Duration;

use domain::activation::loan::LoanState;
use domain::activation::upstream::UpstreamAsk;
use domain::limits::SUPPLIER_TIMEOUT;
use domain::ports::PortError;
use tokio::time::Instant;

use super::HandlerSupplier;
use super::acquire::Given;
use super::fits::{fits, is_exact};
use super::open_loans::OpenLoan;

/// A purchase that is called takes no longer.
pub(super) const CALLED_WITHIN: Duration = SUPPLIER_TIMEOUT;

/// How long after its time limit a request may still be acted on by the wholesaler.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// After this a purchase that no list shows was not made.
pub(super) const DECIDED_AFTER: Duration = CALLED_WITHIN.saturating_add(ARRIVES_WITHIN);

/// Loans that are undecided for longer are not compared with others.
const COMPARED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
const COMPARED_MAX: u32 = 1_000;

pub(super) fn undecided(why: &str) -> PortError {
    PortError::Unavailable(format!("a lost answer is undecided: {why}"))
}

impl HandlerSupplier {
    pub(super) async fn recover(&self, ask: &UpstreamAsk) -> Result<LoanState, PortError> {
        let (at, listed) = match ask.duration {
            None => self.open_codes().await?,
            Some(_) => self.open_rentals().await?,
        };
        // Two that are lost at once do not choose the same number.
        let _one = self.recovering.lock().await;
        let is_late = self.searched.see(ask.key.loan, at) >= DECIDED_AFTER;
        match self.choose(ask, &listed, at, is_late).await? {
            Some(given) => self.adopt(ask, given).await,
            None if is_late => {
                self.store.deny_upstream(ask.key.clone()).await?;
                self.searched.forget(&ask.key.loan);
                Ok(LoanState::Unknown)
            }
            None => Err(undecided("it may still arrive")),
        }
    }

    async fn open_codes(&self) -> Result<(Instant, Vec<OpenLoan>), PortError> {
        let list = self.open.since(&self.wholesaler, Instant::now()).await?;
        Ok((list.at, list.loans.values().cloned().collect()))
    }

    async fn adopt(&self, ask: &UpstreamAsk, given: Given) -> Result<LoanState, PortError> {
        tracing::warn!(supplier = %ask.key.supplier, "a number was found whose purchase was not answered");
        match self.take(ask, given).await {
            Ok(_) => self.loan_state(ask.key.loan).await,
            // It is returned.
            Err(PortError::Refused(_)) => Ok(LoanState::Unknown),
            Err(error) => Err(undecided(&error.to_string())),
        }
    }

    /// The number with our name, or the unknown one with the lowest reference. One that costs too much is
    /// left to a loan that may cost more, until it is late.
    async fn choose(
        &self,
        ask: &UpstreamAsk,
        listed: &[OpenLoan],
        at: Instant,
        is_late: bool,
    ) -> Result<Option<Given>, PortError> {
        let unit = self.wholesaler.options.msat_per_unit;
        let cost = |loan: &OpenLoan| loan.cost.and_then(|cost| cost.cost(unit));
        let given = |loan: &OpenLoan| Given {
            reference: loan.reference.clone(),
            number: loan.number.map(|number| number.digits().to_string()).unwrap_or_default(),
            cost: cost(loan),
        };
        if let Some(ours) = listed.iter().find(|loan| loan.loan == Some(ask.key.loan)) {
            return Ok(Some(given(ours)));
        }
        let mut unknown = self.unknown(ask, listed, at).await?;
        unknown.sort_by(|a, b| a.reference.cmp(&b.reference));
        let may_cost = |loan: &&&OpenLoan| cost(loan).is_none_or(|cost| cost <= ask.cost_max);
        let dear = unknown.first().filter(|_| is_late);
        Ok(unknown.iter().find(may_cost).or(dear).map(|loan| given(loan)))
    }

    /// Those that fit this loan and no other kind of loan, and have been in no row for long enough.
    async fn unknown<'a>(
        &self,
        ask: &UpstreamAsk,
        listed: &'a [OpenLoan],
        at: Instant,
    ) -> Result<Vec<&'a OpenLoan>, PortError> {
        let unnamed = listed.iter().filter(|loan| loan.loan.is_none());
        let mut fitting: Vec<_> = unnamed.filter(|loan| fits(ask, loan)).collect();
        if fitting.is_empty() {
            return Ok(fitting);
        }
        let supplier = &ask.key.supplier;
        let references = fitting.iter().map(|loan| loan.reference.clone()).collect();
        let known = self.store.upstream_references(supplier.clone(), references).await?;
        let known: HashSet<_> = known.into_iter().collect();
        let is_rental = ask.duration.is_some();
        fitting.retain(|loan| !known.contains(&loan.reference));
        let unclaimed = fitting.len();
        fitting.retain(|loan| {
            self.unclaimed.see((is_rental, loan.reference.clone()), at) >= CALLED_WITHIN
        });
        if fitting.is_empty() && unclaimed > 0 {
            // However late it is: it may be the one.
            return Err(undecided("a number that fits is not in the list for long"));
        }
        if fitting.is_empty() {
            return Ok(fitting);
        }
        let since = self.clock.now().before(COMPARED_WITHIN);
        let others = self.store.upstream_asks(supplier.clone(), COMPARED_MAX).await?;
        let differs = |other: &&UpstreamAsk| {
            other.asked_at >= since
                && other.duration.is_some() == is_rental
                && (&other.service, other.country, other.duration)
                    != (&ask.service, ask.country, ask.duration)
        };
        let others: Vec<_> = others.iter().filter(differs).collect();
        let is_only =
            |loan: &&OpenLoan| is_exact(ask, loan) || !others.iter().any(|other| fits(other, loan));
        Ok(fitting.into_iter().filter(is_only).collect())
    }
}
