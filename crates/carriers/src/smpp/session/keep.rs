//! Receipts and messages from phones are stored before they are answered. Calls to the inbox take
//! all that has gathered while the calls before them were under way, so a store that is slow is asked
//! seldom and for much. What gathers is bounded by the requests that a session leaves unanswered;
//! more is refused by it, and comes again.
//!
//! What the store will never take is found by halves and refused to the carrier for good
//! (`ESME_RX_R_APPN`, SMPP 3.4 §5.1.3). To ask for it again would bring it again and again, and many a
//! centre holds back all that comes behind it; to say that we have it would be untrue, and would lose
//! it also where the carrier keeps what it could not bring.

use std::time::Duration;

use domain::inbound::InboundPart;
use domain::limits::INBOUND_ANSWER_LATE;
use domain::ports::{PortError, Receipt};
use smpp::CommandStatus;
use smpp::session::{Answers, Ticket};
use tokio::time::Instant;

use super::Bound;
use crate::smpp::count::Line;

/// Calls under way at a time: they share the store's commits.
pub(super) const CALLS_MAX: usize = 4;

/// Receipts, and parts of messages, in one call, which bounds how long the first waits for the last.
const AT_ONCE_MAX: usize = 1_000;

/// Before what could not be stored is asked for again: a carrier sends it at once.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What came and is not stored yet.
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

    /// What goes in one call, in the order it came.
    pub(super) fn take(&mut self) -> Self {
        Self { receipts: first(&mut self.receipts), parts: first(&mut self.parts) }
    }
}

fn first<T>(all: &mut Vec<T>) -> Vec<T> {
    let rest = all.split_off(all.len().min(AT_ONCE_MAX));
    std::mem::replace(all, rest)
}

impl Bound<'_> {
    /// Stores what came and only then answers it; what could not be stored is asked for again.
    pub(super) async fn keep(&self, unstored: Unstored) {
        let Unstored { receipts, parts } = unstored;
        tokio::join!(self.keep_receipts(receipts), self.keep_parts(parts));
    }

    async fn keep_receipts(&self, receipts: Vec<(Ticket, Receipt)>) {
        let mut left = vec![receipts];
        while let Some(run) = left.pop().filter(|run| !run.is_empty()) {
            let receipts = run.iter().map(|(_, receipt)| receipt.clone()).collect();
            let kept = self.carrier.desk.inbox().await.receipts(receipts).await;
            if kept.is_err() && run.iter().any(|(_, receipt)| receipt.unmarked.is_some()) {
                // It may be there as a message, and comes again.
                self.carrier.interruption.note(self.carrier.clock.now());
            }
            left.extend(self.answer_kept(run, kept).await.into_iter().flatten());
        }
    }

    async fn keep_parts(&self, parts: Vec<(Ticket, InboundPart)>) {
        let mut left = vec![parts];
        while let Some(run) = left.pop().filter(|run| !run.is_empty()) {
            let parts = run.iter().map(|(_, part)| part.clone()).collect();
            let (inbox, begun) = (self.carrier.desk.inbox().await, Instant::now());
            let kept = inbox.inbound(parts).await;
            if kept.is_err() || begun.elapsed() > INBOUND_ANSWER_LATE {
                // They may be there, and come again.
                self.carrier.interruption.note(self.carrier.clock.now());
            }
            left.extend(self.answer_kept(run, kept).await.into_iter().flatten());
        }
    }

    /// Answers all of them, or gives back the two halves of what was refused together.
    async fn answer_kept<T>(
        &self,
        mut run: Vec<(Ticket, T)>,
        kept: Result<(), PortError>,
    ) -> Option<[Vec<(Ticket, T)>; 2]> {
        let status = match kept {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if run.len() > 1 => {
                let rest = run.split_off(run.len() / 2);
                return Some([rest, run]);
            }
            Err(PortError::Refused(_) | PortError::Conflict(_)) => {
                let name = &self.carrier.desk.name;
                self.carrier.refused.note(name, "what the store will never take came in: refused");
                CommandStatus::RX_R_APPN
            }
            Ok(()) => {
                self.tell_unstored(self.carrier.unstored.well(Instant::now()), "");
                CommandStatus::ROK
            }
            Err(error) => {
                let line = self.carrier.unstored.note(Instant::now());
                self.tell_unstored(line, &error.to_string());
                tokio::select! {
                    () = tokio::time::sleep(ASK_AGAIN_AFTER) => {}
                    () = self.over.cancelled() => {}
                }
                CommandStatus::RX_T_APPN
            }
        };
        let mut answers = Answers::new();
        for (ticket, _) in run {
            answers.deliver(ticket, status);
        }
        // When the session has ended the carrier sends them again.
        let _ = self.handle.answer(answers).await;
        None
    }

    fn tell_unstored(&self, line: Option<Line>, error: &str) {
        let carrier = self.carrier.desk.name.as_str();
        match line {
            None => {}
            Some(Line::Begun) => {
                tracing::warn!(carrier, error, "what comes in cannot be stored; asked for again");
            }
            Some(Line::Lasts { times, seconds }) => {
                tracing::warn!(
                    carrier,
                    error,
                    times,
                    seconds,
                    "what comes in still cannot be stored"
                );
            }
            Some(Line::Over { times, seconds }) => {
                tracing::info!(carrier, times, seconds, "what comes in can be stored again");
            }
        }
    }
}
