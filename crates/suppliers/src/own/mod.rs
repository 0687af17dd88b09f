//! Numbers of ours that the store lends: on carriers, and on the SIM cards of phones. What comes to a number on loan is
//! stored as a message of the loan before its carrier is answered; here it is delivered to the engine.
//!
//! | the process died | it left | what happens |
//! |---|---|---|
//! | before the loan was stored | nothing | `status`: unknown; the id never gets a number |
//! | after it | a loan | `status` reports it; without a buyer it ends when its time is up |
//! | after a message was stored | a message that is due | it is delivered at the next start |
//! | after it was delivered, before that was stored | the same | it is delivered again, by the same key |
//!
//! Deliberately absent: prices. A number of ours costs nothing when it is lent.

mod countries;
mod deliver;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanMessage, LoanState, Offer, OfferQuery};
use domain::activation::{Network, SupplierName};
use domain::money::Msat;
use domain::number::pool::{LendNumber, LoanPurpose, PoolLine, PoolLoan, PoolMessage, PoolTerms};
use domain::ports::{Acquire, Clock, Extend, LoanInbox, PoolStock, PoolStore, PortError, Supplier};
use uuid::Uuid;

use self::countries::{code_of, named};

/// A supplier of the numbers on one kind of line.
pub struct OwnNumbers {
    name: SupplierName,
    line: PoolLine,
    terms: PoolTerms,
    /// Of what the buyer pays, for the owner of the phone.
    share_percent: u8,
    store: Arc<dyn PoolStore>,
    clock: Arc<dyn Clock>,
}

impl OwnNumbers {
    /// Numbers on carriers.
    pub fn on_carriers(
        terms: PoolTerms,
        store: Arc<dyn PoolStore>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let (name, line) = (SupplierName::new("own"), PoolLine::Carrier);
        Arc::new(Self::new(name, line, terms, store, clock))
    }

    pub(crate) const fn new(
        name: SupplierName,
        line: PoolLine,
        terms: PoolTerms,
        store: Arc<dyn PoolStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { name, line, terms, share_percent: 0, store, clock }
    }

    pub(crate) fn with_share(self, share_percent: u8) -> Self {
        Self { share_percent, ..self }
    }

    fn wanted(&self, wanted: &Acquire) -> Option<LendNumber> {
        let (purpose, time) = match wanted.duration {
            None => (LoanPurpose::Code, self.terms.code_time),
            Some(duration) => (LoanPurpose::Rent, duration),
        };
        Some(LendNumber {
            id: wanted.loan,
            line: self.line,
            purpose,
            service: wanted.service.clone(),
            countries: named(wanted.country)?,
            until: self.clock.now().after(time),
            terms: self.terms,
            share: share(wanted.cost_max, self.share_percent),
        })
    }

    async fn open_loan(&self, id: Uuid) -> Result<PoolLoan, PortError> {
        let now = self.clock.now();
        let loan = self.store.loan(self.line, id, now).await?;
        let over = || PortError::Conflict("the number is not on loan".to_owned());
        loan.filter(|loan| loan.is_open(now)).ok_or_else(over)
    }
}

fn share(price: Msat, percent: u8) -> Msat {
    let share = i128::from(price.get()) * i128::from(percent.min(100)) / 100;
    Msat::new(i64::try_from(share).unwrap_or(0))
}

fn view(loan: &PoolLoan) -> Result<Loan, PortError> {
    let unknown = || PortError::Refused("the country of the number is not sold".to_owned());
    Ok(Loan {
        number: loan.number,
        country: code_of(loan.country).ok_or_else(unknown)?,
        cost: Msat::ZERO,
        assigned_at: loan.lent_at,
        until: loan.until,
    })
}

fn message(message: PoolMessage) -> LoanMessage {
    let PoolMessage { number, text, at } = message;
    LoanMessage { key: number.to_string(), text, code: None, at }
}

#[async_trait]
impl Supplier for OwnNumbers {
    fn name(&self) -> &SupplierName {
        &self.name
    }

    fn network(&self) -> Network {
        match self.line {
            PoolLine::Carrier => Network::Any,
            PoolLine::Phone => Network::RealPhones,
        }
    }

    fn poll_every(&self) -> Option<Duration> {
        None
    }

    async fn run(&self, inbox: Arc<dyn LoanInbox>) {
        self.deliver_messages(&*inbox).await;
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        if query.extends().is_some() {
            return Ok(Vec::new());
        }
        let Some(countries) = named(query.country) else { return Ok(Vec::new()) };
        let purpose = if query.is_rental() { LoanPurpose::Rent } else { LoanPurpose::Code };
        let service = query.service.clone();
        let stock = PoolStock { line: self.line, purpose, service, countries };
        let stock = self.store.pool_stock(stock, self.clock.now()).await?;
        let offer =
            |(country, count)| Some(Offer { country: code_of(country)?, count, cost: Msat::ZERO });
        Ok(stock.into_iter().filter_map(offer).collect())
    }

    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError> {
        let none = || PortError::Refused("there is no such number".to_owned());
        let now = self.clock.now();
        let lend = self.wanted(&wanted).ok_or_else(none)?;
        let loan = self.store.lend(lend, now).await?.ok_or_else(none)?;
        if loan.is_open(now) { view(&loan) } else { Err(none()) }
    }

    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError> {
        let now = self.clock.now();
        let loan = self.store.loan(self.line, loan, now).await?;
        let Some(loan) = loan else { return Ok(LoanState::Unknown) };
        let messages = loan.messages.iter().cloned().map(message).collect();
        Ok(if loan.is_open(now) {
            LoanState::Lent(view(&loan)?, messages)
        } else {
            LoanState::Over(messages)
        })
    }

    /// A number on loan gets every message.
    async fn await_next(&self, loan: Uuid) -> Result<(), PortError> {
        self.open_loan(loan).await.map(drop)
    }

    async fn extend(&self, extend: Extend) -> Result<Loan, PortError> {
        let (store, now) = (&self.store, self.clock.now());
        let Extend { loan, until, .. } = extend;
        let longer = store.extend_loan(self.line, loan, until, self.terms, now).await?;
        let over = || PortError::Refused("the number is not on loan".to_owned());
        view(&longer.ok_or_else(over)?)
    }

    async fn finish(&self, loan: Uuid) -> Result<(), PortError> {
        self.release(loan).await
    }

    async fn release(&self, loan: Uuid) -> Result<(), PortError> {
        self.store.end_loan(self.line, loan, self.terms, self.clock.now()).await
    }
}

impl fmt::Debug for OwnNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnNumbers({})", self.name)
    }
}
