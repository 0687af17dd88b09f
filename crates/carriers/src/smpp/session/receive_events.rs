//! Handles the events of a session: responses become outcomes; receipts are stored and then answered. A late response
//! only tells that the carrier has the part.
//!
//! All receipts are handed to the inbox at once, which records those of single messages first. Their number is bounded by
//! the room for requests without an answer, which all links share ([`InboundRoom`]).
//!
//! [`InboundRoom`]: smpp::link::InboundRoom

use std::time::Duration;

use domain::limits::INBOUND_ANSWER_LATE;
use domain::ports::{AcceptedPart, End, InboundRefusal, Outcome};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smpp::link::Events;
use smpp::pdu::RawPdu;
use smpp::session::{Answers, Event, Ticket};
use tokio::time::Instant;

use super::store_inbound::{CALLS_MAX, Unstored};
use super::{Bound, lock};
use crate::smpp::Inner;
use crate::smpp::job::{Job, UnansweredPart};
use crate::smpp::open_jobs::Late;
use crate::smpp::pace::Pace;
use crate::smpp::receive::{self, CarrierContext, Received};
use crate::smpp::verdict::{self, NotAccepted};

/// How long a link retries throttled parts before they are deferred.
const THROTTLED_FOR_MAX: Duration = Duration::from_secs(120);

/// How long what was received is still stored after the session has ended. The carrier repeats the rest, because it has
/// no answer.
const STORE_AFTER_END_MAX: Duration = Duration::from_secs(5);

impl Bound<'_> {
    /// Handles events batch by batch. Outcomes wait for the inbox; receipts are stored concurrently.
    pub(super) async fn receive_events(&self, mut events: Events) {
        let (mut unstored, mut unread) = (Unstored::default(), Duration::ZERO);
        let (mut receipts, mut parts) = (FuturesUnordered::new(), FuturesUnordered::new());
        let mut unread_receipts = FuturesUnordered::new();
        loop {
            receipts
                .extend(unstored.receipts(&self.handle).map(|batch| self.store_receipts(batch)));
            while unread_receipts.len() < CALLS_MAX
                && let Some(batch) = unstored.next_unread()
            {
                unread_receipts.push(self.store_unread(batch));
            }
            while parts.len() < CALLS_MAX
                && let Some(batch) = unstored.next_parts()
            {
                parts.push(self.store_parts(batch));
            }
            tokio::select! {
                batch = events.next() => {
                    let Some(batch) = batch else { break };
                    if self.handle.unread() > unread + INBOUND_ANSWER_LATE {
                        // What lay unread may have missed the carrier's timeout, and is repeated.
                        unread = self.handle.unread();
                        self.carrier.interruption.note(self.carrier.clock.now());
                    }
                    self.take_in(batch, &mut unstored).await;
                }
                Some(()) = receipts.next() => {}
                Some(()) = parts.next() => {}
                Some(()) = unread_receipts.next() => {}
            }
        }
        let rest = async {
            while let Some(batch) = unstored.next_parts() {
                parts.push(self.store_parts(batch));
            }
            while let Some(batch) = unstored.next_unread() {
                unread_receipts.push(self.store_unread(batch));
            }
            while receipts.next().await.is_some()
                || parts.next().await.is_some()
                || unread_receipts.next().await.is_some()
            {}
        };
        tokio::select! {
            () = rest => {}
            () = tokio::time::sleep(STORE_AFTER_END_MAX) => {}
            () = self.carrier.lifecycle.aborting.cancelled() => {}
        }
    }

    /// Records responses, reports completed outcomes, and collects the receipts of the batch.
    async fn take_in(&self, batch: Vec<Event>, unstored: &mut Unstored) {
        let (mut done, mut late, mut answers) = (Vec::new(), Vec::new(), Answers::new());
        let (mut responses, mut malformed) = (0, 0);
        for event in batch {
            match event {
                Event::Response { token, rtt, pdu } => {
                    responses += 1;
                    let answer = self.read_response(token, &pdu, rtt);
                    let mut open = lock(&self.open);
                    if answer.is_err() {
                        open.note_status(token, pdu.status());
                    }
                    done.extend(open.answer(token, answer));
                }
                Event::Failed { token, why } => {
                    done.extend(lock(&self.open).answer(token, Err(verdict::of_failure(why))));
                }
                Event::Request { ticket, pdu } => {
                    let readable = self.read_request(ticket, &pdu, unstored, &mut answers);
                    malformed += u64::from(!readable);
                }
                Event::LateResponse { token, pdu } => late.extend(self.late(token, &pdu)),
                Event::Alert(_) | Event::Bound(_) | Event::BindRequested(_) => {}
            }
        }
        self.set_pace(responses);
        if !done.is_empty() {
            self.answered.notify_one();
        }
        if !answers.is_empty() {
            // If the session has ended the carrier repeats them.
            let _ = self.handle.answer(answers).await;
        }
        if malformed > 0 {
            self.refused(InboundRefusal::Malformed, malformed).await;
        }
        let mut outcomes = self.finish(done);
        // Late outcomes follow the ones that they amend.
        outcomes.extend(late);
        self.carrier.report(outcomes).await;
    }

    fn read_response(
        &self,
        token: u64,
        pdu: &RawPdu,
        rtt: Duration,
    ) -> Result<String, NotAccepted> {
        if pdu.status().is_ok() {
            lock(&self.pace).taken(rtt);
            return Ok(self.carrier.settings.receipt_ids.of_answer(pdu.message_id()));
        }
        let errors = &self.carrier.settings.errors;
        let not_accepted = verdict::of_status(pdu.status(), |status| errors.get(&status).copied());
        match not_accepted {
            NotAccepted::Throttled => {
                self.slow_down(|pace, now, random| pace.throttled(now - rtt, now, random));
                self.carrier.log_throttling(self.carrier.throttled.note(Instant::now()));
            }
            NotAccepted::QueueFull => {
                let to = lock(&self.open).destination(token);
                if let Some(to) = to
                    && self
                        .slow_down(|pace, now, random| pace.queue_full(to, now - rtt, now, random))
                {
                    self.carrier.log_throttling(self.carrier.throttled.note(Instant::now()));
                }
            }
            // The carrier no longer regards this session as bound: bind again.
            NotAccepted::NotSent => self.handle.unbind(),
            NotAccepted::Refused { .. }
            | NotAccepted::Another { .. }
            | NotAccepted::Unknown { .. }
            | NotAccepted::Busy
            | NotAccepted::NoAnswer => {}
        }
        Err(not_accepted)
    }

    /// Notes a refusal in the pace; returns whether the session slows down.
    fn slow_down(&self, note: impl FnOnce(&mut Pace, Instant, u64) -> bool) -> bool {
        let slower = note(&mut lock(&self.pace), Instant::now(), self.carrier.draw());
        if slower {
            self.slowed.notify_one();
        }
        slower
    }

    /// The outcome of a late response. A refusal has none: the submission already ended as *no answer*.
    fn late(&self, token: u64, pdu: &RawPdu) -> Option<Outcome> {
        let Inner { lifecycle, settings, late_refusals, late_strays, .. } = self.carrier;
        if !pdu.status().is_ok() {
            late_refusals.note(&lifecycle.name, "late response: refused");
            return None;
        }
        let carrier_id = settings.receipt_ids.of_answer(pdu.message_id());
        let late = lock(&self.open).late_answer(token, &carrier_id);
        match late {
            Late::Recorded => None,
            Late::Ended(UnansweredPart { key, part, parts }) => {
                let (carrier, accepted) =
                    (lifecycle.name.clone(), vec![AcceptedPart { part, carrier_id }]);
                let link = Some(self.number);
                Some(Outcome { key, carrier, link, parts, accepted, end: End::Late })
            }
            Late::Unmatched => {
                late_strays.note(&lifecycle.name, "late response: no matching submission");
                None
            }
        }
    }

    /// Returns whether the request could be decoded; otherwise it is refused.
    fn read_request(
        &self,
        ticket: Ticket,
        pdu: &RawPdu,
        unstored: &mut Unstored,
        answers: &mut Answers,
    ) -> bool {
        let Inner { lifecycle, settings, clock, interruption, .. } = self.carrier;
        let of = CarrierContext {
            carrier: &lifecycle.name,
            ids: settings.receipt_ids,
            by_text: settings.receipts_by_text,
            words: &settings.receipt_words,
            scope: settings.receipt_scope,
            alphabet: settings.profile.alphabet,
            home: settings.home,
            interrupted_at: interruption.last(),
        };
        match receive::read(pdu, of, clock.now()) {
            Ok(Received::UnknownState(receipt)) => {
                let what = "a receipt's state is an unknown word, so it decides nothing; its trace shows \
                            the word, and `receipt_words` can give it a meaning";
                self.carrier.unknown_states.note(&lifecycle.name, what);
                self.carrier.check_marks(receipt.unmarked.is_none());
                unstored.push(ticket, receipt);
            }
            Ok(Received::Receipt(receipt)) => {
                self.carrier.check_marks(receipt.unmarked.is_none());
                unstored.push(ticket, receipt);
            }
            Ok(Received::Message(part)) => unstored.push_part(ticket, part),
            Ok(Received::Unread(receipt)) => {
                let what = "a receipt names no message; it is kept: GET /admin/v1/unread-receipts";
                self.carrier.unread.note(&lifecycle.name, what);
                unstored.push_unread(ticket, receipt);
            }
            Err(error) => {
                answers.refuse(ticket, error.status());
                return false;
            }
        }
        true
    }

    /// Turns jobs into outcomes, except those that were only throttled: they return to the head of the queue, where the
    /// link's pause holds them.
    fn finish(&self, done: Vec<Job>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(done.len());
        for mut job in done {
            if job.retry_if_only_throttled() {
                let now = Instant::now();
                let since = *job.throttled_since.get_or_insert(now);
                let back = if now.duration_since(since) < THROTTLED_FOR_MAX {
                    self.carrier.queue.put_back(job)
                } else {
                    Some(job)
                };
                let Some(unwanted) = back else { continue };
                job = unwanted;
                job.answer_remaining(&NotAccepted::Throttled);
            }
            outcomes.push(self.outcome(job));
        }
        outcomes
    }

    fn set_pace(&self, responses: u32) {
        let now = Instant::now();
        let mut pace = lock(&self.pace);
        if let Some(state) = self.handle.congestion() {
            pace.congestion(state, now);
        }
        if responses > 0 {
            pace.answered(self.handle.in_flight().saturating_add(responses), now);
        }
        if pace.window() != self.handle.window() {
            self.handle.set_window(pace.window());
        }
        drop(pace);
        if responses > 0 {
            self.carrier.log_throttling(self.carrier.throttled.record_success(now));
        }
    }
}
