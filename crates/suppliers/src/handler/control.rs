//! What is done with a loan: another code, finish, cancel.
//!
//! A repeat is answered by the wholesaler with a word for a loan that has ended, which is success here.

use domain::activation::upstream::{UpstreamLent, UpstreamLoan, UpstreamState};
use domain::ports::PortError;
use uuid::Uuid;

use super::HandlerSupplier;
use super::answer::{Answer, Effect, unreadable};

const ANOTHER_CODE: &str = "3";
const FINISH: &str = "6";
const CANCEL: &str = "8";
/// The same in older services.
const CANCEL_OLD: &str = "-1";

const FINISH_RENTAL: &str = "1";
const CANCEL_RENTAL: &str = "2";

impl HandlerSupplier {
    pub(super) async fn request_next(&self, loan: Uuid) -> Result<(), PortError> {
        let over = || PortError::Conflict("the loan has ended".to_owned());
        let known = self.store.upstream_loan(self.key(loan)).await?.ok_or_else(over)?;
        let (UpstreamState::Lent, Some(lent), None) = (known.state, known.lent, known.ask.duration)
        else {
            return Err(over());
        };
        match self.set_status(&lent.reference, ANOTHER_CODE).await {
            // It waits already, or has ended: the status says which.
            Err(PortError::Refused(_)) => Err(over()),
            other => other,
        }
    }

    /// Ends a loan: used up, or returned.
    pub(super) async fn end(&self, loan: Uuid, used: bool) -> Result<(), PortError> {
        let Some(UpstreamLoan { ask, state, lent, .. }) =
            self.store.upstream_loan(self.key(loan)).await?
        else {
            return Ok(());
        };
        let (lent, is_rental) = match (state, lent) {
            (UpstreamState::Lent, Some(lent)) => (lent, ask.duration.is_some()),
            (UpstreamState::Asked, _) => {
                // What was lent for it is found first; then it is known, and ended below.
                self.loan_state(loan).await?;
                match self.store.upstream_loan(self.key(loan)).await?.and_then(|known| known.lent) {
                    Some(lent) => (lent, ask.duration.is_some()),
                    None => return Ok(()),
                }
            }
            // What is to be returned is returned by the watch.
            (UpstreamState::Lent | UpstreamState::Returning | UpstreamState::Over, _) => {
                return Ok(());
            }
        };
        let UpstreamLent { reference, .. } = &lent;
        let ended = match used {
            true => self.finish_at_it(reference, is_rental).await,
            false => self.cancel(reference, is_rental).await,
        };
        match ended {
            // It knows nothing of it any more.
            Ok(()) | Err(PortError::Conflict(_)) => self.store.end_upstream(self.key(loan)).await,
            Err(error) => Err(error),
        }
    }

    /// A number that cannot be finished is used up all the same.
    async fn finish_at_it(&self, reference: &str, is_rental: bool) -> Result<(), PortError> {
        let finished = if is_rental {
            self.set_rental_status(reference, FINISH_RENTAL).await
        } else {
            self.set_status(reference, FINISH).await
        };
        match finished {
            Err(PortError::Refused(_)) => Ok(()),
            other => other,
        }
    }

    /// Cancels; what cannot be cancelled any more, because a message came or too much time passed, is
    /// finished. What the wholesaler refuses to cancel is still open, unless its status says otherwise: it is
    /// cancelled later.
    pub(super) async fn cancel(&self, reference: &str, is_rental: bool) -> Result<(), PortError> {
        let cancelled = if is_rental {
            self.set_rental_status(reference, CANCEL_RENTAL).await
        } else {
            match self.set_status(reference, CANCEL).await {
                Err(PortError::Refused(_)) => self.set_status(reference, CANCEL_OLD).await,
                other => other,
            }
        };
        match cancelled {
            Err(PortError::Conflict(_)) => self.finish_at_it(reference, is_rental).await,
            Err(PortError::Refused(_)) if !is_rental && self.has_ended(reference).await => Ok(()),
            Err(PortError::Refused(why)) => {
                let supplier = &self.wholesaler.options.name;
                tracing::error!(%supplier, why, "the wholesaler does not cancel a number");
                Err(PortError::Unavailable(why))
            }
            other => other,
        }
    }

    async fn set_status(&self, reference: &str, status: &str) -> Result<(), PortError> {
        let parameters = [("id", reference.to_owned()), ("status", status.to_owned())];
        let answer = self.wholesaler.ask("setStatus", &parameters).await?;
        match &answer {
            Answer::Nothing => Ok(()),
            Answer::Text(text) if text.starts_with("ACCESS_") => Ok(()),
            Answer::Text(text) if text.starts_with("STATUS_CANCEL") => {
                Err(PortError::Conflict("the loan has ended".to_owned()))
            }
            _ => Err(unreadable("is no result", Effect::Repeatable)),
        }
    }

    async fn set_rental_status(&self, reference: &str, status: &str) -> Result<(), PortError> {
        let parameters = [("id", reference.to_owned()), ("status", status.to_owned())];
        let answer = self.wholesaler.ask("setRentStatus", &parameters).await?;
        let done = |answer: &Answer| match answer {
            Answer::Nothing => true,
            Answer::Text(text) => text.starts_with("ACCESS_"),
            Answer::Json(json) => {
                json.get("status").and_then(|status| status.as_str()) == Some("success")
            }
        };
        if done(&answer) { Ok(()) } else { Err(unreadable("is no result", Effect::Repeatable)) }
    }
}
