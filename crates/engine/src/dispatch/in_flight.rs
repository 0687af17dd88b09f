//! Chunks that this node has claimed, their recipients without an outcome, and the number of
//! recipients at each carrier.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use domain::message::Lane;
use domain::ports::{ChunkEnd, ChunkId, ClaimRoom, End, Outcome};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::admission::{Admission, Holder, index};
use super::recipient_set::RecipientSet;
use super::retry;

/// A claimed chunk.
#[derive(Debug)]
struct Work {
    holder: Holder,
    /// From the claim of the hand-over to the current one. A node may claim its own chunk again
    /// when the lease expired during the work; outcomes of both claims count.
    attempts: RangeInclusive<u32>,
    /// Recipients handed over, without an outcome; indices in all sets are relative to the chunk's
    /// first.
    open: RecipientSet,
    /// Recipients that another carrier can take.
    others: RecipientSet,
    /// Recipients whose receipts have a time limit before another carrier is tried.
    waiting: RecipientSet,
    receipt_wait: Duration,
    carriers: Vec<AtCarrier>,
    /// Time of the next attempt, and the last reason for one.
    retry: Option<(Timestamp, Reason)>,
    /// A recipient of `waiting` was accepted, or may have been under an earlier claim.
    awaits: bool,
    touched_at: Timestamp,
    /// When it was handed over.
    begun: Instant,
}

/// A chunk's recipients at a carrier.
#[derive(Debug)]
struct AtCarrier {
    carrier: CarrierName,
    recipients: usize,
    /// Those without an outcome.
    open: usize,
}

/// A recipient that was handed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handed {
    pub(super) recipient: u32,
    pub(super) others: bool,
    pub(super) receipt_wait: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct InFlight {
    chunks: HashMap<ChunkId, Work>,
    /// Recipients at each carrier, by lane.
    places: HashMap<CarrierName, [usize; 2]>,
    admission: Admission,
}

/// A chunk, its claim, and how it ended.
pub(super) type ChunkEnded = (ChunkId, u32, ChunkEnd);

impl InFlight {
    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// No chunks in flight, and none reserved.
    pub(super) fn is_idle(&self) -> bool {
        self.chunks.is_empty() && self.admission.reserved() == 0
    }

    pub(super) fn lane(&self, chunk: ChunkId) -> Option<Lane> {
        self.chunks.get(&chunk).map(|work| work.holder.0)
    }

    /// Recipients of each carrier without an outcome, and the time since the oldest was handed over.
    pub(super) fn unanswered(&self) -> HashMap<&CarrierName, (u64, Duration)> {
        let mut unanswered = HashMap::<_, (u64, Duration)>::new();
        for work in self.chunks.values() {
            for at in work.carriers.iter().filter(|at| at.open > 0) {
                let (count, oldest) = unanswered.entry(&at.carrier).or_default();
                *count += at.open as u64;
                *oldest = work.begun.elapsed().max(*oldest);
            }
        }
        unanswered
    }

    /// Whether the carrier has recipients in flight.
    pub(super) fn has_any_at(&self, carrier: &CarrierName) -> bool {
        self.places.get(carrier).is_some_and(|places| places.iter().any(|held| *held > 0))
    }

    /// Whether a carrier has reached its share of this lane.
    pub(super) fn is_full(&self, carrier: &CarrierName, lane: Lane, now: Timestamp) -> bool {
        let held = self.places.get(carrier).map_or(0, |places| places[index(lane)]);
        held >= self.admission.share(lane, now)
    }

    pub(super) fn reserve(&mut self, messages: usize, now: Timestamp) -> bool {
        self.admission.reserve(messages, now)
    }

    pub(super) const fn give_back(&mut self, messages: usize) {
        self.admission.give_back(messages);
    }

    pub(super) fn claimable(&mut self, now: Timestamp) -> (ClaimRoom, usize) {
        self.admission.claimable(now)
    }

    /// Continues a chunk in flight under a new claim; false when it is not in flight.
    pub(super) fn adopt(&mut self, chunk: ChunkId, attempt: u32) -> bool {
        self.chunks.get_mut(&chunk).is_some_and(|work| {
            work.attempts = *work.attempts.start()..=attempt;
            true
        })
    }

    /// `earlier`: how long to wait for receipts of recipients that an earlier claim submitted.
    pub(super) fn begin(
        &mut self,
        chunk: ChunkId,
        attempt: u32,
        holder: Holder,
        recipients: &[Handed],
        earlier: Option<Duration>,
        now: Timestamp,
    ) {
        let (mut open, mut others, mut waiting) = Default::default();
        let mut receipt_wait = earlier.unwrap_or_default();
        for handed in recipients {
            let at = handed.recipient.saturating_sub(chunk.first);
            RecipientSet::add(&mut open, at);
            if handed.others {
                RecipientSet::add(&mut others, at);
            }
            if let Some(wait) = handed.receipt_wait {
                RecipientSet::add(&mut waiting, at);
                receipt_wait = receipt_wait.max(wait);
            }
        }
        self.admission.begin(holder, open.count());
        let work = Work {
            holder,
            attempts: attempt..=attempt,
            open,
            others,
            waiting,
            receipt_wait,
            carriers: Vec::new(),
            retry: None,
            awaits: earlier.is_some(),
            touched_at: now,
            begun: Instant::now(),
        };
        self.chunks.insert(chunk, work);
    }

    /// Counts a chunk's recipients at a carrier.
    pub(super) fn occupy(&mut self, chunk: ChunkId, carrier: &CarrierName, recipients: usize) {
        if let Some(work) = self.chunks.get_mut(&chunk) {
            let carrier_name = carrier.clone();
            let at = AtCarrier { carrier: carrier_name, recipients, open: recipients };
            work.carriers.push(at);
            let lane = index(work.holder.0);
            if let Some(places) = self.places.get_mut(carrier) {
                places[lane] += recipients;
            } else {
                let mut places = [0; 2];
                places[lane] = recipients;
                self.places.insert(carrier.clone(), places);
            }
        }
    }

    /// Notes outcomes and returns the chunks that are complete. These stay in flight until that is
    /// recorded ([`InFlight::end`]), so that they are not claimed meanwhile. Outcomes of other
    /// claims, repeated and late ones change nothing here (the store records them). `TryAnother`
    /// becomes `Refused` if no other carrier is left.
    ///
    /// `answered` is told how long each carrier took for its outcome.
    pub(super) fn note(
        &mut self,
        outcomes: &mut [Outcome],
        now: Timestamp,
        mut answered: impl FnMut(Duration),
    ) -> Vec<ChunkEnded> {
        let (mut ended, instant) = (Vec::new(), Instant::now());
        for Outcome { key, carrier, end, accepted, .. } in outcomes {
            let Some(work) = self.chunks.get_mut(&key.chunk) else { continue };
            let at = key.recipient.saturating_sub(key.chunk.first);
            let ours = work.attempts.contains(&key.attempt) && *end != End::Late;
            if !ours || !work.open.remove(at) {
                continue;
            }
            self.admission.answer(work.holder, now);
            if let Some(at) = work.carriers.iter_mut().find(|at| at.carrier == *carrier) {
                at.open = at.open.saturating_sub(1);
                answered(instant.saturating_duration_since(work.begun));
            }
            work.touched_at = now;
            if let End::TryAnother { reason, code } = end
                && (!work.others.has(at) || !accepted.is_empty())
            {
                *end = End::Refused { reason: *reason, code: std::mem::take(code) };
            }
            work.note(end, at, key.chunk, now);
            if work.open.count() == 0 {
                ended.push((key.chunk, *work.attempts.end(), work.end(now)));
            }
        }
        ended
    }

    /// Removes chunks whose ends are recorded.
    pub(super) fn end(&mut self, ended: &[ChunkEnded]) {
        for (chunk, ..) in ended {
            self.remove(*chunk);
        }
    }

    fn remove(&mut self, chunk: ChunkId) {
        let Some(work) = self.chunks.remove(&chunk) else { return };
        self.admission.end(work.holder, work.open.count());
        for AtCarrier { carrier, recipients, .. } in work.carriers {
            if let Some(places) = self.places.get_mut(&carrier) {
                let places = &mut places[index(work.holder.0)];
                *places = places.saturating_sub(recipients);
            }
        }
    }

    /// Claims to renew. Chunks without progress since `stalled_before` are dropped: their outcomes
    /// were lost, and they are claimed again when their leases expire.
    pub(super) fn leases(&mut self, stalled_before: Timestamp) -> Vec<(ChunkId, u32)> {
        let stalled: Vec<_> = self
            .chunks
            .iter()
            .filter(|(_, work)| work.touched_at <= stalled_before)
            .map(|(chunk, work)| (*chunk, work.open.count()))
            .collect();
        for (chunk, open) in stalled {
            tracing::error!(%chunk, open, "outcomes are missing; the chunk is claimed again");
            self.remove(chunk);
        }
        self.chunks.iter().map(|(chunk, work)| (*chunk, *work.attempts.end())).collect()
    }
}

impl Work {
    fn note(&mut self, end: &End, at: u32, chunk: ChunkId, now: Timestamp) {
        let (again, reason) = match end {
            End::Deferred { reason, wait, .. } => {
                let attempt = *self.attempts.end();
                let wait = retry::wait(attempt, *reason, *wait, retry::salt(chunk));
                (now.after(wait), *reason)
            }
            End::TryAnother { reason, .. } => (now, *reason),
            End::Accepted => {
                self.awaits |= self.waiting.has(at);
                return;
            }
            End::Sent | End::Delivered | End::Refused { .. } | End::Late => return,
        };
        let night = |reason| reason == Reason::QuietHours;
        let next = match self.retry {
            // Quiet hours of one recipient do not delay the others.
            Some((known, why)) if night(why) || night(reason) => known.min(again),
            Some((known, _)) => known.max(again),
            None => again,
        };
        self.retry = Some((next, reason));
    }

    fn end(&self, now: Timestamp) -> ChunkEnd {
        match self.retry {
            Some((at, reason)) if self.awaits => {
                ChunkEnd::RetryAndAwait { at, reason, until: now.after(self.receipt_wait) }
            }
            Some((at, reason)) => ChunkEnd::Retry { at, reason },
            None if self.awaits => ChunkEnd::AwaitReceipts { until: now.after(self.receipt_wait) },
            None => ChunkEnd::Done,
        }
    }
}

#[cfg(test)]
#[path = "in_flight_tests.rs"]
mod tests;
