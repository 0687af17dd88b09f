//! The state of a loan: from the list of open loans, which is read once for all of them, and only for a
//! loan that is not in it by a request of its own.

use std::collections::HashMap;

use domain::activation::Code;
use domain::activation::loan::{LoanMessage, LoanState};
use domain::activation::upstream::{UpstreamLent, UpstreamLoan, UpstreamState};
use domain::ports::PortError;
use domain::text::Text;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::HandlerSupplier;
use super::answer::{Effect, unreadable};

/// A code and the text that brought it; wholesalers give one of them, or both.
pub(super) type Heard = (Option<Code>, Option<String>);

impl HandlerSupplier {
    pub(super) async fn loan_state(&self, loan: Uuid) -> Result<LoanState, PortError> {
        let Some(UpstreamLoan { ask, state, lent, extension }) =
            self.store.upstream_loan(self.key(loan)).await?
        else {
            return Ok(LoanState::Unknown);
        };
        match (state, lent) {
            (UpstreamState::Asked, _) => Box::pin(self.recover(&ask)).await,
            (UpstreamState::Lent, Some(lent)) if ask.duration.is_some() => {
                let lent = self.decided(&ask, lent, extension).await?;
                self.rental_state(&ask, lent).await
            }
            (UpstreamState::Lent, Some(lent)) => self.code_state(lent).await,
            (UpstreamState::Over, Some(_)) => Ok(LoanState::Over(Vec::new())),
            // A number that is returned is nobody's.
            (UpstreamState::Returning, _) | (UpstreamState::Lent | UpstreamState::Over, None) => {
                Ok(LoanState::Unknown)
            }
        }
    }

    async fn code_state(&self, lent: UpstreamLent) -> Result<LoanState, PortError> {
        let now = Instant::now();
        let since = now.checked_sub(self.wholesaler.options.poll_every).unwrap_or(now);
        let listed = match self.open.since(&self.wholesaler, since).await {
            // A list from before the loan says nothing of it.
            Ok(list) => list.loans.get(&lent.reference).cloned(),
            // It has no such list.
            Err(PortError::Refused(_)) => None,
            Err(error) => return Err(error),
        };
        match listed.and_then(|loan| loan.messages) {
            Some(heard) => Ok(LoanState::Lent(lent.loan, self.messages(&lent.reference, heard))),
            None => self.single_state(lent).await,
        }
    }

    async fn single_state(&self, lent: UpstreamLent) -> Result<LoanState, PortError> {
        let id = [("id", lent.reference.clone())];
        let answer = match self.wholesaler.ask("getStatus", &id).await {
            Ok(answer) => answer,
            Err(PortError::Conflict(_)) => return Ok(LoanState::Over(Vec::new())),
            Err(error) => return Err(error),
        };
        if let Some(code) = answer.after("STATUS_OK:") {
            let code = Code::new(code.trim().trim_matches('\''));
            let text = self.full_text(&lent.reference).await;
            let heard = vec![(Some(code), text)];
            return Ok(LoanState::Lent(lent.loan, self.messages(&lent.reference, heard)));
        }
        // `STATUS_WAIT_RETRY:<last code>`: that code was reported when it came.
        if answer.after("STATUS_WAIT").is_some() {
            return Ok(LoanState::Lent(lent.loan, Vec::new()));
        }
        match answer.after("STATUS_CANCEL").or_else(|| answer.after("STATUS_FINISH")) {
            Some(_) => Ok(LoanState::Over(Vec::new())),
            None => Err(unreadable("is no status", Effect::Repeatable)),
        }
    }

    /// Whether the wholesaler says so of an activation.
    pub(super) async fn has_ended(&self, reference: &str) -> bool {
        let id = [("id", reference.to_owned())];
        match self.wholesaler.ask("getStatus", &id).await {
            Ok(answer) => {
                ["STATUS_CANCEL", "STATUS_FINISH"].iter().any(|word| answer.after(word).is_some())
            }
            Err(error) => matches!(error, PortError::Conflict(_)),
        }
    }

    /// `FULL_SMS:<text>`; the code alone is enough without it.
    async fn full_text(&self, reference: &str) -> Option<String> {
        let id = [("id", reference.to_owned())];
        let answer = self.wholesaler.ask("getFullSms", &id).await.ok()?;
        answer.after("FULL_SMS:").map(str::to_owned).filter(|text| !text.is_empty())
    }

    /// A message is named by its code, or by its text without one, so that it is the same however it is
    /// reported. The same code in two entries of one list is two messages. Its time is that of the
    /// first report.
    pub(super) fn messages(&self, reference: &str, heard: Vec<Heard>) -> Vec<LoanMessage> {
        let mut seen = HashMap::<String, u32>::new();
        let named = heard.into_iter().filter_map(|(code, text)| {
            let content = code.as_ref().map(Code::as_str).or(text.as_deref())?;
            let digest = hex::encode(&Sha256::digest(content.as_bytes())[..12]);
            let times = seen.entry(digest.clone()).or_default();
            *times += 1;
            let key = if *times == 1 { digest } else { format!("{digest}-{times}") };
            let content = content.to_owned();
            let text = text.unwrap_or(content);
            let at = self.first_heard.of(reference, &key, self.clock.now());
            Some(LoanMessage { key, text: Text::new(text), code, at })
        });
        named.collect()
    }
}
