//! Stores receipts and mobile-originated messages before answering them. The inbox waits while the store is unavailable;
//! what it refuses after that, because the store has committed nothing for a minute, is refused to the carrier.
//!
//! A PDU that the store refuses permanently is found by bisection and rejected (`ESME_RX_R_APPN`, SMPP 3.4 §5.1.3). A
//! temporary error would make the carrier repeat it forever, and many carriers hold back everything behind it; a success
//! would be false, and lose it even where the carrier keeps undelivered messages.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use domain::inbound::InboundPart;
use domain::limits::INBOUND_ANSWER_LATE;
use domain::ports::{InboundRefusal, PortError, Receipt, UnreadReceipt};
use domain::time::Timestamp;
use smpp::CommandStatus;
use smpp::link::Handle;
use smpp::session::{Answers, Ticket};
use tokio::time::Instant;

use super::Bound;
use crate::smpp::Inner;
use crate::smpp::rate_limited_log::Line;

/// Limit of concurrent calls with parts of messages. Each call takes everything that accumulated during earlier calls, so
/// a slow store gets few, large calls.
pub(super) const CALLS_MAX: usize = 4;

/// Limit of receipts, and of message parts, in one call, which bounds its latency.
const AT_ONCE_MAX: usize = 1_000;

/// Delay of a temporary rejection, because a carrier repeats at once.
const REJECT_DELAY: Duration = Duration::from_millis(100);

/// Memory that a receipt takes until it is stored: itself, its ticket, the texts of its id and code.
#[allow(clippy::cast_possible_truncation)] // about 150
const RECEIPT_OCTETS: u32 = (size_of::<Receipt>() + size_of::<Ticket>() + 32) as u32;

/// Received and not yet stored.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    receipts: Vec<Receipt>,
    /// Those of the receipts.
    tickets: Vec<Ticket>,
    parts: Vec<(Ticket, InboundPart)>,
    unread: Vec<(Ticket, UnreadReceipt)>,
}

/// Receipts of one call; they are shared with the store's queue, because hundreds of thousands of them may wait.
pub(super) type Receipts = (Vec<Ticket>, Arc<[Receipt]>);

impl Unstored {
    pub(super) fn push(&mut self, ticket: Ticket, receipt: Receipt) {
        self.tickets.push(ticket);
        self.receipts.push(receipt);
    }

    pub(super) fn push_part(&mut self, ticket: Ticket, part: InboundPart) {
        self.parts.push((ticket, part));
    }

    pub(super) fn push_unread(&mut self, ticket: Ticket, receipt: UnreadReceipt) {
        self.unread.push((ticket, receipt));
    }

    /// Takes the unreadable receipts of one call.
    pub(super) fn next_unread(&mut self) -> Option<Vec<(Ticket, UnreadReceipt)>> {
        let rest = self.unread.split_off(self.unread.len().min(AT_ONCE_MAX));
        let batch = mem::replace(&mut self.unread, rest);
        (!batch.is_empty()).then_some(batch)
    }

    /// Takes all receipts, in the batches of several calls and in order of arrival. Their frames were dropped.
    pub(super) fn receipts(&mut self, handle: &Handle) -> impl Iterator<Item = Receipts> {
        let mut tickets = mem::take(&mut self.tickets);
        // An unmarked one is kept with the whole message that it may be.
        let marked = tickets.iter_mut().zip(&self.receipts);
        let marked = marked.filter(|(_, receipt)| receipt.unmarked.is_none());
        handle.shrink(marked.map(|(ticket, _)| ticket), RECEIPT_OCTETS);
        let (mut tickets, mut receipts) =
            (tickets.into_iter(), mem::take(&mut self.receipts).into_iter());
        std::iter::from_fn(move || {
            let batch: Arc<[_]> = receipts.by_ref().take(AT_ONCE_MAX).collect();
            let tickets = tickets.by_ref().take(batch.len()).collect();
            (!batch.is_empty()).then_some((tickets, batch))
        })
    }

    /// Takes the message parts of one call, in order of arrival.
    pub(super) fn next_parts(&mut self) -> Option<Vec<(Ticket, InboundPart)>> {
        let rest = self.parts.split_off(self.parts.len().min(AT_ONCE_MAX));
        let batch = mem::replace(&mut self.parts, rest);
        (!batch.is_empty()).then_some(batch)
    }
}

impl Bound<'_> {
    /// Stores receipts, then answers them.
    pub(super) async fn store_receipts(&self, receipts: Receipts) {
        let mut left = vec![receipts];
        while let Some((tickets, receipts)) = left.pop() {
            let inbox = self.carrier.lifecycle.inbox().await;
            let stored = inbox.receipts(Arc::clone(&receipts)).await;
            if let Some(receipt) = receipts.iter().find(|receipt| receipt.unmarked.is_some()) {
                // It may be stored as a message.
                self.note_interruption(receipt.at, stored.is_err());
            }
            if let Some([rest, first]) = self.answer_stored(tickets, stored).await {
                let (one, other) = receipts.split_at(first.len());
                left.extend([(rest, Arc::from(other)), (first, Arc::from(one))]);
            }
        }
    }

    /// Stores parts of messages, then answers them.
    pub(super) async fn store_parts(&self, parts: Vec<(Ticket, InboundPart)>) {
        let mut left = vec![parts.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()];
        while let Some((tickets, mut parts)) = left.pop() {
            let stored = self.carrier.lifecycle.inbox().await.inbound(parts.clone()).await;
            if let Some(oldest) = parts.first() {
                self.note_interruption(oldest.at, stored.is_err());
            }
            if let Some([rest, first]) = self.answer_stored(tickets, stored).await {
                let other = parts.split_off(first.len());
                left.extend([(rest, other), (first, parts)]);
            }
        }
    }

    /// Keeps receipts that cannot be read, then answers them.
    pub(super) async fn store_unread(&self, receipts: Vec<(Ticket, UnreadReceipt)>) {
        let mut left = vec![receipts.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()];
        while let Some((tickets, mut receipts)) = left.pop() {
            let stored = self.carrier.lifecycle.inbox().await.unread(receipts.clone()).await;
            if let Some([rest, first]) = self.answer_stored(tickets, stored).await {
                let other = receipts.split_off(first.len());
                left.extend([(rest, other), (first, receipts)]);
            }
        }
    }

    /// What failed may have been stored, and is repeated; what came long ago may have missed the carrier's timeout.
    fn note_interruption(&self, came: Timestamp, failed: bool) {
        let now = self.carrier.clock.now();
        if failed || now.since(came) > INBOUND_ANSWER_LATE {
            self.carrier.interruption.note(now);
        }
    }

    /// Answers the batch, or returns its later and its earlier half if the store refused it as a whole.
    async fn answer_stored(
        &self,
        mut batch: Vec<Ticket>,
        stored: Result<(), PortError>,
    ) -> Option<[Vec<Ticket>; 2]> {
        let status = match stored {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
                let rest = batch.split_off(batch.len() / 2);
                return Some([rest, batch]);
            }
            Err(PortError::Refused(_) | PortError::Conflict(_)) => {
                let name = &self.carrier.lifecycle.name;
                self.carrier.refused.note(name, "the store refused an inbound PDU; rejected");
                self.refused(InboundRefusal::StoreRefused, 1).await;
                CommandStatus::RX_R_APPN
            }
            Ok(()) => {
                self.log_unstored(self.carrier.unstored.record_success(Instant::now()), "");
                CommandStatus::ROK
            }
            Err(error) => {
                let line = self.carrier.unstored.note(Instant::now());
                self.log_unstored(line, &error.to_string());
                let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                self.refused(InboundRefusal::StoreStalled, count).await;
                tokio::select! {
                    () = tokio::time::sleep(REJECT_DELAY) => {}
                    () = self.over.cancelled() => {}
                }
                CommandStatus::RX_T_APPN
            }
        };
        let mut answers = Answers::new();
        for ticket in batch {
            answers.deliver(ticket, status);
        }
        // If the session has ended the carrier repeats them.
        let _ = self.handle.answer(answers).await;
        None
    }

    /// Counts PDUs that were refused to the carrier.
    pub(super) async fn refused(&self, why: InboundRefusal, count: u64) {
        let Inner { lifecycle, malformed, .. } = self.carrier;
        if why == InboundRefusal::Malformed {
            malformed.note(&lifecycle.name, "inbound PDUs cannot be decoded; refused");
        }
        lifecycle.inbox().await.refused(&lifecycle.name, why, count);
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
