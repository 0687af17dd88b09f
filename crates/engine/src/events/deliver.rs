//! The worker that tells events. Calls come to it in two ways: handed over as they are stored
//! ([`super::Handoff`]), or claimed from the store; and what became of them goes back to the store, many
//! at a time. A bounded number is in memory, and under way, few of them to one host, so that a
//! receiver that hangs holds up no other.
//!
//! The calls of one order are made one after another, in their order: the store gives none out while
//! an earlier one has not ended (told or given up). So a call that failed holds back the later ones
//! of its order, which have the same receiver, until it is told or given up.
//!
//! | died | left behind | what happens |
//! |---|---|---|
//! | before a call, or during it | a leased event | due again when this node starts, or when the lease is over; called once more |
//! | after it, before it was recorded | the same | the receiver knows the repeat by its id |

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::ports::{FetchRequest, WebhookCall, WebhookOutcome, WebhookResult};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::Context;
use super::call::{Ended, Waiting, count, request, tell};
use super::claims::Claims;
use super::handoff::BEGIN_WITHIN;
use super::queue::{Answer, Queue};
use super::results::Results;
use super::sign::Signer;

/// A call that was never tried, because its receiver answers none, is given up when its event is so
/// old: twice the time that a call is tried for.
const UNTRIED_MAX: Duration = Duration::from_secs(56 * 60 * 60);

struct Deliverer<'a> {
    context: &'a Context,
    queue: Queue<Waiting>,
    results: Results,
    signer: Signer,
}

pub(crate) async fn deliver(context: &Context) {
    let (queue, results) = (Queue::default(), Results::default());
    let mut deliverer = Deliverer { context, queue, results, signer: Signer::default() };
    let mut claims = Claims::new();
    let mut running = FuturesUnordered::new();
    while !context.handoff.is_closed() {
        deliverer.receive();
        while let Some((host, call, request)) = deliverer.begin() {
            running.push(tell(context, host, call, request));
        }
        let room = deliverer.room();
        tokio::select! {
            Some(ended) = running.next() => {
                deliverer.end(ended);
                while let Some(Some(ended)) = running.next().now_or_never() {
                    deliverer.end(ended);
                }
            }
            frees_next = deliverer.results.record(&context.store, || context.now()) => {
                if frees_next {
                    claims.want();
                }
            }
            claimed = claims.next(context, room) => deliverer.take(claimed),
            () = context.handoff.signal.notified() => {}
        }
    }
    while let Some(ended) = running.next().await {
        deliverer.end(ended);
    }
    deliverer.give_back();
    deliverer.results.flush(&context.store, || context.now()).await;
    context.handoff.emptied.notify_one();
    std::future::pending::<()>().await;
}

impl Deliverer<'_> {
    /// Takes what was handed over.
    fn receive(&mut self) {
        let begin_by = self.context.now().after(BEGIN_WITHIN);
        for call in self.context.handoff.arrivals() {
            let waiting = Waiting::new(call, begin_by);
            let host = waiting.host().to_owned();
            if let Err((waiting, wait)) = self.queue.push_new(&host, waiting) {
                self.put_off(&host, &waiting.call, wait);
            }
        }
    }

    fn take(&mut self, claimed: Vec<Waiting>) {
        for waiting in claimed {
            let host = waiting.host().to_owned();
            if let Err((waiting, wait)) = self.queue.push(&host, waiting) {
                self.put_off(&host, &waiting.call, wait);
            }
        }
    }

    /// The next call that has a place, unless it is too late for it.
    fn begin(&mut self) -> Option<(Arc<str>, WebhookCall, Result<FetchRequest, &'static str>)> {
        loop {
            let (host, Waiting { call, url, begin_by }) = self.queue.begin()?;
            if self.context.now() <= begin_by {
                let request = request(self.context, &mut self.signer, &call, url);
                return Some((host, call, request));
            }
            self.queue.end(&host, Answer::NotAsked);
            self.put_off(&host, &call, Duration::ZERO);
        }
    }

    fn end(&mut self, ended: Ended) {
        self.queue.end(&ended.host, ended.answer);
        self.results.push(ended.result, ended.frees_next);
    }

    /// Back to the store; those put off together come back one by one.
    fn put_off(&mut self, host: &str, call: &WebhookCall, wait: Duration) {
        let now = self.context.now();
        let hopeless = now.since(call.at) > UNTRIED_MAX && self.queue.is_silent(host);
        let (outcome, note) = if hopeless {
            (WebhookOutcome::GaveUp, "its receiver has not answered any call for days")
        } else {
            let spread = wait / 64 * u32::try_from(call.id.0 & 63).unwrap_or(0);
            let at = now.after(wait + spread);
            (WebhookOutcome::PutOff(at), "its host has enough calls under way")
        };
        count(self.context, &outcome);
        self.results.push(WebhookResult { call: call.id, outcome, note: note.to_owned() }, false);
    }

    /// What has not begun is due at once for whoever comes next.
    fn give_back(&mut self) {
        self.receive();
        for waiting in self.queue.drain() {
            self.put_off("", &waiting.call, Duration::ZERO);
        }
    }

    fn room(&self) -> usize {
        self.context.handoff.set_inside(self.queue.len());
        limits::WEBHOOKS_IN_MEMORY_MAX.saturating_sub(self.queue.len() + self.results.len())
    }
}
