//! Sends jobs from the queue on a session, as window, pauses and rate allow.

use domain::reason::Reason;
use smpp::link::SessionEnded;
use smpp::session::Requests;
use tokio::time::Instant;

use super::{Bound, lock};
use crate::smpp::encode::{BadSource, Envelope};
use crate::smpp::job::Job;
use crate::smpp::open_jobs::OpenJobs;
use crate::smpp::verdict::NotAccepted;

impl Bound<'_> {
    /// Feeds the session until it is to end; then waits for open responses and unbinds.
    pub(super) async fn pump(&self) {
        if self.kind.may_submit() {
            let up = self.carrier.queue.link_up();
            // Jobs are taken without a cancellation point after it, so that none is dropped.
            while let Some(jobs) = tokio::select! {
                biased;
                () = self.leaving.cancelled() => None,
                () = self.over.cancelled() => None,
                jobs = self.next() => jobs,
            } {
                self.send(jobs).await;
            }
            drop(up);
            self.carrier.defer_unserved().await;
            tokio::select! {
                () = self.drained() => {}
                () = self.over.cancelled() => {}
            }
        } else {
            tokio::select! {
                () = self.leaving.cancelled() => {}
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

    /// The next jobs, once there is room for them; `None` when the session is to end.
    async fn next(&self) -> Option<Vec<Job>> {
        loop {
            self.wait_pace().await;
            let room = self.handle.wait_room().await.ok()?;
            let room = room.min(lock(&self.pace).at_once());
            // No more than one burst of the rate, so that urgent jobs do not wait behind them.
            let weight = self.carrier.rate.at_once();
            tokio::select! {
                biased;
                () = self.slowed.notified() => {}
                jobs = self.carrier.queue.take(room, weight) => return Some(jobs),
            }
        }
    }

    /// Waits for the end of a pause, and until the rate allows a part.
    async fn wait_pace(&self) {
        loop {
            let Some(until) = lock(&self.pace).held_until(Instant::now()) else { return };
            tokio::time::sleep_until(until).await;
        }
    }

    /// Passes jobs to the session, or ends those that must not be sent.
    async fn send(&self, jobs: Vec<Job>) {
        let weight = jobs.iter().map(|job| job.waiting().1).sum();
        let may_go = tokio::select! {
            () = self.carrier.rate.wait(weight) => true,
            () = self.carrier.lifecycle.closing.cancelled() => false,
        };
        let (batches, mut ended) = self.encode(jobs, may_go);
        for (at, requests) in batches.into_iter().enumerate() {
            let unsent = if at == 0 || self.may_go_on().await {
                lock(&self.pace).sent(requests.len(), Instant::now());
                self.handle.submit(requests).await.err().map(|SessionEnded(unsent)| unsent)
            } else {
                Some(requests)
            };
            if let Some(unsent) = unsent {
                let mut open = lock(&self.open);
                let not_sent = |token| open.answer(token, Err(NotAccepted::NotSent));
                ended.extend(unsent.tokens().filter_map(not_sent));
                drop(open);
                self.answered.notify_one();
            }
        }
        let outcomes = ended.into_iter().map(|job| self.outcome(job)).collect();
        self.carrier.report(outcomes).await;
    }

    /// Waits until the pace allows the next parts of a job; false if they must not be sent any more.
    async fn may_go_on(&self) -> bool {
        tokio::select! {
            biased;
            () = self.leaving.cancelled() => false,
            () = self.over.cancelled() => false,
            () = self.wait_pace() => !self.carrier.lifecycle.has_lapsed(self.carrier.clock.now()),
        }
    }

    /// Encodes the parts of jobs in batches that may be sent at once, and registers the jobs for their responses; returns
    /// also those that have ended.
    fn encode(&self, jobs: Vec<Job>, may_go: bool) -> (Vec<Requests>, Vec<Job>) {
        let (now, profile) = (self.carrier.clock.now(), &self.carrier.settings.profile);
        // Checked here, directly before encoding.
        let may_go = may_go && !self.carrier.lifecycle.has_lapsed(now);
        let (mut batches, mut ended) = (Batches::new(lock(&self.pace).at_once()), Vec::new());
        batches.all.push(Requests::with_capacity(jobs.len()));
        let mut open = lock(&self.open);
        for mut job in jobs {
            let envelope = match Envelope::of(&job, profile, now) {
                _ if !may_go => Err(NotAccepted::NotSent),
                _ if now >= job.content.valid_until => Err(refused(Reason::Expired, "")),
                Err(BadSource) => Err(refused(Reason::BadSender, "smpp:source")),
                Ok(envelope) => Ok(envelope),
            };
            match envelope {
                Ok(envelope) => ended.extend(put(&mut open, job, &envelope, &mut batches)),
                Err(refusal) => {
                    job.answer_remaining(&refusal);
                    ended.push(job);
                }
            }
        }
        batches.all.retain(|requests| !requests.is_empty());
        (batches.all, ended)
    }
}

/// Batches of requests that are sent at once.
struct Batches {
    all: Vec<Requests>,
    at_once: usize,
}

impl Batches {
    const fn new(at_once: usize) -> Self {
        Self { all: Vec::new(), at_once }
    }

    /// The batch for the next request.
    fn next(&mut self) -> &mut Requests {
        match self.all.last() {
            Some(last) if last.len() < self.at_once => {}
            _ => self.all.push(Requests::new()),
        }
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

/// Encodes the parts of one job; returns it if no part can be encoded.
fn put(
    open: &mut OpenJobs,
    mut job: Job,
    envelope: &Envelope<'_>,
    batches: &mut Batches,
) -> Option<Job> {
    let (number, mut unfit) = (open.next_number(), Vec::new());
    for (at, piece) in job.send() {
        let token = OpenJobs::token(number, at);
        if envelope.push(batches.next(), token, at, piece).is_err() {
            unfit.push(token);
        }
    }
    open.put(number, job);
    // A field that is too long; earlier checks exclude it.
    let refuse = |token| open.answer(token, Err(refused(Reason::Refused, "smpp:encode")));
    unfit.into_iter().filter_map(refuse).last()
}

fn refused(reason: Reason, code: &str) -> NotAccepted {
    NotAccepted::Refused { reason, code: code.to_owned() }
}
