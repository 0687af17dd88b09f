//! Stores receipts and mobile-originated messages before answering them. Each call to the inbox takes everything that
//! accumulated during earlier calls, so a slow store gets few, large calls. The amount is bounded by the session's limit
//! of unanswered requests; it refuses further ones, and the carrier repeats them.
//!
//! A PDU that the store refuses permanently is found by bisection and rejected (`ESME_RX_R_APPN`, SMPP 3.4 §5.1.3). A
//! temporary error would make the carrier repeat it forever, and many carriers hold back everything behind it; a success
//! would be false, and lose it even where the carrier keeps undelivered messages.

use std::time::Duration;

use domain::inbound::InboundPart;
use domain::limits::INBOUND_ANSWER_LATE;
use domain::ports::{PortError, Receipt};
use smpp::CommandStatus;
use smpp::session::{Answers, Ticket};
use tokio::time::Instant;

use super::Bound;
use crate::smpp::rate_limited_log::Line;

/// Limit of concurrent calls, which share the store's commits.
pub(super) const CALLS_MAX: usize = 4;

/// Limit of receipts, and of message parts, in one call, which bounds its latency.
const AT_ONCE_MAX: usize = 1_000;

/// Delay of a temporary rejection, because a carrier repeats at once.
const REJECT_DELAY: Duration = Duration::from_millis(100);

/// Received and not yet stored.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    receipts: Vec<(Ticket, Receipt)>,
    parts: Vec<(Ticket, InboundPart)>,
}

impl Unstored {
    pub(super) fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.parts.is_empty()
    }

    pub(super) fn push(&mut self, ticket: Ticket, receipt: Receipt) {
        self.receipts.push((ticket, receipt));
    }

    pub(super) fn push_part(&mut self, ticket: Ticket, part: InboundPart) {
        self.parts.push((ticket, part));
    }

    /// Takes the batch of one call, in order of arrival.
    pub(super) fn take(&mut self) -> Self {
        Self { receipts: first(&mut self.receipts), parts: first(&mut self.parts) }
    }
}

fn first<T>(all: &mut Vec<T>) -> Vec<T> {
    let rest = all.split_off(all.len().min(AT_ONCE_MAX));
    std::mem::replace(all, rest)
}

impl Bound<'_> {
    /// Stores a batch, then answers it; a batch that could not be stored is rejected temporarily.
    pub(super) async fn store(&self, unstored: Unstored) {
        let Unstored { receipts, parts } = unstored;
        tokio::join!(self.store_receipts(receipts), self.store_parts(parts));
    }

    async fn store_receipts(&self, receipts: Vec<(Ticket, Receipt)>) {
        let mut left = vec![receipts];
        while let Some(batch) = left.pop().filter(|batch| !batch.is_empty()) {
            let receipts = batch.iter().map(|(_, receipt)| receipt.clone()).collect();
            let stored = self.carrier.lifecycle.inbox().await.receipts(receipts).await;
            if stored.is_err() && batch.iter().any(|(_, receipt)| receipt.unmarked.is_some()) {
                // It may have been stored as a message, and will be repeated.
                self.carrier.interruption.note(self.carrier.clock.now());
            }
            left.extend(self.answer_stored(batch, stored).await.into_iter().flatten());
        }
    }

    async fn store_parts(&self, parts: Vec<(Ticket, InboundPart)>) {
        let mut left = vec![parts];
        while let Some(batch) = left.pop().filter(|batch| !batch.is_empty()) {
            let parts = batch.iter().map(|(_, part)| part.clone()).collect();
            let (inbox, begun) = (self.carrier.lifecycle.inbox().await, Instant::now());
            let stored = inbox.inbound(parts).await;
            if stored.is_err() || begun.elapsed() > INBOUND_ANSWER_LATE {
                // They may have been stored, and will be repeated.
                self.carrier.interruption.note(self.carrier.clock.now());
            }
            left.extend(self.answer_stored(batch, stored).await.into_iter().flatten());
        }
    }

    /// Answers the batch, or returns its two halves if the store refused it as a whole.
    async fn answer_stored<T>(
        &self,
        mut batch: Vec<(Ticket, T)>,
        stored: Result<(), PortError>,
    ) -> Option<[Vec<(Ticket, T)>; 2]> {
        let status = match stored {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
                let rest = batch.split_off(batch.len() / 2);
                return Some([rest, batch]);
            }
            Err(PortError::Refused(_) | PortError::Conflict(_)) => {
                let name = &self.carrier.lifecycle.name;
                self.carrier.refused.note(name, "the store refused an inbound PDU; rejected");
                CommandStatus::RX_R_APPN
            }
            Ok(()) => {
                self.log_unstored(self.carrier.unstored.record_success(Instant::now()), "");
                CommandStatus::ROK
            }
            Err(error) => {
                let line = self.carrier.unstored.note(Instant::now());
                self.log_unstored(line, &error.to_string());
                tokio::select! {
                    () = tokio::time::sleep(REJECT_DELAY) => {}
                    () = self.over.cancelled() => {}
                }
                CommandStatus::RX_T_APPN
            }
        };
        let mut answers = Answers::new();
        for (ticket, _) in batch {
            answers.deliver(ticket, status);
        }
        // If the session has ended the carrier repeats them.
        let _ = self.handle.answer(answers).await;
        None
    }

    fn log_unstored(&self, line: Option<Line>, error: &str) {
        let carrier = self.carrier.lifecycle.name.as_str();
        match line {
            None => {}
            Some(Line::Begun) => {
                tracing::warn!(
                    carrier,
                    error,
                    "inbound PDUs cannot be stored; rejected temporarily"
                );
            }
            Some(Line::Lasts { times, seconds }) => {
                tracing::warn!(
                    carrier,
                    error,
                    times,
                    seconds,
                    "inbound PDUs still cannot be stored"
                );
            }
            Some(Line::Over { times, seconds }) => {
                tracing::info!(carrier, times, seconds, "inbound PDUs can be stored again");
            }
        }
    }
}
