//! The worker that delivers events, whatever their target. Events reach it in two ways: handed over as
//! they are stored ([`super::Handoff`]), or claimed from the store. Results go back to the store in
//! batches. The number of events in memory and of requests under way is bounded, in all, by receiver and by
//! owner ([`super::queue`]), so that no receiver that does not answer holds up another one.
//!
//! The events of one order are delivered one after another: the store hands none out while an earlier
//! one has not ended (delivered or failed). So an event that is retried holds back the later ones of its
//! order, which have the same receiver.
//!
//! | crash | left behind | what happens |
//! |---|---|---|
//! | before or during a request | a leased event | due again when this node starts, or when the lease ends; sent once more |
//! | after it, before its result is recorded | the same | the receiver recognises the repeat by its id |

use std::time::Duration;

use domain::event::{Attempt, AttemptError, AttemptResult};
use domain::limits;
use domain::ports::{Delivery, DeliveryOutcome, DeliveryResult, FetchRequest};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::Context;
use super::attempt::{Ended, Waiting, attempt, count, request};
use super::claims::Claims;
use super::failure_log::FailureLog;
use super::handoff::BEGIN_WITHIN;
use super::queue::{Call, Destination, Queue, Response};
use super::results::Results;
use super::sign::Signer;

/// An event that was never attempted, because its receiver answers no request, fails at this age: twice
/// the time of the longest plan.
const UNTRIED_MAX: Duration = Duration::from_secs(56 * 60 * 60);

/// A way into the queue.
type Push = fn(&mut Queue<Waiting>, &Destination, Waiting) -> Result<(), (Waiting, Duration)>;

struct Deliverer<'a> {
    context: &'a Context,
    queue: Queue<Waiting>,
    results: Results,
    signer: Signer,
    failures: FailureLog,
}

pub(crate) async fn deliver(context: &Context) {
    let (queue, results) = (Queue::default(), Results::default());
    let (signer, failures) = (Signer::default(), FailureLog::default());
    let mut deliverer = Deliverer { context, queue, results, signer, failures };
    let mut claims = Claims::new();
    let mut running = FuturesUnordered::new();
    while !context.handoff.is_closed() {
        deliverer.receive();
        while let Some((call, delivery, request)) = deliverer.begin() {
            running.push(attempt(context, call, delivery, request));
        }
        let room = deliverer.room();
        tokio::select! {
            Some(ended) = running.next() => {
                deliverer.end(&ended);
                while let Some(Some(ended)) = running.next().now_or_never() {
                    deliverer.end(&ended);
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
        deliverer.end(&ended);
    }
    deliverer.give_back();
    deliverer.results.flush(&context.store, || context.now()).await;
    context.handoff.emptied.notify_one();
    std::future::pending::<()>().await;
}

impl Deliverer<'_> {
    /// Takes the events that were handed over.
    fn receive(&mut self) {
        let begin_by = self.context.now().after(BEGIN_WITHIN);
        for delivery in self.context.handoff.arrivals() {
            let waiting = Waiting::new(delivery, begin_by);
            self.queue_up(waiting, Queue::push_new);
        }
    }

    fn take(&mut self, claimed: Vec<Waiting>) {
        for waiting in claimed {
            self.queue_up(waiting, Queue::push);
        }
    }

    fn queue_up(&mut self, waiting: Waiting, push: Push) {
        let to = waiting.destination(&*self.context.fetch);
        if let Err((waiting, wait)) = push(&mut self.queue, &to, waiting) {
            self.put_off(&to.receiver, &waiting.delivery, wait);
        }
    }

    /// The next delivery that has a place. Those whose time to begin is over go back to the store.
    fn begin(&mut self) -> Option<(Call, Delivery, Option<FetchRequest>)> {
        loop {
            let (call, Waiting { delivery, url, begin_by }) = self.queue.begin(Instant::now())?;
            if self.context.now() <= begin_by {
                let request = request(self.context, &mut self.signer, &delivery, url);
                return Some((call, delivery, request));
            }
            self.queue.end(&call, Response::NotSent, None);
            self.put_off(call.line.receiver(), &delivery, Duration::ZERO);
        }
    }

    fn end(&mut self, ended: &Ended) {
        self.queue.end(&ended.call, ended.response, ended.address);
        self.results.push(ended.result, ended.frees_next);
        if let Some(failed) = &ended.failed {
            self.failures.note(ended.call.line.receiver(), failed);
        }
    }

    /// Returns a delivery to the store. Deliveries that are put off together become due one by one.
    fn put_off(&mut self, receiver: &str, delivery: &Delivery, wait: Duration) {
        let now = self.context.now();
        let hopeless = now.since(delivery.since) > UNTRIED_MAX && self.queue.is_silent(receiver);
        let outcome = if hopeless {
            let result = AttemptResult::Error(AttemptError::ReceiverSilent);
            DeliveryOutcome::Failed(Attempt { at: now, took: Duration::ZERO, result })
        } else {
            let spread = wait / 64 * u32::try_from(delivery.id.0 & 63).unwrap_or(0);
            DeliveryOutcome::PutOff(now.after(wait + spread))
        };
        count(self.context, &outcome);
        self.results.push(DeliveryResult { event: delivery.id, outcome }, false);
    }

    /// Makes what has not begun due at once, for any node.
    fn give_back(&mut self) {
        self.receive();
        for waiting in self.queue.drain() {
            self.put_off("", &waiting.delivery, Duration::ZERO);
        }
    }

    fn room(&self) -> usize {
        self.context.handoff.set_inside(self.queue.len());
        limits::WEBHOOKS_IN_MEMORY_MAX.saturating_sub(self.queue.len() + self.results.len())
    }
}
