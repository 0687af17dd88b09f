//! Hands claimed chunks to carriers: each recipient to the carrier chosen for it, or back with a
//! reason.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::message::{Address, Lane};
use domain::ports::{Carrier, ChunkEnd, ClaimedChunk, End, Outcome, Submission, SubmissionKey};
use domain::reason::Reason;
use domain::routing::{CarrierName, draw};
use domain::sale::hold;
use domain::time::Timestamp;
use futures_util::FutureExt;

use super::Dispatcher;
use super::arrivals::Arrivals;
use super::choose::{Link, choose, deferred, refused};
use super::dispatcher::Context;
use super::in_flight::{ChunkEnded, Handed, InFlight};
use super::references::References;
use crate::carriers::CarrierSet;
use crate::other_nodes::OtherNodes;
use crate::settings::Settings;

/// Result of sorting claimed chunks.
#[derive(Default)]
struct Sorted {
    batches: Vec<Batch>,
    answered: Vec<Outcome>,
    /// Chunks without recipients.
    ended: Vec<ChunkEnded>,
}

/// Submissions for one carrier. Single messages are one batch; each bulk chunk is its own, so that
/// campaigns take turns at the carrier.
struct Batch {
    carrier: Arc<dyn Carrier>,
    lane: Lane,
    submissions: Vec<Submission>,
}

/// State of the carriers, read once per hand-over.
struct Links<'a> {
    here: Vec<(&'a CarrierName, &'a Arc<dyn Carrier>, bool)>,
    others: &'a OtherNodes,
}

impl<'a> Links<'a> {
    fn of(carriers: &'a CarrierSet, others: &'a OtherNodes) -> Self {
        let carriers = carriers.iter();
        let here = carriers.map(|(name, carrier)| (name, carrier, carrier.status().up)).collect();
        Self { here, others }
    }

    fn find(&self, name: &CarrierName) -> Option<&(&'a CarrierName, &'a Arc<dyn Carrier>, bool)> {
        self.here.iter().find(|(known, ..)| *known == name)
    }

    /// With several carriers, none may use all the room: a slow one must not hold up the others.
    fn state(&self, name: &CarrierName, lane: Lane, in_flight: &InFlight, now: Timestamp) -> Link {
        match self.find(name) {
            None => Link::Gone,
            Some((_, _, false)) if self.others.have_up(name) => Link::Elsewhere,
            Some((_, _, false)) => Link::Down,
            Some(_) if self.here.len() > 1 && in_flight.is_full(name, lane, now) => Link::Full,
            Some(_) => Link::Up,
        }
    }
}

impl Dispatcher {
    pub(super) fn hand_over(&self, chunks: Vec<ClaimedChunk>, now: Timestamp) {
        let Sorted { batches, answered, ended } = self.sort_out(chunks, now);
        let tasks = &self.context.tasks;
        for Batch { carrier, submissions, .. } in batches {
            tasks.spawn(submit(carrier, submissions, self.arrivals.clone()));
        }
        if !answered.is_empty() {
            let arrivals = self.arrivals.clone();
            tasks.spawn(async move { arrivals.outcomes(answered).await });
        }
        if !ended.is_empty() {
            // All their recipients were recorded under an earlier claim.
            let store = self.context.store.clone();
            tasks.spawn(async move {
                if let Err(error) = store.record_outcomes(vec![], ended, now, None).await {
                    tracing::warn!(%error, "could not end empty chunks; a later claim ends them");
                }
            });
        }
    }

    fn sort_out(&self, chunks: Vec<ClaimedChunk>, now: Timestamp) -> Sorted {
        let (settings, carriers) = self.routes_and_carriers();
        let links = Links::of(&carriers, &self.context.other_nodes);
        let mut sorted = Sorted::default();
        let mut references = self.references.lock().unwrap_or_else(PoisonError::into_inner);
        let mut in_flight = self.in_flight();
        for chunk in chunks {
            if in_flight.adopt(chunk.id, chunk.attempt) {
                tracing::warn!(chunk = %chunk.id, "a lease expired while its chunk was in flight");
            } else if chunk.recipients.is_empty() {
                sorted.ended.push((chunk.id, chunk.attempt, ChunkEnd::Done));
            } else {
                let flight = (&mut *in_flight, &mut *references);
                sorted.place(&self.context, &settings, &links, chunk, flight, now);
            }
        }
        sorted
    }

    /// Of one moment: a reload changes the settings between the carriers that it adds and those that it removes.
    fn routes_and_carriers(&self) -> (Arc<Settings>, Arc<CarrierSet>) {
        loop {
            let settings = self.context.settings.get();
            let carriers = self.context.carriers.set();
            if Arc::ptr_eq(&settings, &self.context.settings.get()) {
                return (settings, carriers);
            }
        }
    }
}

impl Sorted {
    fn place(
        &mut self,
        context: &Context,
        settings: &Settings,
        links: &Links<'_>,
        chunk: ClaimedChunk,
        (in_flight, references): (&mut InFlight, &mut References),
        now: Timestamp,
    ) {
        let ClaimedChunk { id, attempt, content, deadline_height, held_in_quiet_hours, recipients } =
            chunk;
        let (routes, lane) = (&settings.routes, content.lane);
        let too_late = over(context, content.valid_until, deadline_height, now);
        let mut handed = Vec::with_capacity(recipients.len());
        let mut occupied: Vec<(CarrierName, usize)> = Vec::new();
        let begun = self.batches.len();
        for mut recipient in recipients {
            let content = recipient.content.take().unwrap_or_else(|| content.clone());
            let key = SubmissionKey { chunk: id, attempt, recipient: recipient.index };
            let draw = draw(content.message, recipient.index);
            // A carrier that cannot charge the recipient is none for this message.
            let link = |name: &CarrierName| match routes.can_charge(name, content.charge) {
                true => links.state(name, lane, in_flight, now),
                false => Link::Gone,
            };
            let sleeps = || sleeps(settings, &recipient.to, now);
            let wait = held_in_quiet_hours.then(sleeps).flatten();
            let choice = match (too_late, wait) {
                (Some(reason), _) => Err(refused(reason)),
                (None, Some(wait)) => {
                    Err(End::Deferred { reason: Reason::QuietHours, wait: Some(wait), code: None })
                }
                (None, None) => choose(routes.find(&recipient.to), &recipient, draw, link),
            };
            let found = choice.and_then(|choice| match links.find(choice.carrier) {
                Some((name, carrier, _)) => Ok((choice, *name, *carrier)),
                None => Err(deferred(Reason::LinkDown)),
            });
            let mut item = Handed { recipient: recipient.index, others: false, receipt_wait: None };
            match found {
                Ok((choice, name, carrier)) => {
                    (item.others, item.receipt_wait) = (choice.others, choice.receipt_wait);
                    if content.charge.is_some() {
                        // Another carrier would charge the recipient again.
                        item.receipt_wait = None;
                    }
                    let goes_on = choice.goes_on;
                    match occupied.iter_mut().find(|(known, _)| known == name) {
                        Some((_, count)) => *count += 1,
                        None => occupied.push((name.clone(), 1)),
                    }
                    let accepted = std::mem::take(&mut recipient.accepted);
                    let (drawn, to) = (reference(draw), recipient.to);
                    let submission = Submission {
                        key,
                        reference: references.give(&content, key.recipient, &to, drawn, now),
                        to,
                        content,
                        accepted: if goes_on { accepted } else { vec![] },
                    };
                    self.batch(carrier, lane, begun).push(submission);
                }
                Err(end) => self.answered.push(Outcome {
                    key,
                    carrier: CarrierName::new(""),
                    link: None,
                    parts: content.parts,
                    accepted: vec![],
                    end,
                }),
            }
            handed.push(item);
        }
        // Carriers may still have other recipients of this chunk from an earlier claim.
        let earlier = (attempt > 1 && lane == Lane::Bulk).then(|| routes.receipt_timeout_max());
        let holder = (lane, content.account);
        in_flight.begin(id, attempt, holder, &handed, earlier.flatten(), now);
        for (carrier, recipients) in &occupied {
            in_flight.occupy(id, carrier, *recipients);
        }
    }

    /// The batch for the carrier's next submission. Bulk uses only batches from index `begun` on.
    fn batch(
        &mut self,
        carrier: &Arc<dyn Carrier>,
        lane: Lane,
        begun: usize,
    ) -> &mut Vec<Submission> {
        let from = if lane == Lane::Bulk { begun } else { 0 };
        let fits = |batch: &Batch| batch.lane == lane && Arc::ptr_eq(&batch.carrier, carrier);
        let at = self.batches[from..].iter().position(fits).map_or_else(
            || {
                let carrier = carrier.clone();
                self.batches.push(Batch { carrier, lane, submissions: Vec::new() });
                self.batches.len() - 1
            },
            |at| from + at,
        );
        &mut self.batches[at].submissions
    }
}

/// Time until quiet hours at the number end; `None` outside of them.
fn sleeps(settings: &Settings, to: &Address, now: Timestamp) -> Option<Duration> {
    let Address::Phone(number) = to else { return None };
    settings.quiet_hours.until(*number, now).map(|until| until.since(now))
}

/// The reason why this message is no longer submitted.
fn over(
    context: &Context,
    valid_until: Timestamp,
    deadline_height: Option<u32>,
    now: Timestamp,
) -> Option<Reason> {
    if now >= valid_until {
        return Some(Reason::Expired);
    }
    let (deadline, tip) = (deadline_height?, context.tip.get()?);
    hold::must_decide(deadline, &tip, now).then_some(Reason::HoldRanOut)
}

/// Submits a batch. If the carrier panics, it may have sent any part of it.
async fn submit(carrier: Arc<dyn Carrier>, batch: Vec<Submission>, arrivals: Arc<Arrivals>) {
    let keys: Vec<_> = batch.iter().map(|s| (s.key, s.content.parts)).collect();
    if AssertUnwindSafe(carrier.submit(batch)).catch_unwind().await.is_ok() {
        return;
    }
    tracing::error!(carrier = carrier.name().as_str(), "carrier panicked during a submission");
    let outcomes = keys.into_iter().map(|(key, parts)| Outcome {
        key,
        carrier: carrier.name().clone(),
        link: None,
        parts,
        accepted: vec![],
        end: deferred(Reason::NoAnswer),
    });
    arrivals.outcomes(outcomes.collect()).await;
}

/// The same at every attempt, so that the handset joins parts of different attempts;
/// `references.rs` resolves collisions between texts.
const fn reference(draw: u64) -> u16 {
    let [high, low, ..] = draw.to_be_bytes();
    u16::from_be_bytes([high, low])
}
