//! A simulated supplier, so that every kind of number can be tried without one. It has numbers in every
//! country, which cost nothing and are lent once each; a code comes within two seconds.
//!
//! | service | messages |
//! |---|---|
//! | `none` | never one |
//! | any other, for one code | one with a code of six digits, and another for each further code that is wanted |
//! | any rental | one at once, and one half a minute later |
//!
//! It keeps its loans in memory: after a restart it knows none of them, as a supplier that went out of
//! business.

mod countries;
mod loans;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanState, Offer, OfferQuery};
use domain::activation::{Network, SupplierName};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{Acquire, Clock, Extend, LoanInbox, PortError, Random, Supplier};
use futures_util::future::join_all;
use uuid::Uuid;

use self::countries::{countries, first_digits};
use self::loans::{Due, Loans};

/// The name that orders show.
pub const NAME: &str = "sandbox";

/// Numbers in each country: they never run out.
const STOCK: u64 = 1_000;

/// How long a number is lent for one code.
const CODE_LOAN: Duration = Duration::from_secs(22 * 60);

/// How often a lost message is found, and a loan that is known no more.
const POLL: Duration = Duration::from_secs(30);

/// How exactly messages are on time.
const TICK: Duration = Duration::from_millis(100);

/// Digits of a number after those of its country, and how many numbers that makes.
const SUBSCRIBERS: u64 = 10_000_000;

#[derive(Debug)]
pub struct SandboxSupplier {
    name: SupplierName,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    loans: Loans,
}

impl SandboxSupplier {
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let first = u64::from_be_bytes(eight_bytes(&*random)) % SUBSCRIBERS;
        Self { name: SupplierName::new(NAME), clock, random, loans: Loans::from(first) }
    }

    async fn deliver(&self, inbox: &dyn LoanInbox, due: Due) {
        let Due { loan, message, .. } = due.clone();
        match inbox.deliver(&self.name, loan, message).await {
            Ok(()) | Err(PortError::Refused(_)) => {}
            // Before its number is stored, or while the store is away.
            Err(_) => self.loans.again(due, self.clock.now().after(TICK)),
        }
    }
}

fn eight_bytes(random: &dyn Random) -> [u8; 8] {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    bytes
}

#[async_trait]
impl Supplier for SandboxSupplier {
    fn name(&self) -> &SupplierName {
        &self.name
    }

    fn network(&self) -> Network {
        Network::RealPhones
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(POLL)
    }

    async fn run(&self, inbox: Arc<dyn LoanInbox>) {
        loop {
            let due = self.loans.due(self.clock.now());
            if due.is_empty() {
                tokio::time::sleep(TICK).await;
            } else {
                join_all(due.into_iter().map(|due| self.deliver(&*inbox, due))).await;
            }
        }
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        let wanted = |country| query.country.is_none_or(|wanted| wanted == country);
        let offered = countries().iter().filter(|(country, _)| wanted(*country));
        Ok(offered
            .map(|(country, _)| Offer { country: *country, count: STOCK, cost: Msat::ZERO })
            .collect())
    }

    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError> {
        let any = || countries().first().map(|(country, _)| *country);
        let unknown = || PortError::Refused("there are no numbers in this country".to_owned());
        let country = wanted.country.or_else(any).ok_or_else(unknown)?;
        let first = first_digits(country).ok_or_else(unknown)?;
        let subscriber = self.loans.next_subscriber() % SUBSCRIBERS;
        let digits = first.saturating_mul(SUBSCRIBERS).saturating_add(subscriber);
        let number = Msisdn::from_digits(digits)
            .map_err(|_| PortError::Refused("a number is too long".to_owned()))?;
        let now = self.clock.now();
        let until = now.after(wanted.duration.unwrap_or(CODE_LOAN));
        let loan = Loan { number, country, cost: Msat::ZERO, assigned_at: now, until };
        let added = self.loans.add(wanted.loan, loan.clone(), &wanted.service, wanted.duration);
        if !added {
            return Err(PortError::Conflict("the loan was acquired before".to_owned()));
        }
        self.loans.plan(wanted.loan, &*self.random, now);
        Ok(loan)
    }

    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError> {
        Ok(self.loans.state(loan, self.clock.now()))
    }

    async fn await_next(&self, loan: Uuid) -> Result<(), PortError> {
        let now = self.clock.now();
        match self.loans.state(loan, now) {
            LoanState::Lent(..) => {
                self.loans.plan_next(loan, &*self.random, now);
                Ok(())
            }
            LoanState::Over(_) | LoanState::Unknown => {
                Err(PortError::Conflict("the number is not on loan".to_owned()))
            }
        }
    }

    async fn extend(&self, extend: Extend) -> Result<Loan, PortError> {
        let over = || PortError::Refused("the number is not on loan".to_owned());
        self.loans.extend(extend.loan, extend.until, self.clock.now()).ok_or_else(over)
    }

    async fn finish(&self, loan: Uuid) -> Result<(), PortError> {
        self.loans.end(loan);
        Ok(())
    }

    async fn release(&self, loan: Uuid) -> Result<(), PortError> {
        self.loans.end(loan);
        Ok(())
    }
}
