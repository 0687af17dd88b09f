//! A supplier that remembers what it lent, whatever becomes of its callers. What it does depends on the
//! service:
//!
//! | service | acquire | messages |
//! |---|---|---|
//! | `no` | it has none | – |
//! | `lost` | lends, and its answer is lost | a code |
//! | `gone` | lends nothing, and its answer is lost | – |
//! | `same` | always the same number | – |
//! | `none` | lends | – |
//! | `push` | lends | a code, delivered to the inbox alone |
//! | any other | lends | a code |

#![allow(clippy::unwrap_used, reason = "a fake for tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanMessage, LoanState, Offer, OfferQuery};
use domain::activation::{CountryCode, Network, SupplierName};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{Acquire, Clock, Extend, LoanInbox, PortError, Supplier};
use domain::text::Text;
use uuid::Uuid;

use crate::crash::Fuse;

pub const COUNTRY: CountryCode = CountryCode(43);

/// What a number costs, unless another cost is set.
pub const COST: Msat = Msat::new(400_000);

#[derive(Debug)]
pub struct Lender {
    name: SupplierName,
    cost: Msat,
    first: u64,
    /// How many numbers it has.
    stock: u64,
    clock: Arc<dyn Clock>,
    refuses: AtomicBool,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    loans: BTreeMap<Uuid, Lent>,
    acquires: Vec<Uuid>,
    pushed: BTreeSet<Uuid>,
}

#[derive(Debug)]
struct Lent {
    loan: Loan,
    is_over: bool,
    pushes: bool,
    messages: Vec<LoanMessage>,
}

impl Lender {
    /// With `stock` numbers from `first` on.
    pub fn new(name: &str, first: u64, stock: u64, cost: Msat, clock: Arc<dyn Clock>) -> Arc<Self> {
        let name = SupplierName::new(name);
        let (refuses, book) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { name, cost, first, stock, clock, refuses, book })
    }

    /// From now on it offers numbers and lends none.
    pub fn refuse(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    /// How often it was called to acquire, for each loan.
    pub fn acquires(&self) -> BTreeMap<Uuid, usize> {
        let mut counts = BTreeMap::new();
        for loan in &self.book.lock().unwrap().acquires {
            *counts.entry(*loan).or_default() += 1;
        }
        counts
    }

    /// Numbers that are lent now, each with how many loans it is lent for.
    pub fn lent(&self) -> BTreeMap<Msisdn, usize> {
        let mut counts = BTreeMap::new();
        for lent in self.book.lock().unwrap().loans.values().filter(|lent| !lent.is_over) {
            *counts.entry(lent.loan.number).or_default() += 1;
        }
        counts
    }

    /// A message arrives at the number of a loan, also after its end.
    pub fn receive(&self, loan: Uuid, key: &str, text: &str) {
        let mut book = self.book.lock().unwrap();
        let at = self.clock.now();
        let message = LoanMessage { key: key.to_owned(), text: Text::from(text), code: None, at };
        book.loans.get_mut(&loan).unwrap().messages.push(message);
    }

    /// What it brings to its inbox.
    pub fn message(&self, loan: Uuid) -> Option<LoanMessage> {
        self.book.lock().unwrap().loans.get(&loan)?.messages.first().cloned()
    }

    fn lend(&self, wanted: &Acquire) -> Option<Loan> {
        let mut book = self.book.lock().unwrap();
        let lent: BTreeSet<_> =
            book.loans.values().filter(|lent| !lent.is_over).map(|lent| lent.loan.number).collect();
        let service = wanted.service.as_str();
        let mut numbers = (0..self.stock)
            .map(|at| Msisdn::from_digits(self.first + at).unwrap())
            .filter(|number| service == "same" || !lent.contains(number));
        let number = numbers.next()?;
        let now = self.clock.now();
        let until = now.after(wanted.duration.unwrap_or(Duration::from_secs(30 * 60)));
        let (country, cost) = (COUNTRY, self.cost);
        let loan = Loan { number, country, cost, assigned_at: now, until };
        let code = LoanMessage {
            key: "1".to_owned(),
            text: Text::from("Your code is 48010"),
            code: None,
            at: now,
        };
        let is_silent = ["none", "same"].contains(&service);
        let messages = if is_silent { Vec::new() } else { vec![code] };
        let pushes = service == "push";
        let entry = Lent { loan: loan.clone(), is_over: false, pushes, messages };
        book.loans.insert(wanted.loan, entry);
        Some(loan)
    }
}

#[async_trait]
impl Supplier for Lender {
    fn name(&self) -> &SupplierName {
        &self.name
    }

    fn network(&self) -> Network {
        Network::Any
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(Duration::from_secs(2))
    }

    async fn run(&self, inbox: Arc<dyn LoanInbox>) {
        loop {
            let waiting: Vec<_> = {
                let book = self.book.lock().unwrap();
                let of = book.loans.iter().filter(|(id, lent)| {
                    lent.pushes && !lent.messages.is_empty() && !book.pushed.contains(*id)
                });
                of.map(|(id, lent)| (*id, lent.messages[0].clone())).collect()
            };
            for (loan, message) in waiting {
                if inbox.deliver(&self.name, loan, message).await.is_ok() {
                    self.book.lock().unwrap().pushed.insert(loan);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        if query.country.is_some_and(|country| country != COUNTRY) {
            return Ok(Vec::new());
        }
        Ok(vec![Offer { country: COUNTRY, count: self.stock, cost: self.cost }])
    }

    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError> {
        self.book.lock().unwrap().acquires.push(wanted.loan);
        let none = || PortError::Refused("no numbers".to_owned());
        let lost = || PortError::Unknown("the answer is lost".to_owned());
        let elsewhere = wanted.country.is_some_and(|country| country != COUNTRY);
        if elsewhere || self.cost > wanted.cost_max || self.refuses.load(Ordering::SeqCst) {
            return Err(none());
        }
        match wanted.service.as_str() {
            "no" => Err(none()),
            "gone" => Err(lost()),
            "lost" => self.lend(&wanted).map_or_else(|| Err(none()), |_| Err(lost())),
            _ => self.lend(&wanted).ok_or_else(none),
        }
    }

    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError> {
        let book = self.book.lock().unwrap();
        Ok(match book.loans.get(&loan) {
            None => LoanState::Unknown,
            Some(lent) if lent.is_over => LoanState::Over(lent.messages.clone()),
            Some(lent) if lent.pushes => LoanState::Lent(lent.loan.clone(), Vec::new()),
            Some(lent) => LoanState::Lent(lent.loan.clone(), lent.messages.clone()),
        })
    }

    async fn await_next(&self, loan: Uuid) -> Result<(), PortError> {
        match self.status(loan).await? {
            LoanState::Lent(..) => Ok(()),
            _ => Err(PortError::Conflict("not on loan".to_owned())),
        }
    }

    async fn extend(&self, extend: Extend) -> Result<Loan, PortError> {
        let mut book = self.book.lock().unwrap();
        let lent = book.loans.get_mut(&extend.loan).filter(|lent| !lent.is_over);
        let lent = lent.ok_or_else(|| PortError::Refused("not on loan".to_owned()))?;
        lent.loan.until = lent.loan.until.max(extend.until);
        Ok(lent.loan.clone())
    }

    async fn finish(&self, loan: Uuid) -> Result<(), PortError> {
        self.release(loan).await
    }

    async fn release(&self, loan: Uuid) -> Result<(), PortError> {
        if let Some(lent) = self.book.lock().unwrap().loans.get_mut(&loan) {
            lent.is_over = true;
        }
        Ok(())
    }
}

/// Calls of a process that can die: those with an effect are steps.
#[derive(Debug)]
pub struct FusedSupplier {
    pub inner: Arc<dyn Supplier>,
    pub fuse: Arc<Fuse>,
}

#[async_trait]
impl Supplier for FusedSupplier {
    fn name(&self) -> &SupplierName {
        self.inner.name()
    }

    fn network(&self) -> Network {
        self.inner.network()
    }

    fn poll_every(&self) -> Option<Duration> {
        self.inner.poll_every()
    }

    async fn run(&self, inbox: Arc<dyn LoanInbox>) {
        self.inner.run(inbox).await;
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        self.fuse.alive(self.inner.offers(query)).await
    }

    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError> {
        self.fuse.through(self.inner.acquire(wanted)).await
    }

    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError> {
        self.fuse.alive(self.inner.status(loan)).await
    }

    async fn await_next(&self, loan: Uuid) -> Result<(), PortError> {
        self.fuse.through(self.inner.await_next(loan)).await
    }

    async fn extend(&self, extend: Extend) -> Result<Loan, PortError> {
        self.fuse.through(self.inner.extend(extend)).await
    }

    async fn finish(&self, loan: Uuid) -> Result<(), PortError> {
        self.fuse.through(self.inner.finish(loan)).await
    }

    async fn release(&self, loan: Uuid) -> Result<(), PortError> {
        self.fuse.through(self.inner.release(loan)).await
    }
}
