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
            let paused = lock(&self.pace).paused_until(Instant::now());
            if let Some(until) = paused {
                tokio::time::sleep_until(until).await;
            }
            let room = self.handle.wait_room().await.ok()?;
            // No more than one burst of the rate, so that urgent jobs do not wait behind them.
            let weight = self.carrier.rate.at_once();
            tokio::select! {
                biased;
                () = self.slowed.notified() => {}
                jobs = self.carrier.queue.take(room, weight) => return Some(jobs),
            }
        }
    }

    /// Passes jobs to the session, or ends those that must not be sent.
    async fn send(&self, jobs: Vec<Job>) {
        let weight = jobs.iter().map(|job| job.waiting().1).sum();
        let may_go = tokio::select! {
            () = self.carrier.rate.wait(weight) => true,
            () = self.carrier.lifecycle.closing.cancelled() => false,
        };
        let (requests, mut ended) = self.encode(jobs, may_go);
        if !requests.is_empty()
            && let Err(SessionEnded(unsent)) = self.handle.submit(requests).await
        {
            let mut open = lock(&self.open);
            let not_sent = |token| open.answer(token, Err(NotAccepted::NotSent));
            ended.extend(unsent.tokens().filter_map(not_sent));
            drop(open);
            self.answered.notify_one();
        }
        let outcomes = ended.into_iter().map(|job| self.outcome(job)).collect();
        self.carrier.report(outcomes).await;
    }

    /// Encodes the parts of jobs and registers the jobs for their responses; returns those that have ended.
    fn encode(&self, jobs: Vec<Job>, may_go: bool) -> (Requests, Vec<Job>) {
        let (now, profile) = (self.carrier.clock.now(), &self.carrier.settings.profile);
        // Checked here, directly before encoding.
        let may_go = may_go && !self.carrier.lifecycle.has_lapsed(now);
        let (mut requests, mut ended) = (Requests::with_capacity(jobs.len()), Vec::new());
        let mut open = lock(&self.open);
        for mut job in jobs {
            let envelope = match Envelope::of(&job, profile, now) {
                _ if !may_go => Err(NotAccepted::NotSent),
                _ if now >= job.content.valid_until => Err(refused(Reason::Expired, "")),
                Err(BadSource) => Err(refused(Reason::BadSender, "smpp:source")),
                Ok(envelope) => Ok(envelope),
            };
            match envelope {
                Ok(envelope) => ended.extend(put(&mut open, job, &envelope, &mut requests)),
                Err(refusal) => {
                    job.answer_remaining(&refusal);
                    ended.push(job);
                }
            }
        }
        (requests, ended)
    }
}

/// Encodes the parts of one job; returns it if no part can be encoded.
fn put(
    open: &mut OpenJobs,
    mut job: Job,
    envelope: &Envelope<'_>,
    requests: &mut Requests,
) -> Option<Job> {
    let (number, mut unfit) = (open.next_number(), Vec::new());
    for (at, piece) in job.send() {
        let token = OpenJobs::token(number, at);
        if envelope.push(requests, token, at, piece).is_err() {
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
