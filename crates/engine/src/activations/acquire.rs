//! Acquires a number, or more time for a rental: one supplier after the other, each called once, its name
//! stored first.

use std::sync::Arc;

use domain::activation::loan::Loan;
use domain::ports::{
    Acquire, Asking, DueActivation, Extend, ExtendedRental, LoanNews, LoanReport, PortError,
    Supplier,
};
use domain::time::Timestamp;

use super::Activations;
use super::choose::OffersFound;
use super::follow::STATUS_POLL;
use super::work::Called;

impl Activations {
    /// Suppliers to call, by what they offer; of an extension, that of the rental alone.
    pub(super) fn suppliers_of(
        &self,
        due: &DueActivation,
        offers: &OffersFound,
    ) -> Vec<Arc<dyn Supplier>> {
        let activation = &due.activation;
        if activation.wanted.extends().is_none() {
            return offers.ranked(&activation.wanted, activation.price, &due.tried);
        }
        let of_rental = due.extends.as_ref().filter(|rental| !due.tried.contains(&rental.supplier));
        of_rental.and_then(|rental| self.supplier(&rental.supplier)).cloned().into_iter().collect()
    }

    /// Calls the first supplier, which is stored, and the others while there is no number.
    pub(super) async fn acquire(
        &self,
        due: DueActivation,
        Called { mut place, first: mut supplier, rest }: Called,
    ) {
        let mut rest = rest.into_iter();
        let report = loop {
            let report = |news| self.report(&due, &*supplier, news);
            // Not called: the supplier is busy.
            let Some(room) = place.wait().await else { break report(LoanNews::NoNumber) };
            let news = self.call(&due, &*supplier).await;
            drop(room);
            if news != LoanNews::NoNumber {
                break report(news);
            }
            let Some(next) = rest.next() else { break report(LoanNews::NoneLeft) };
            // The next claim chooses again.
            let Some(next_place) = self.calls.place(next.name()) else { break report(news) };
            if !self.mark_next(&due, &*next).await {
                break report(news);
            }
            (supplier, place) = (next, next_place);
        };
        self.recording.add(report).await;
    }

    async fn mark_next(&self, due: &DueActivation, next: &dyn Supplier) -> bool {
        let (node, now) = (&self.context.node, self.context.clock.now());
        let asking = asking(due, next);
        let store = &self.context.store;
        match store.mark_acquiring(node, vec![asking], now.after(self.context.lease), now).await {
            Ok(marked) => marked == [true],
            Err(error) => {
                tracing::warn!(activation = %due.activation.id, %error, "the next supplier waits");
                false
            }
        }
    }

    async fn call(&self, due: &DueActivation, supplier: &dyn Supplier) -> LoanNews {
        let activation = &due.activation;
        let (id, name) = (activation.id, supplier.name());
        let began = self.context.clock.now();
        let answer = match &due.extends {
            Some(rental) => self.extend(due, rental, supplier).await,
            None => {
                let wanted = &activation.wanted;
                let acquire = Acquire {
                    loan: activation.loan,
                    service: wanted.service.clone(),
                    country: wanted.country,
                    duration: wanted.duration(),
                    cost_max: activation.price,
                };
                self.calls.call(supplier, supplier.acquire(acquire)).await.map(LoanNews::Assigned)
            }
        };
        match answer {
            Ok(LoanNews::Assigned(loan)) => self.judged(due, supplier, loan, began).await,
            Ok(news) => news,
            Err(PortError::Refused(_)) => LoanNews::NoNumber,
            Err(error @ PortError::Unavailable(_)) => {
                tracing::warn!(activation = %id, supplier = %name, %error, "no number");
                LoanNews::NoNumber
            }
            Err(error @ (PortError::Unknown(_) | PortError::Conflict(_))) => {
                tracing::warn!(activation = %id, supplier = %name, %error, "it may have lent one");
                LoanNews::NoAnswer
            }
        }
    }

    async fn extend(
        &self,
        due: &DueActivation,
        rental: &ExtendedRental,
        supplier: &dyn Supplier,
    ) -> Result<LoanNews, PortError> {
        let until = new_end(due, rental);
        let (loan, from, cost_max) = (rental.loan, rental.until, due.activation.price);
        let extend = supplier.extend(Extend { loan, from, until, cost_max });
        let extended = self.calls.call(supplier, extend).await?;
        if is_extended(due, rental, &extended) {
            Ok(LoanNews::Extended(extended))
        } else {
            Err(PortError::Unknown("the rental ends too early".to_owned()))
        }
    }

    /// A loan that is not what was bought goes back first; until it has, no other supplier is called.
    pub(super) async fn judged(
        &self,
        due: &DueActivation,
        supplier: &dyn Supplier,
        loan: Loan,
        began: Timestamp,
    ) -> LoanNews {
        let Err(unfit) = loan.check(&due.activation, began) else {
            return LoanNews::Assigned(loan);
        };
        let (id, name) = (due.activation.id, supplier.name());
        tracing::error!(activation = %id, supplier = %name, why = %unfit, "a loan is refused");
        match self.calls.call(supplier, supplier.release(due.activation.loan)).await {
            Ok(()) | Err(PortError::Refused(_) | PortError::Conflict(_)) => LoanNews::NoNumber,
            Err(error) => {
                tracing::warn!(activation = %id, supplier = %name, %error, "not released yet");
                LoanNews::NoAnswer
            }
        }
    }

    pub(super) fn report(
        &self,
        due: &DueActivation,
        supplier: &dyn Supplier,
        news: LoanNews,
    ) -> LoanReport {
        let now = self.context.clock.now();
        let due_at = match (&news, supplier.poll_every()) {
            (LoanNews::NoNumber, _) => now,
            (LoanNews::Assigned(_), None) => super::inbox::NEVER,
            (LoanNews::Assigned(_), Some(poll)) => now.after(poll),
            _ => now.after(STATUS_POLL),
        };
        self.report_at(due, Some(supplier), news, due_at)
    }

    pub(super) fn report_at(
        &self,
        due: &DueActivation,
        supplier: Option<&dyn Supplier>,
        news: LoanNews,
        due_at: Timestamp,
    ) -> LoanReport {
        let supplier = supplier.map(|supplier| supplier.name().clone());
        let (loan, node) = (due.activation.loan, Some(self.context.node.clone()));
        LoanReport { loan, node, supplier, news, messages: Vec::new(), due_at }
    }

    /// There is no supplier to call.
    pub(super) fn none_left(&self, due: &DueActivation) -> LoanReport {
        self.report_at(due, None, LoanNews::NoneLeft, super::inbox::NEVER)
    }

    pub(super) fn unchanged(&self, due: &DueActivation, due_at: Timestamp) -> LoanReport {
        self.report_at(due, None, LoanNews::Unchanged, due_at)
    }
}

/// The end that the extension is for.
fn new_end(due: &DueActivation, rental: &ExtendedRental) -> Timestamp {
    rental.until.after(due.activation.wanted.duration().unwrap_or_default())
}

/// Whether the rental ends as late as the extension makes it.
pub(super) fn is_extended(due: &DueActivation, rental: &ExtendedRental, loan: &Loan) -> bool {
    due.activation.least_end(rental.until).is_some_and(|least| least <= loan.until)
}

/// What is stored before this supplier is called.
pub(super) fn asking(due: &DueActivation, supplier: &dyn Supplier) -> Asking {
    let rental_until = due.extends.as_ref().map(|rental| rental.until);
    Asking { activation: due.activation.id, supplier: supplier.name().clone(), rental_until }
}
