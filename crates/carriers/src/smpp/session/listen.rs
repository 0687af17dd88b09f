//! What comes in on a session: answers, which become outcomes, and receipts, which are stored
//! before they are answered. An answer after its time says only that the part is with the carrier.

use domain::ports::{AcceptedPart, End, Outcome, Receipt};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smpp::CommandStatus;
use smpp::link::Events;
use smpp::pdu::RawPdu;
use smpp::session::{Answers, Event, Ticket};
use tokio::time::Instant;

use super::{Bound, lock};
use crate::smpp::Inner;
use crate::smpp::job::Job;
use crate::smpp::open::{GivenUp, Late};
use crate::smpp::receive::{self, Received};
use crate::smpp::verdict::{self, NotTaken};

/// Batches of receipts that may wait for the store at a time.
const STORING_MAX: usize = 16;

/// How often one job may be throttled before it goes back to the store.
const THROTTLED_MAX: u32 = 5;

impl Bound<'_> {
    /// Takes what happens, batch by batch. Answers wait for room in the inbox; receipts are stored
    /// beside that.
    pub(super) async fn listen(&self, mut events: Events) {
        let mut storing = FuturesUnordered::new();
        loop {
            tokio::select! {
                batch = events.next(), if storing.len() < STORING_MAX => {
                    let Some(batch) = batch else { break };
                    let receipts = self.take_in(batch).await;
                    if !receipts.is_empty() {
                        storing.push(self.store(receipts));
                    }
                }
                Some(()) = storing.next(), if !storing.is_empty() => {}
            }
        }
        while storing.next().await.is_some() {}
    }

    /// Notes answers, tells the outcomes they complete, and returns the receipts of the batch.
    async fn take_in(&self, batch: Vec<Event>) -> Vec<(Ticket, Receipt)> {
        let (mut done, mut receipts, mut answers) = (Vec::new(), Vec::new(), Answers::new());
        let mut late = Vec::new();
        for event in batch {
            match event {
                Event::Response { token, pdu, .. } => {
                    done.extend(self.answer(token, self.read_response(&pdu)));
                }
                Event::Failed { token, why } => {
                    done.extend(self.answer(token, Err(verdict::of_failure(why))));
                }
                Event::Request { ticket, pdu } => {
                    if let Some(receipt) = self.read_request(ticket, &pdu, &mut answers) {
                        receipts.push(receipt);
                    }
                }
                Event::LateResponse { token, pdu } => late.extend(self.late(token, &pdu)),
                Event::Alert(_) | Event::Bound(_) | Event::BindRequested(_) => {}
            }
        }
        self.set_pace();
        if !answers.is_empty() {
            // When the session has ended the carrier sends them again.
            let _ = self.handle.answer(answers).await;
        }
        let mut outcomes = self.finish(done);
        // After the outcomes that they follow.
        outcomes.extend(late);
        self.carrier.tell(outcomes).await;
        receipts
    }

    fn read_response(&self, pdu: &RawPdu) -> Result<String, NotTaken> {
        if pdu.status().is_ok() {
            lock(&self.pace).taken();
            return Ok(self.carrier.settings.receipt_ids.of_answer(pdu.message_id()));
        }
        let statuses = &self.carrier.settings.statuses;
        let not_taken = verdict::of_status(pdu.status(), |status| statuses.get(&status).copied());
        match not_taken {
            NotTaken::Throttled => {
                let random = self.carrier.draw();
                lock(&self.pace).throttled(Instant::now(), random);
                self.slowed.notify_one();
            }
            // The carrier does not take this bind for one any more: begin anew.
            NotTaken::NotSent => self.handle.unbind(),
            NotTaken::Refused { .. } | NotTaken::Busy | NotTaken::NoAnswer => {}
        }
        Err(not_taken)
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
        answers: &mut Answers,
    ) -> Option<(Ticket, Receipt)> {
        let Inner { desk, settings, clock, refused_messages, .. } = self.carrier;
        match receive::read(pdu, &desk.name, settings.receipt_ids, clock.now()) {
            Ok(Received::Receipt(receipt)) => return Some((ticket, receipt)),
            Ok(Received::Nameless) => answers.deliver(ticket, CommandStatus::ROK),
            Ok(Received::Message) => {
                refused_messages.note(&desk.name, "refused a message from a phone");
                answers.deliver(ticket, CommandStatus::RX_R_APPN);
            }
            Err(error) => answers.refuse(ticket, error.status()),
        }
        None
    }

    /// Stores receipts and only then answers them; what could not be stored is asked for again.
    async fn store(&self, received: Vec<(Ticket, Receipt)>) {
        let (tickets, receipts): (Vec<_>, Vec<_>) = received.into_iter().unzip();
        let inbox = self.carrier.desk.inbox().await;
        let status = match inbox.receipts(receipts).await {
            Ok(()) => CommandStatus::ROK,
            Err(error) => {
                if let Some(total) = self.carrier.unstored.add() {
                    let carrier = self.carrier.desk.name.as_str();
                    tracing::warn!(carrier, total, %error, "receipts not stored; asked for again");
                }
                CommandStatus::RX_T_APPN
            }
        };
        let mut answers = Answers::new();
        for ticket in tickets {
            answers.deliver(ticket, status);
        }
        let _ = self.handle.answer(answers).await;
    }

    /// Makes outcomes of jobs, but for those that are only throttled: these go back to the head of
    /// the queue in their order, and the pause of the link holds them there.
    fn finish(&self, done: Vec<Job>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(done.len());
        for mut job in done.into_iter().rev() {
            if job.again_if_only_throttled() {
                job.throttled += 1;
                let back = if job.throttled < THROTTLED_MAX {
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

    fn set_pace(&self) {
        let mut pace = lock(&self.pace);
        if let Some(state) = self.handle.congestion() {
            pace.congestion(state, Instant::now());
        }
        if pace.window() != self.handle.window() {
            self.handle.set_window(pace.window());
        }
    }
}
