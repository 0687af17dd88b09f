//! One bound session, from bind to end. Three things go on beside each other:
//!
//! ```text
//! queue ── pump: room in the window, pause over, rate ──> requests ──┐
//! inbox <── answers and receipts, batch by batch <── events ─────────┤ smpp session
//!                                       receipts stored ──> answers ─┘
//! ```
//!
//! The session itself is read and keeps its timers whatever the other two wait for. When it ends
//! every part it was given has come back as an event; `let_go` is for what a panic left behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ports::{Outcome, Receipt};
use domain::reason::Reason;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smpp::CommandStatus;
use smpp::link::{Events, Handle, Link, Run, SessionEnded};
use smpp::pdu::RawPdu;
use smpp::session::{Answers, BindKind, CloseReason, Event, Requests, Ticket};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::encode::{BadSource, Envelope};
use super::job::Job;
use super::open::Open;
use super::pace::Pace;
use super::receive::{self, Received};
use super::verdict::{self, NotTaken};

/// Batches of receipts that may wait for the store at a time.
const STORING_MAX: usize = 16;

/// How often one job may be throttled before it goes back to the store.
const THROTTLED_MAX: u32 = 5;

pub(super) struct Bound<'a> {
    carrier: &'a Inner,
    handle: Handle,
    kind: BindKind,
    open: Mutex<Open>,
    pace: Mutex<Pace>,
    /// Told when a job was answered.
    answered: Notify,
    /// Cancelled when the session has ended.
    over: CancellationToken,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Bound<'a> {
    pub(super) fn new(carrier: &'a Inner, link: Link) -> (Self, Events, Run) {
        let Link { handle, events, run, peer } = link;
        let bound = Self {
            carrier,
            kind: peer.kind,
            open: Mutex::default(),
            pace: Mutex::new(Pace::new(handle.window())),
            answered: Notify::new(),
            over: CancellationToken::new(),
            handle,
        };
        (bound, events, run)
    }

    /// Lives with the session until it has ended and everything is told.
    pub(super) async fn live(&self, events: Events, run: Run) -> CloseReason {
        let (reason, (), ()) = tokio::join!(self.run(run), self.pump(), self.listen(events));
        reason
    }

    async fn run(&self, mut run: Run) -> CloseReason {
        let reason = tokio::select! {
            reason = &mut run => reason,
            () = self.carrier.desk.aborting.cancelled() => {
                self.handle.abort();
                run.await
            }
        };
        self.over.cancel();
        reason
    }

    /// Gives an outcome to what has none although the session is over: a fall of this code.
    pub(super) async fn let_go(&self) {
        let left = lock(&self.open).take_all();
        let fail = |mut job: Job| {
            job.answer_open(&NotTaken::NoAnswer);
            self.outcome(job)
        };
        let outcomes: Vec<_> = left.into_iter().map(fail).collect();
        self.carrier.tell(outcomes).await;
    }

    // ---- out

    /// Feeds the session until it takes no more or the carrier stops; then waits until what it was
    /// given is answered, and unbinds.
    async fn pump(&self) {
        let closing = &self.carrier.desk.closing;
        if self.kind.may_submit() {
            let up = self.carrier.queue.link_up();
            // Jobs are taken only where nothing can cut in, so that none is dropped.
            while let Some(jobs) = tokio::select! {
                biased;
                () = closing.cancelled() => None,
                () = self.over.cancelled() => None,
                jobs = self.next() => jobs,
            } {
                self.send(jobs).await;
            }
            drop(up);
            self.carrier.defer_stranded().await;
            tokio::select! {
                () = self.drained() => {}
                () = self.over.cancelled() => {}
            }
        } else {
            tokio::select! {
                () = closing.cancelled() => {}
                () = self.over.cancelled() => {}
            }
        }
        self.handle.unbind();
    }

    async fn drained(&self) {
        loop {
            let answered = self.answered.notified();
            if lock(&self.open).is_empty() {
                return;
            }
            answered.await;
        }
    }

    /// The next jobs, once there is room for them; `None` when the session takes no more.
    async fn next(&self) -> Option<Vec<Job>> {
        let paused = lock(&self.pace).paused_until(Instant::now());
        if let Some(until) = paused {
            tokio::time::sleep_until(until).await;
        }
        let room = self.handle.wait_room().await.ok()?;
        // No more than the rate lets go at once: what is taken early waits behind nothing urgent.
        let parts = room.min(self.carrier.rate.at_once());
        Some(self.carrier.queue.take(parts).await)
    }

    /// Hands jobs to the session, or ends those that must not be sent.
    async fn send(&self, jobs: Vec<Job>) {
        let now = self.carrier.clock.now();
        let (mut requests, mut ended) = (Requests::with_capacity(jobs.len()), Vec::new());
        for mut job in jobs {
            let may_go = tokio::select! {
                () = self.carrier.rate.wait(job.waiting()) => true,
                () = self.carrier.desk.closing.cancelled() => false,
            };
            let envelope = match Envelope::of(&job, now) {
                _ if !may_go => Err(NotTaken::NotSent),
                _ if now >= job.content.valid_until => Err(refused(Reason::Expired, "")),
                Err(BadSource) => Err(refused(Reason::BadSender, "smpp:source")),
                Ok(envelope) => Ok(envelope),
            };
            match envelope {
                Ok(envelope) => ended.extend(self.encode(job, &envelope, &mut requests)),
                Err(refusal) => {
                    job.answer_open(&refusal);
                    ended.push(self.outcome(job));
                }
            }
        }
        if !requests.is_empty()
            && let Err(SessionEnded(unsent)) = self.handle.submit(requests).await
        {
            let not_sent = |token| self.answer(token, Err(NotTaken::NotSent));
            let done: Vec<_> = unsent.tokens().filter_map(not_sent).collect();
            ended.extend(done.into_iter().map(|job| self.outcome(job)));
        }
        self.carrier.tell(ended).await;
    }

    /// Writes the parts of a job and keeps it for their answers.
    fn encode(
        &self,
        mut job: Job,
        envelope: &Envelope,
        requests: &mut Requests,
    ) -> Option<Outcome> {
        let mut open = lock(&self.open);
        let (place, mut unfit) = (open.next_place(), Vec::new());
        for (at, part) in job.send() {
            let token = Open::token(place, at);
            if envelope.push(requests, token, part).is_err() {
                unfit.push(token);
            }
        }
        open.put(place, job);
        drop(open);
        // A field that does not fit: the checks before this leave none.
        let refuse = |token| self.answer(token, Err(refused(Reason::Refused, "smpp:encode")));
        unfit.into_iter().filter_map(refuse).last().map(|job| self.outcome(job))
    }

    fn answer(&self, token: u64, answer: Result<String, NotTaken>) -> Option<Job> {
        let done = lock(&self.open).answer(token, answer)?;
        self.answered.notify_one();
        Some(done)
    }

    fn outcome(&self, job: Job) -> Outcome {
        job.outcome(&self.carrier.desk.name, lock(&self.pace).pause())
    }

    // ---- in

    /// Takes what happens, batch by batch. Answers wait for room in the inbox; receipts are stored
    /// beside that.
    async fn listen(&self, mut events: Events) {
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
                // Its outcome was told when its time was over; it is sent again.
                Event::LateResponse { .. } => {}
                Event::Alert(_) | Event::Bound(_) | Event::BindRequested(_) => {}
            }
        }
        self.set_pace();
        if !answers.is_empty() {
            // When the session has ended the carrier sends them again.
            let _ = self.handle.answer(answers).await;
        }
        let outcomes = self.finish(done);
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
            }
            // The carrier does not take this bind for one any more: begin anew.
            NotTaken::NotSent => self.handle.unbind(),
            NotTaken::Refused { .. } | NotTaken::Busy | NotTaken::NoAnswer => {}
        }
        Err(not_taken)
    }

    fn read_request(
        &self,
        ticket: Ticket,
        pdu: &RawPdu,
        answers: &mut Answers,
    ) -> Option<(Ticket, Receipt)> {
        let Inner { desk, settings, clock, .. } = self.carrier;
        match receive::read(pdu, &desk.name, settings.receipt_ids, clock.now()) {
            Ok(Received::Receipt(receipt)) => return Some((ticket, receipt)),
            Ok(Received::Nameless) => answers.deliver(ticket, CommandStatus::ROK),
            Ok(Received::Message) => {
                self.carrier.note_refused_message();
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
                let carrier = self.carrier.desk.name.as_str();
                tracing::warn!(carrier, %error, "receipts could not be stored; asked for again");
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

fn refused(reason: Reason, code: &str) -> NotTaken {
    NotTaken::Refused { reason, code: code.to_owned() }
}
