//! What comes in on a session: answers, which become outcomes, and receipts, which are stored
//! before they are answered. An answer after its time says only that the part is with the carrier.

use std::time::Duration;

use domain::ports::{AcceptedPart, End, Outcome};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smpp::CommandStatus;
use smpp::link::Events;
use smpp::pdu::RawPdu;
use smpp::session::{Answers, Event, Ticket};
use tokio::time::Instant;

use super::keep::{CALLS_MAX, Unstored};
use super::{Bound, lock};
use crate::smpp::Inner;
use crate::smpp::job::Job;
use crate::smpp::open::{GivenUp, Late};
use crate::smpp::receive::{self, Of, Received};
use crate::smpp::verdict::{self, NotTaken};

/// For so long a link tries what is throttled itself, before it goes back to the store.
const THROTTLED_FOR_MAX: Duration = Duration::from_secs(120);

impl Bound<'_> {
    /// Takes what happens, batch by batch. Answers wait for room in the inbox; receipts are stored
    /// beside that.
    pub(super) async fn listen(&self, mut events: Events) {
        let (mut unstored, mut calls) = (Unstored::default(), FuturesUnordered::new());
        loop {
            while calls.len() < CALLS_MAX && !unstored.is_empty() {
                calls.push(self.keep(unstored.take()));
            }
            tokio::select! {
                batch = events.next() => {
                    let Some(batch) = batch else { break };
                    self.take_in(batch, &mut unstored).await;
                }
                Some(()) = calls.next(), if !calls.is_empty() => {}
            }
        }
        while !unstored.is_empty() {
            calls.push(self.keep(unstored.take()));
        }
        while calls.next().await.is_some() {}
    }

    /// Notes answers, tells the outcomes they complete, and gathers the receipts of the batch.
    async fn take_in(&self, batch: Vec<Event>, unstored: &mut Unstored) {
        let (mut done, mut late, mut answers) = (Vec::new(), Vec::new(), Answers::new());
        let mut responses = 0;
        for event in batch {
            match event {
                Event::Response { token, rtt, pdu } => {
                    responses += 1;
                    let answer = self.read_response(&pdu, rtt);
                    done.extend(lock(&self.open).answer(token, answer));
                }
                Event::Failed { token, why } => {
                    done.extend(lock(&self.open).answer(token, Err(verdict::of_failure(why))));
                }
                Event::Request { ticket, pdu } => {
                    self.read_request(ticket, &pdu, unstored, &mut answers);
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
            // When the session has ended the carrier sends them again.
            let _ = self.handle.answer(answers).await;
        }
        let mut outcomes = self.finish(done);
        // After the outcomes that they follow.
        outcomes.extend(late);
        self.carrier.tell(outcomes).await;
    }

    fn read_response(&self, pdu: &RawPdu, rtt: Duration) -> Result<String, NotTaken> {
        if pdu.status().is_ok() {
            lock(&self.pace).taken(rtt);
            return Ok(self.carrier.settings.receipt_ids.of_answer(pdu.message_id()));
        }
        let errors = &self.carrier.settings.errors;
        let not_taken = verdict::of_status(pdu.status(), |status| errors.get(&status).copied());
        match not_taken {
            NotTaken::Throttled => self.slow_down(),
            // The carrier does not take this bind for one any more: begin anew.
            NotTaken::NotSent => self.handle.unbind(),
            NotTaken::Refused { .. }
            | NotTaken::Another { .. }
            | NotTaken::Unknown { .. }
            | NotTaken::Busy
            | NotTaken::NoAnswer => {}
        }
        Err(not_taken)
    }

    fn slow_down(&self) {
        let (now, random) = (Instant::now(), self.carrier.draw());
        if lock(&self.pace).throttled(now, random) {
            self.slowed.notify_one();
        }
        self.carrier.note_throttled(self.carrier.throttled.note(now));
    }

    /// What an answer after its time has to tell. One that says no tells nothing: the part's
    /// submission has ended as if it might be there, and is not there.
    fn late(&self, token: u64, pdu: &RawPdu) -> Option<Outcome> {
        let Inner { desk, settings, late_refusals, late_strays, .. } = self.carrier;
        if !pdu.status().is_ok() {
            late_refusals.note(&desk.name, "an answer after its time was a refusal");
            return None;
        }
        let carrier_id = settings.receipt_ids.of_answer(pdu.message_id());
        let late = lock(&self.open).late(token, &carrier_id);
        match late {
            Late::Noted => None,
            Late::Ended(GivenUp { key, part, parts }) => {
                let (carrier, accepted) =
                    (desk.name.clone(), vec![AcceptedPart { part, carrier_id }]);
                Some(Outcome { key, carrier, parts, accepted, end: End::Late })
            }
            Late::Nobodys => {
                late_strays.note(&desk.name, "an answer after its time was nobody's");
                None
            }
        }
    }

    fn read_request(
        &self,
        ticket: Ticket,
        pdu: &RawPdu,
        unstored: &mut Unstored,
        answers: &mut Answers,
    ) {
        let Inner { desk, settings, clock, interruption, .. } = self.carrier;
        let of = Of {
            carrier: &desk.name,
            ids: settings.receipt_ids,
            by_text: settings.receipts_by_text,
            alphabet: settings.profile.alphabet,
            interrupted_at: interruption.last(),
        };
        match receive::read(pdu, of, clock.now()) {
            Ok(Received::Receipt(receipt)) => {
                self.carrier.note_mark(receipt.unmarked.is_none());
                unstored.push(ticket, receipt);
            }
            Ok(Received::Message(part)) => unstored.push_part(ticket, part),
            Ok(Received::Nameless) => answers.deliver(ticket, CommandStatus::ROK),
            Err(error) => answers.refuse(ticket, error.status()),
        }
    }

    /// Makes outcomes of jobs, but for those that are only throttled: these go back to their places
    /// at the head of the queue, and the pause of the link holds them there.
    fn finish(&self, done: Vec<Job>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(done.len());
        for mut job in done {
            if job.again_if_only_throttled() {
                let now = Instant::now();
                let since = *job.throttled_since.get_or_insert(now);
                let back = if now.duration_since(since) < THROTTLED_FOR_MAX {
                    self.carrier.queue.put_back(job)
                } else {
                    Some(job)
                };
                let Some(unwanted) = back else { continue };
                job = unwanted;
                job.answer_open(&NotTaken::Throttled);
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
            self.carrier.note_throttled(self.carrier.throttled.well(now));
        }
    }
}
