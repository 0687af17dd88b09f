//! Short constructors for the cases of numbers on loan.

use std::time::Duration;

use domain::activation::loan::{Loan, LoanMessage};
use domain::activation::{
    Activation, CountryCode, Network, NumberRequest, RentalTerm, SupplierName,
};
use domain::id::{AccountId, ActivationId, OrderId};
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    Asking, CreditOutcome, DueActivation, HoldOrder, LoanNews, LoanReport, LoansRecorded,
};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment};
use domain::text::Text;
use domain::time::Timestamp;

use super::world::{LEASE, NODE, PRICE, World, at};

pub(super) const SUPPLIER: &str = "first";
pub(super) const NUMBER: u64 = 4_915_100_000_000;

pub(super) fn named(name: &str) -> SupplierName {
    SupplierName::new(name)
}

pub(super) fn number(nth: u64) -> Msisdn {
    Msisdn::from_digits(NUMBER + nth).unwrap()
}

pub(super) fn for_code(service: &str) -> NumberRequest {
    NumberRequest::for_code(service.parse().unwrap(), Some(CountryCode(43)))
}

/// For four hours.
pub(super) fn rental(service: &str) -> NumberRequest {
    let rental = Some(RentalTerm { duration: Duration::from_secs(4 * 60 * 60), extends: None });
    NumberRequest { rental, network: Network::Any, ..for_code(service) }
}

pub(super) fn loan_of(nth: u64, now: Timestamp) -> Loan {
    Loan {
        number: number(nth),
        country: CountryCode(43),
        cost: Msat::new(400_000),
        assigned_at: now,
        until: now.after(Duration::from_secs(4 * 60 * 60)),
    }
}

pub(super) fn message(key: &str, text: &str, now: Timestamp) -> LoanMessage {
    LoanMessage { key: key.to_owned(), text: Text::from(text), code: None, at: now }
}

/// What [`SUPPLIER`] says; it is looked at again much later.
pub(super) fn report(order: OrderId, news: LoanNews, now: Timestamp) -> LoanReport {
    let due_at = match news {
        LoanNews::NoNumber => now,
        _ => now.after(Duration::from_secs(1_000_000)),
    };
    LoanReport {
        loan: order.loan(),
        node: Some(NODE.to_owned()),
        supplier: Some(named(SUPPLIER)),
        news,
        messages: Vec::new(),
        due_at,
    }
}

impl World {
    pub(super) async fn open_number(&self, wanted: NumberRequest) -> OrderId {
        let new = NewOrder { fulfilment: Fulfilment::number(wanted), ..self.new_order() };
        let id = new.id;
        self.add(new).await;
        id
    }

    /// Held by the node.
    pub(super) async fn paid_number(&self, wanted: NumberRequest) -> OrderId {
        let order = self.open_number(wanted).await;
        self.hold(order, None).await;
        order
    }

    pub(super) async fn number_paid_at(&self, wanted: NumberRequest, now: Timestamp) -> OrderId {
        let order = self.open_number(wanted).await;
        let hold = HoldOrder { order, held: PRICE, deadline_height: 1_000, message: None };
        self.store.hold_order(hold, now).await.unwrap();
        order
    }

    pub(super) fn new_credit_number(
        &self,
        account: AccountId,
        wanted: NumberRequest,
        key: Option<&str>,
    ) -> NewOrder {
        let request = |key: &str| Idempotency { key: key.to_owned(), request: [1; 32] };
        NewOrder {
            account: Some(account),
            payment: Payment::Credit,
            fulfilment: Fulfilment::number(wanted),
            idempotency: key.map(request),
            price: PRICE,
            ..self.new_order()
        }
    }

    pub(super) async fn spend_on_number(
        &self,
        account: AccountId,
        wanted: NumberRequest,
        key: Option<&str>,
    ) -> (OrderId, CreditOutcome) {
        let new = self.new_credit_number(account, wanted, key);
        let id = new.id;
        (id, self.store.add_credit_activations(vec![new]).await.unwrap().remove(0))
    }

    pub(super) async fn activation_of(&self, order: OrderId) -> Option<Activation> {
        self.store.activation_of_order(order).await.unwrap()
    }

    pub(super) async fn id_of(&self, order: OrderId) -> ActivationId {
        self.activation_of(order).await.unwrap().id
    }

    pub(super) async fn claim_due(&self, now: Timestamp) -> Vec<DueActivation> {
        self.store.claim_activations(NODE, now, now.after(LEASE), 100).await.unwrap()
    }

    pub(super) async fn mark(
        &self,
        node: &str,
        activation: ActivationId,
        supplier: &str,
        now: Timestamp,
    ) -> Vec<bool> {
        let asking = vec![self.asking(activation, supplier).await];
        self.store.mark_acquiring(node, asking, now.after(LEASE), now).await.unwrap()
    }

    async fn asking(&self, activation: ActivationId, supplier: &str) -> Asking {
        let found = self.store.activation(activation).await.unwrap().unwrap();
        let rental_until = match found.wanted.extends() {
            Some(rental) => Some(self.store.activation(rental).await.unwrap().unwrap().until),
            None => None,
        };
        Asking { activation, supplier: named(supplier), rental_until }
    }

    pub(super) async fn say(
        &self,
        order: OrderId,
        news: LoanNews,
        now: Timestamp,
    ) -> LoansRecorded {
        self.store.record_loans(vec![report(order, news, now)], now).await.unwrap()
    }

    /// A message comes, as the supplier delivers it.
    pub(super) async fn come(
        &self,
        order: OrderId,
        key: &str,
        text: &str,
        now: Timestamp,
    ) -> LoansRecorded {
        let messages = vec![message(key, text, now)];
        let pushed = LoanReport { messages, ..report(order, LoanNews::Pushed, now) };
        self.store.record_loans(vec![pushed], now).await.unwrap()
    }

    /// [`SUPPLIER`] is called and lends this number.
    pub(super) async fn assign(&self, order: OrderId, nth: u64, now: Timestamp) -> LoansRecorded {
        let id = self.id_of(order).await;
        self.claim_due(now).await;
        assert_eq!(self.mark(NODE, id, SUPPLIER, now).await, [true], "it is not ours");
        assert!(at(0) <= now);
        self.say(order, LoanNews::Assigned(loan_of(nth, now)), now).await
    }
}
