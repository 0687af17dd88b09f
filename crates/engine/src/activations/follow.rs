//! Reads the status of a loan, and reports its end to its supplier.

use std::time::Duration;

use domain::activation::change::{State, timer};
use domain::activation::loan::LoanState;
use domain::ports::{DueActivation, LoanNews, LoanReport, PortError, Supplier};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Activations;
use super::acquire::is_extended;
use super::calls::Calls;
use super::inbox::{NEVER, bounded};

/// How often a supplier is asked that did not answer.
pub(super) const STATUS_POLL: Duration = Duration::from_secs(2);

/// How often a supplier is called again while the end of a loan could not be reported to it.
pub(super) const RELEASE_POLL: Duration = Duration::from_secs(30);

/// When it is looked again at what waits for a supplier that does not answer.
pub(super) const REST_PAUSE: Duration = Duration::from_secs(10);

/// After this no supplier keeps the loan.
const RELEASE_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

impl Activations {
    /// What is due by time alone, or cannot be asked of any supplier.
    pub(super) fn needs_no_call(&self, due: &DueActivation, now: Timestamp) -> Option<LoanReport> {
        let activation = &due.activation;
        if activation.number.is_none() && activation.supplier.is_none() && activation.until <= now {
            // Nobody is called for it any more.
            return Some(self.unchanged(due, now));
        }
        let name = activation.supplier.as_ref()?;
        let Some(supplier) = self.supplier(name) else {
            tracing::warn!(activation = %activation.id, supplier = %name, "is not configured");
            // What it may have lent cannot be found out here.
            let news = if due.releases { LoanNews::Released } else { LoanNews::Unchanged };
            return Some(self.report_at(due, None, news, now.after(RELEASE_POLL)));
        };
        if self.calls.rests(name) {
            // What is due by time is done without its answer.
            return Some(self.unchanged(due, now.after(REST_PAUSE)));
        }
        let may_wait = activation.state.is_lent() && supplier.poll_every().is_none();
        let is_early = timer(activation).is_some_and(|timer| now < timer);
        (may_wait && is_early).then(|| self.unchanged(due, NEVER))
    }

    pub(super) async fn follow(&self, due: &DueActivation, supplier: &dyn Supplier) -> LoanReport {
        if due.releases {
            self.end_loan(due, supplier).await
        } else if due.activation.wanted.extends().is_some() {
            self.ask_for_extension(due, supplier).await
        } else {
            self.ask(due, supplier).await
        }
    }

    /// The supplier's state, against ours.
    async fn ask(&self, due: &DueActivation, supplier: &dyn Supplier) -> LoanReport {
        let (now, activation) = (self.context.clock.now(), &due.activation);
        let again = supplier.poll_every().map_or(NEVER, |poll| now.after(poll));
        let report = |news, due_at| self.report_at(due, Some(supplier), news, due_at);
        let acquiring = activation.state.is_acquiring();
        match self.calls.call(supplier, supplier.status(activation.loan)).await {
            Ok(LoanState::Unknown) if acquiring => report(LoanNews::NoNumber, now),
            Ok(LoanState::Lent(loan, messages)) if acquiring => {
                match self.judged(due, supplier, loan, activation.paid_at).await {
                    LoanNews::Assigned(loan) => {
                        let messages = bounded(messages);
                        LoanReport { messages, ..report(LoanNews::Assigned(loan), again) }
                    }
                    LoanNews::NoNumber => report(LoanNews::NoNumber, now),
                    news => report(news, now.after(STATUS_POLL)),
                }
            }
            // It has ended before we had its number.
            Ok(LoanState::Over(_)) if acquiring => report(LoanNews::NoNumber, now),
            Ok(LoanState::Lent(_, messages)) => {
                let messages = bounded(messages);
                LoanReport { messages, ..report(LoanNews::Unchanged, again) }
            }
            Ok(LoanState::Over(messages)) => {
                let messages = bounded(messages);
                LoanReport { messages, ..report(LoanNews::Over, now) }
            }
            Ok(LoanState::Unknown) => report(LoanNews::Over, now),
            Err(error) => {
                let (id, name) = (activation.id, supplier.name());
                tracing::warn!(activation = %id, supplier = %name, %error, "no status");
                let news = if acquiring { LoanNews::NoAnswer } else { LoanNews::Unchanged };
                report(news, now.after(supplier.poll_every().unwrap_or(STATUS_POLL)))
            }
        }
    }

    /// Whether the rental ends as late as it should, after its supplier did not answer.
    async fn ask_for_extension(&self, due: &DueActivation, supplier: &dyn Supplier) -> LoanReport {
        let now = self.context.clock.now();
        let report = |news, due_at| self.report_at(due, Some(supplier), news, due_at);
        let Some(rental) = &due.extends else { return report(LoanNews::NoneLeft, NEVER) };
        match self.calls.call(supplier, supplier.status(rental.loan)).await {
            Ok(LoanState::Lent(loan, _)) if is_extended(due, rental, &loan) => {
                report(LoanNews::Extended(loan), NEVER)
            }
            Ok(_) => report(LoanNews::NoneLeft, NEVER),
            Err(_) => report(LoanNews::NoAnswer, now.after(STATUS_POLL)),
        }
    }

    /// Of an activation that has ended: the number is used up for the service if a code came, and goes
    /// back otherwise.
    async fn end_loan(&self, due: &DueActivation, supplier: &dyn Supplier) -> LoanReport {
        let (now, activation) = (self.context.clock.now(), &due.activation);
        let is_used = activation.messages > 0 && matches!(activation.state, State::Activation(_));
        let ended = if is_used {
            self.calls.call(supplier, supplier.finish(activation.loan)).await
        } else if activation.number.is_none() {
            release_unknown(&self.calls, supplier, activation.loan).await
        } else {
            self.calls.call(supplier, supplier.release(activation.loan)).await
        };
        let news = match ended {
            Ok(()) | Err(PortError::Refused(_) | PortError::Conflict(_)) => LoanNews::Released,
            Err(_) if now > activation.until.after(RELEASE_WAIT) => LoanNews::Released,
            Err(error) => {
                let (id, name) = (activation.id, supplier.name());
                tracing::warn!(activation = %id, supplier = %name, %error, "not released yet");
                LoanNews::Unchanged
            }
        };
        self.report_at(due, Some(supplier), news, now.after(RELEASE_POLL))
    }
}

/// Of a loan that was never reported here. An acquire that was interrupted may still arrive: only a
/// definite status is its end.
async fn release_unknown(
    calls: &Calls,
    supplier: &dyn Supplier,
    loan: Uuid,
) -> Result<(), PortError> {
    match calls.call(supplier, supplier.status(loan)).await? {
        LoanState::Unknown | LoanState::Over(_) => Ok(()),
        LoanState::Lent(..) => calls.call(supplier, supplier.release(loan)).await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::activation::CountryCode;
    use domain::activation::loan::Loan;
    use domain::number::Msisdn;

    use super::super::fake_supplier::{COST, FakeSupplier};
    use super::*;

    #[tokio::test]
    async fn a_loan_that_may_still_arrive_is_released_later() {
        let (supplier, loan) = (FakeSupplier::new("one"), Uuid::from_u128(1));
        let suppliers: [Arc<dyn Supplier>; 1] = [supplier.clone()];
        let calls = Calls::new(&suppliers);
        let unclear = Err(PortError::Unavailable("it may still arrive".to_owned()));
        supplier.says(unclear.clone());
        let released = release_unknown(&calls, &*supplier, loan).await;
        assert_eq!((released, supplier.released()), (unclear.map(drop), 0));
        let lent = Loan {
            number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
            country: CountryCode(43),
            cost: COST,
            assigned_at: Timestamp::from_millis(1),
            until: Timestamp::from_millis(2),
        };
        supplier.says(Ok(LoanState::Lent(lent, Vec::new())));
        assert_eq!(release_unknown(&calls, &*supplier, loan).await, Ok(()));
        assert_eq!(supplier.released(), 1, "it did arrive");
        for over in [LoanState::Unknown, LoanState::Over(Vec::new())] {
            supplier.says(Ok(over));
            assert_eq!(release_unknown(&calls, &*supplier, loan).await, Ok(()));
        }
        assert_eq!(supplier.released(), 1);
    }
}
