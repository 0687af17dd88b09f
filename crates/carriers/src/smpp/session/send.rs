//! What goes out on a session: jobs from the queue, as the window, the pauses and the rate let them.

use domain::reason::Reason;
use smpp::link::SessionEnded;
use smpp::session::Requests;
use tokio::time::Instant;

use super::{Bound, lock};
use crate::smpp::encode::{BadSource, Envelope};
use crate::smpp::job::Job;
use crate::smpp::open::Open;
use crate::smpp::verdict::NotTaken;

impl Bound<'_> {
    /// Feeds the session until it takes no more, or is to leave; then waits until what it was
    /// given is answered, and unbinds.
    pub(super) async fn pump(&self) {
        if self.kind.may_submit() {
            let up = self.carrier.queue.link_up();
            // Jobs are taken only where nothing can cut in, so that none is dropped.
            while let Some(jobs) = tokio::select! {
                biased;
                () = self.leaving.cancelled() => None,
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

    /// The next jobs, once there is room for them; `None` when the session takes no more.
    async fn next(&self) -> Option<Vec<Job>> {
        loop {
            let paused = lock(&self.pace).paused_until(Instant::now());
            if let Some(until) = paused {
                tokio::time::sleep_until(until).await;
            }
            let room = self.handle.wait_room().await.ok()?;
            // No more than the rate lets go at once: what is taken waits behind nothing urgent.
            let weight = self.carrier.rate.at_once();
            tokio::select! {
                biased;
                () = self.slowed.notified() => {}
                jobs = self.carrier.queue.take(room, weight) => return Some(jobs),
            }
        }
    }

    /// Hands jobs to the session, or ends those that must not be sent.
    async fn send(&self, jobs: Vec<Job>) {
        let weight = jobs.iter().map(|job| job.waiting().1).sum();
        let may_go = tokio::select! {
            () = self.carrier.rate.wait(weight) => true,
            () = self.carrier.desk.closing.cancelled() => false,
        };
        let (requests, mut ended) = self.encode(jobs, may_go);
        if !requests.is_empty()
            && let Err(SessionEnded(unsent)) = self.handle.submit(requests).await
        {
            let mut open = lock(&self.open);
            let not_sent = |token| open.answer(token, Err(NotTaken::NotSent));
            ended.extend(unsent.tokens().filter_map(not_sent));
            drop(open);
            self.answered.notify_one();
        }
        let outcomes = ended.into_iter().map(|job| self.outcome(job)).collect();
        self.carrier.tell(outcomes).await;
    }

    /// Writes the parts of jobs and keeps these for their answers; returns those that have ended.
    fn encode(&self, jobs: Vec<Job>, may_go: bool) -> (Requests, Vec<Job>) {
        let (now, profile) = (self.carrier.clock.now(), &self.carrier.settings.profile);
        // Asked for here, with nothing to wait for before it is written.
        let may_go = may_go && !self.carrier.desk.has_lapsed(now);
        let (mut requests, mut ended) = (Requests::with_capacity(jobs.len()), Vec::new());
        let mut open = lock(&self.open);
        for mut job in jobs {
            let envelope = match Envelope::of(&job, profile, now) {
                _ if !may_go => Err(NotTaken::NotSent),
                _ if now >= job.content.valid_until => Err(refused(Reason::Expired, "")),
                Err(BadSource) => Err(refused(Reason::BadSender, "smpp:source")),
                Ok(envelope) => Ok(envelope),
            };
            match envelope {
                Ok(envelope) => ended.extend(put(&mut open, job, &envelope, &mut requests)),
                Err(refusal) => {
                    job.answer_open(&refusal);
                    ended.push(job);
                }
            }
        }
        (requests, ended)
    }
}

/// Writes the parts of one job; returns it when no part of it fits.
fn put(
    open: &mut Open,
    mut job: Job,
    envelope: &Envelope<'_>,
    requests: &mut Requests,
) -> Option<Job> {
    let (number, mut unfit) = (open.next_number(), Vec::new());
    for (at, piece) in job.send() {
        let token = Open::token(number, at);
        if envelope.push(requests, token, at, piece).is_err() {
            unfit.push(token);
        }
    }
    open.put(number, job);
    // A field that does not fit: the checks before this leave none.
    let refuse = |token| open.answer(token, Err(refused(Reason::Refused, "smpp:encode")));
    unfit.into_iter().filter_map(refuse).last()
}

fn refused(reason: Reason, code: &str) -> NotTaken {
    NotTaken::Refused { reason, code: code.to_owned() }
}
