//! A supplier with a fixed stock, and what it lends, recorded through the store's port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanMessage, LoanState, Offer, OfferQuery};
use domain::activation::{Activation, CountryCode, Network, SupplierName};
use domain::id::OrderId;
use domain::number::Msisdn;
use domain::ports::{
    Acquire, Asking, Clock, Extend, LoanInbox, LoanNews, LoanReport, PortError, Supplier,
};
use engine::OrderSettings;
use uuid::Uuid;

use crate::client::Answer;
use crate::house::{House, Open, sats};

/// Numbers of these services are lent in Germany, the USA and, for 5,000 sats, in India.
const SERVICES: [&str; 5] = ["tg", "vk", "ot", "none", "full"];

#[derive(Debug)]
pub(crate) struct FakeSupplier(SupplierName, Network);

pub(crate) fn name() -> SupplierName {
    SupplierName::new("fake")
}

fn never<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("nobody works on orders here".into()))
}

#[async_trait]
impl Supplier for FakeSupplier {
    fn name(&self) -> &SupplierName {
        &self.0
    }

    fn network(&self) -> Network {
        self.1
    }

    fn poll_every(&self) -> Option<Duration> {
        None
    }

    async fn run(&self, _: Arc<dyn LoanInbox>) {
        std::future::pending::<()>().await;
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        let stock = [(22, 7, 5_000), (43, 3, 100), (187, 28, 100)];
        let wanted = |country| query.country.is_none_or(|wanted| wanted == country);
        let offers = stock.map(|(country, count, cost)| Offer {
            country: CountryCode(country),
            count,
            cost: sats(cost),
        });
        let has = SERVICES.contains(&query.service.as_str());
        Ok(offers.into_iter().filter(|offer| has && wanted(offer.country)).collect())
    }

    async fn acquire(&self, _: Acquire) -> Result<Loan, PortError> {
        never()
    }

    async fn status(&self, _: Uuid) -> Result<LoanState, PortError> {
        never()
    }

    async fn await_next(&self, _: Uuid) -> Result<(), PortError> {
        never()
    }

    async fn extend(&self, _: Extend) -> Result<Loan, PortError> {
        never()
    }

    async fn finish(&self, _: Uuid) -> Result<(), PortError> {
        never()
    }

    async fn release(&self, _: Uuid) -> Result<(), PortError> {
        never()
    }
}

/// A house that sells numbers.
pub(crate) async fn selling() -> House {
    selling_with(OrderSettings::default()).await
}

pub(crate) async fn selling_with(orders: OrderSettings) -> House {
    House::with_suppliers(vec![Arc::new(FakeSupplier(name(), Network::Any))], orders).await
}

pub(crate) fn order_of(answer: &Answer) -> OrderId {
    let body = answer.json();
    let id = body["orderId"].as_str();
    id.unwrap_or_else(|| panic!("no order: {answer}")).parse().unwrap()
}

pub(crate) async fn activation(house: &House, order: OrderId) -> Activation {
    house.store.activation_of_order(order).await.unwrap().unwrap()
}

/// What the supplier says of the order's number now.
async fn says(house: &House, order: OrderId, news: LoanNews, messages: Vec<LoanMessage>) {
    let (activation, now) = (activation(house, order).await, house.clock.now());
    let due_at = now.after(Duration::from_secs(60));
    let (loan, node) = (activation.loan, Some("test".to_owned()));
    let report = LoanReport { loan, node, supplier: Some(name()), news, messages, due_at };
    house.store.record_loans(vec![report], now).await.unwrap();
}

/// The supplier is about to be called.
pub(crate) async fn ask(house: &House, order: OrderId) {
    let (found, now) = (activation(house, order).await, house.clock.now());
    let until = now.after(Duration::from_secs(60));
    // The lease may be ours from an earlier order.
    house.store.claim_activations("test", now, until, 1_000).await.unwrap();
    // The end of the rental that it extends, as a claim says.
    let rental_until = match found.wanted.extends() {
        Some(rental) => Some(house.store.activation(rental).await.unwrap().unwrap().until),
        None => None,
    };
    let asking = vec![Asking { activation: found.id, supplier: name(), rental_until }];
    let marked = house.store.mark_acquiring("test", asking, until, now).await.unwrap();
    assert_eq!(marked, [true]);
}

/// Lends +4915112345678, and for each further order the next number.
pub(crate) async fn assign(house: &House, order: OrderId) {
    let (found, now) = (activation(house, order).await, house.clock.now());
    ask(house, order).await;
    let digits = 4_915_112_345_677 + u64::try_from(found.id.0).unwrap();
    let time = found.wanted.duration().unwrap_or(Duration::from_secs(21 * 60));
    let loan = Loan {
        number: Msisdn::from_digits(digits).unwrap(),
        country: CountryCode(43),
        cost: sats(100),
        assigned_at: now,
        until: now.after(time),
    };
    says(house, order, LoanNews::Assigned(loan), Vec::new()).await;
}

pub(crate) async fn bring(house: &House, order: OrderId, key: &str, text: &str) {
    let at = house.clock.now();
    let message = LoanMessage { key: key.into(), text: text.into(), code: None, at };
    says(house, order, LoanNews::Pushed, vec![message]).await;
}

pub(crate) async fn no_number(house: &House, order: OrderId) {
    says(house, order, LoanNews::NoneLeft, Vec::new()).await;
}

/// Buys with a body from credit, and returns the order.
pub(crate) async fn buy(open: &Open, key: &str, body: &str) -> OrderId {
    let body = body.replacen('{', r#"{"immediate":true,"#, 1);
    order_of(&open.post_with_key("/createorder", key, &body).await)
}
