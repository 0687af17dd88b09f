//! The conformance suite of [`Supplier`], as named cases, and an inbox. An implementation provides a [`Rig`]
//! and calls [`supplier_conformance!`](crate::supplier_conformance!).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanMessage, LoanState};
use domain::activation::{CountryCode, NumberRequest, ServiceCode, SupplierName};
use domain::money::Msat;
use domain::ports::{Acquire, Extend, LoanInbox, PortError, Supplier};
use uuid::Uuid;

/// A supplier that has at least two numbers, for the service `tg`, in some country.
#[async_trait]
pub trait Rig: Send + Sync {
    fn supplier(&self) -> Arc<dyn Supplier>;

    /// What a number costs.
    fn cost(&self) -> Msat;

    /// Whether it rents and extends.
    fn rents(&self) -> bool;

    /// A message arrives at the number.
    async fn receive(&self, loan: &Loan);

    /// Time passes.
    async fn pass(&self, time: Duration);
}

/// Keeps what is delivered.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<Vec<(Uuid, LoanMessage)>>);

impl Inbox {
    pub fn messages(&self, loan: Uuid) -> Vec<LoanMessage> {
        let kept = self.0.lock().unwrap();
        kept.iter().filter(|(of, _)| *of == loan).map(|(_, message)| message.clone()).collect()
    }
}

#[async_trait]
impl LoanInbox for Inbox {
    async fn deliver(
        &self,
        _: &SupplierName,
        loan: Uuid,
        message: LoanMessage,
    ) -> Result<(), PortError> {
        self.0.lock().unwrap().push((loan, message));
        Ok(())
    }
}

/// Ends the supplier's worker when it is dropped.
#[derive(Debug)]
pub struct Running(tokio::task::AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[allow(clippy::disallowed_methods, reason = "tests have no supervisor")]
pub fn running(supplier: Arc<dyn Supplier>, inbox: Arc<Inbox>) -> Running {
    Running(tokio::spawn(async move { supplier.run(inbox).await }).abort_handle())
}

/// Creates a `#[tokio::test]` with paused time for every case; `$rig` is a function that creates a fresh
/// [`Rig`].
#[macro_export]
macro_rules! supplier_conformance {
    ($rig:path) => {
        $crate::supplier_conformance! { @each $rig:
            lends_what_it_offers
            lends_two_numbers_for_two_loans
            lends_nothing_above_the_cost_that_is_allowed
            refuses_a_country_without_numbers
            knows_no_loan_that_was_not_acquired
            reports_each_message_once_by_its_key
            brings_another_message_on_demand
            ends_a_loan_once
            rents_and_extends
        }
    };
    (@each $rig:path: $($case:ident)+) => {
        $(#[tokio::test(start_paused = true)]
        async fn $case() {
            $crate::supplier_conformance::$case(&$rig()).await;
        })+
    };
}

fn service() -> ServiceCode {
    "tg".parse().unwrap()
}

const fn loan(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn acquire(loan: Uuid, cost_max: Msat) -> Acquire {
    Acquire { loan, service: service(), country: None, duration: None, cost_max }
}

/// Messages of a loan, by whichever way they are reported.
async fn received(supplier: &dyn Supplier, inbox: &Inbox, loan: Uuid) -> Vec<LoanMessage> {
    let mut all = inbox.messages(loan);
    match supplier.status(loan).await {
        Ok(LoanState::Lent(_, messages) | LoanState::Over(messages)) => all.extend(messages),
        Ok(LoanState::Unknown) | Err(_) => {}
    }
    let mut keys = BTreeSet::new();
    all.retain(|message| keys.insert(message.key.clone()));
    all
}

/// A supplier may answer later, but it does answer.
async fn status(rig: &impl Rig, loan: Uuid) -> LoanState {
    for _ in 0..100 {
        match rig.supplier().status(loan).await {
            Ok(state) => return state,
            Err(_) => rig.pass(Duration::from_secs(5)).await,
        }
    }
    panic!("no status");
}

pub async fn lends_what_it_offers(rig: &impl Rig) {
    let supplier = rig.supplier();
    let offers = supplier.offers(&NumberRequest::for_code(service(), None)).await.unwrap();
    let offer = offers.iter().find(|offer| offer.count > 0).expect("it has a number");
    let countries: BTreeSet<_> = offers.iter().map(|offer| offer.country).collect();
    assert_eq!(countries.len(), offers.len(), "each country once");
    assert_eq!(offer.cost, rig.cost());
    let country = Some(offer.country);
    let wanted = NumberRequest::for_code(service(), country);
    assert!(supplier.offers(&wanted).await.unwrap().iter().any(|of| of.country == offer.country));
    let lent = supplier.acquire(Acquire { country, ..acquire(loan(1), rig.cost()) }).await.unwrap();
    assert_eq!((lent.country, lent.cost), (offer.country, rig.cost()));
    assert!(lent.until > lent.assigned_at);
    match status(rig, loan(1)).await {
        LoanState::Lent(same, messages) => {
            assert_eq!((same.number, same.country), (lent.number, lent.country));
            assert!(messages.is_empty());
        }
        other => panic!("{other:?}"),
    }
}

pub async fn lends_two_numbers_for_two_loans(rig: &impl Rig) {
    let supplier = rig.supplier();
    let one = supplier.acquire(acquire(loan(1), rig.cost())).await.unwrap();
    let other = supplier.acquire(acquire(loan(2), rig.cost())).await.unwrap();
    assert_ne!(one.number, other.number);
}

pub async fn lends_nothing_above_the_cost_that_is_allowed(rig: &impl Rig) {
    let Some(less) = rig.cost().checked_sub(Msat::new(1)).filter(|less| !less.is_negative()) else {
        return;
    };
    let refused = rig.supplier().acquire(acquire(loan(1), less)).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
}

pub async fn refuses_a_country_without_numbers(rig: &impl Rig) {
    let country = Some(CountryCode(998));
    let wanted = Acquire { country, ..acquire(loan(1), rig.cost()) };
    let refused = rig.supplier().acquire(wanted).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    assert_eq!(status(rig, loan(1)).await, LoanState::Unknown);
    let offers = rig.supplier().offers(&NumberRequest::for_code(service(), country)).await;
    assert_eq!(offers, Ok(Vec::new()));
}

pub async fn knows_no_loan_that_was_not_acquired(rig: &impl Rig) {
    assert_eq!(status(rig, loan(9)).await, LoanState::Unknown);
    rig.supplier().release(loan(9)).await.unwrap();
    rig.supplier().finish(loan(9)).await.unwrap();
}

pub async fn reports_each_message_once_by_its_key(rig: &impl Rig) {
    let (supplier, inbox) = (rig.supplier(), Arc::new(Inbox::default()));
    let _running = running(supplier.clone(), inbox.clone());
    let lent = supplier.acquire(acquire(loan(1), rig.cost())).await.unwrap();
    rig.receive(&lent).await;
    let first = received(&*supplier, &inbox, loan(1)).await;
    assert_eq!(first.len(), 1, "{first:?}");
    rig.pass(Duration::from_secs(3)).await;
    let again = received(&*supplier, &inbox, loan(1)).await;
    assert_eq!(again, first);
}

pub async fn brings_another_message_on_demand(rig: &impl Rig) {
    let (supplier, inbox) = (rig.supplier(), Arc::new(Inbox::default()));
    let _running = running(supplier.clone(), inbox.clone());
    let lent = supplier.acquire(acquire(loan(1), rig.cost())).await.unwrap();
    rig.receive(&lent).await;
    assert_eq!(received(&*supplier, &inbox, loan(1)).await.len(), 1);
    supplier.await_next(loan(1)).await.unwrap();
    rig.receive(&lent).await;
    let messages = received(&*supplier, &inbox, loan(1)).await;
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_ne!(messages[0].key, messages[1].key);
}

pub async fn ends_a_loan_once(rig: &impl Rig) {
    let supplier = rig.supplier();
    supplier.acquire(acquire(loan(1), rig.cost())).await.unwrap();
    for _ in 0..2 {
        supplier.release(loan(1)).await.unwrap();
    }
    assert!(matches!(status(rig, loan(1)).await, LoanState::Over(_)));
    let refused = supplier.await_next(loan(1)).await;
    assert!(matches!(refused, Err(PortError::Conflict(_))), "{refused:?}");
}

pub async fn rents_and_extends(rig: &impl Rig) {
    if !rig.rents() {
        return;
    }
    let supplier = rig.supplier();
    let duration = Duration::from_secs(4 * 60 * 60);
    let wanted = Acquire { duration: Some(duration), ..acquire(loan(1), rig.cost()) };
    let rented = supplier.acquire(wanted).await.unwrap();
    assert!(rented.until >= rented.assigned_at.after(duration));
    let (from, until) = (rented.until, rented.until.after(duration));
    let extend = Extend { loan: loan(1), from, until, cost_max: rig.cost() };
    let extended = supplier.extend(extend).await.unwrap();
    assert_eq!(extended.number, rented.number);
    assert!(extended.until >= until);
    match status(rig, loan(1)).await {
        LoanState::Lent(lent, _) => assert!(lent.until >= until),
        other => panic!("{other:?}"),
    }
    supplier.release(loan(1)).await.unwrap();
    let over =
        supplier.extend(Extend { from: until, until: until.after(duration), ..extend }).await;
    assert!(over.is_err(), "{over:?}");
}
