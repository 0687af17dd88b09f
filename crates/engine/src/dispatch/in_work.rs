//! The chunks this node has claimed, which of their recipients still lack an outcome, and how many
//! chunks each carrier is busy with.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use domain::ports::{ChunkEnd, ChunkId, End, Outcome};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::retry;

/// One claimed chunk.
#[derive(Debug)]
struct Work {
    /// The claim under which it was handed over, and the one that counts now: a lease that lapsed
    /// while the work went on is claimed again by its own node, and the work goes on under both.
    attempts: RangeInclusive<u32>,
    /// Recipients handed over and not answered.
    open: HashSet<u32>,
    carriers: Vec<CarrierName>,
    /// The latest moment and last reason among those that must be tried again.
    retry: Option<(Timestamp, Reason)>,
    touched_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct InWork {
    chunks: HashMap<ChunkId, Work>,
    places: HashMap<CarrierName, usize>,
}

/// A chunk, the claim it belongs to, and how it ended.
pub(super) type ChunkEnded = (ChunkId, u32, ChunkEnd);

impl InWork {
    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Chunks that a carrier is busy with.
    pub(super) fn places(&self, carrier: &CarrierName) -> usize {
        self.places.get(carrier).copied().unwrap_or(0)
    }

    /// Takes a claim of a chunk that is in work already; false when it is not.
    pub(super) fn adopt(&mut self, chunk: ChunkId, attempt: u32) -> bool {
        self.chunks.get_mut(&chunk).is_some_and(|work| {
            work.attempts = *work.attempts.start()..=attempt;
            true
        })
    }

    pub(super) fn begin(
        &mut self,
        chunk: ChunkId,
        attempt: u32,
        recipients: impl Iterator<Item = u32>,
        now: Timestamp,
    ) {
        let work = Work {
            attempts: attempt..=attempt,
            open: recipients.collect(),
            carriers: Vec::new(),
            retry: None,
            touched_at: now,
        };
        self.chunks.insert(chunk, work);
    }

    /// Notes that a carrier gets a share of a chunk.
    pub(super) fn occupy(&mut self, chunk: ChunkId, carrier: &CarrierName) {
        if let Some(work) = self.chunks.get_mut(&chunk) {
            work.carriers.push(carrier.clone());
            *self.places.entry(carrier.clone()).or_default() += 1;
        }
    }

    /// Notes outcomes and returns the chunks that have all of theirs; they stay in work until that is
    /// recorded ([`InWork::end`]), so that nobody claims them meanwhile. An outcome of another claim,
    /// a second one for the same recipient, or one that came late changes nothing here (the store
    /// records it).
    pub(super) fn note(&mut self, outcomes: &[Outcome], now: Timestamp) -> Vec<ChunkEnded> {
        let mut ended = Vec::new();
        for Outcome { key, end, .. } in outcomes {
            let Some(work) = self.chunks.get_mut(&key.chunk) else { continue };
            let ours = work.attempts.contains(&key.attempt) && *end != End::Late;
            if !ours || !work.open.remove(&key.recipient) {
                continue;
            }
            work.touched_at = now;
            let attempt = *work.attempts.end();
            if let End::Deferred { reason, wait } = end {
                let salt = key.chunk.0.unsigned_abs();
                let at = now.after(retry::wait(attempt, *reason, *wait, salt));
                let later = work.retry.map_or(at, |(known, _)| known.max(at));
                work.retry = Some((later, *reason));
            }
            if work.open.is_empty() {
                let end = match work.retry {
                    None => ChunkEnd::Done,
                    Some((at, reason)) => ChunkEnd::Retry { at, reason },
                };
                ended.push((key.chunk, attempt, end));
            }
        }
        ended
    }

    /// Their ends are recorded.
    pub(super) fn end(&mut self, ended: &[ChunkEnded]) {
        for (chunk, ..) in ended {
            self.remove(*chunk);
        }
    }

    fn remove(&mut self, chunk: ChunkId) {
        for carrier in self.chunks.remove(&chunk).into_iter().flat_map(|work| work.carriers) {
            if let Some(places) = self.places.get_mut(&carrier) {
                *places = places.saturating_sub(1);
            }
        }
    }

    /// Claims whose leases must be renewed. Those untouched since `stalled_before` are let go:
    /// their outcomes were lost, and when the lease has passed they are claimed again.
    pub(super) fn leases(&mut self, stalled_before: Timestamp) -> Vec<(ChunkId, u32)> {
        let stalled: Vec<_> = self
            .chunks
            .iter()
            .filter(|(_, work)| work.touched_at <= stalled_before)
            .map(|(chunk, work)| (*chunk, work.open.len()))
            .collect();
        for (chunk, open) in stalled {
            tracing::error!(chunk = chunk.0, open, "outcomes never came");
            self.remove(chunk);
        }
        self.chunks.iter().map(|(chunk, work)| (*chunk, *work.attempts.end())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::ports::SubmissionKey;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const CHUNK: ChunkId = ChunkId(16);

    fn outcome(attempt: u32, recipient: u32, end: End) -> Outcome {
        Outcome {
            key: SubmissionKey { chunk: CHUNK, attempt, recipient },
            carrier: CarrierName::new("main"),
            parts: 1,
            accepted: vec![],
            end,
        }
    }

    fn in_work(recipients: u32) -> InWork {
        let mut work = InWork::default();
        work.begin(CHUNK, 2, 0..recipients, NOW);
        work
    }

    #[test]
    fn a_chunk_is_done_when_every_recipient_has_its_outcome() {
        let mut work = in_work(2);
        assert_eq!(work.note(&[outcome(2, 0, End::Accepted)], NOW), []);
        assert_eq!(work.note(&[outcome(2, 0, End::Accepted)], NOW), [], "a repeat is no answer");
        assert_eq!(work.note(&[outcome(2, 1, End::Late)], NOW), [], "neither is a late one");
        let ended = work.note(&[outcome(2, 1, End::Delivered)], NOW);
        assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Done)]);
        assert_eq!(work.len(), 1, "until that is recorded");
        work.end(&ended);
        assert_eq!(work.len(), 0);
    }

    #[test]
    fn one_deferred_recipient_brings_the_chunk_back() {
        let mut work = in_work(2);
        let deferred = End::Deferred { reason: Reason::Throttled, wait: None };
        let ended = work.note(&[outcome(2, 0, deferred), outcome(2, 1, End::Accepted)], NOW);
        let at = NOW.after(Duration::from_secs(2));
        assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Retry { at, reason: Reason::Throttled })]);
    }

    #[test]
    fn outcomes_of_an_earlier_claim_do_not_count() {
        let mut work = in_work(1);
        assert_eq!(work.note(&[outcome(1, 0, End::Accepted)], NOW), []);
        assert_eq!(work.len(), 1);
    }

    #[test]
    fn a_claim_of_what_is_in_work_hands_nothing_over_again_and_ends_under_the_new_lease() {
        let mut work = in_work(1);
        assert!(work.adopt(CHUNK, 3));
        assert!(!work.adopt(ChunkId(1), 3));
        let ended = work.note(&[outcome(2, 0, End::Accepted)], NOW);
        assert_eq!(ended, [(CHUNK, 3, ChunkEnd::Done)]);
    }

    #[test]
    fn a_carriers_places_are_freed_with_its_chunks() {
        let (mut work, main) = (in_work(1), CarrierName::new("main"));
        work.occupy(CHUNK, &main);
        assert_eq!(work.places(&main), 1);
        let ended = work.note(&[outcome(2, 0, End::Accepted)], NOW);
        work.end(&ended);
        assert_eq!(work.places(&main), 0);
    }

    #[test]
    fn a_stalled_chunk_is_let_go() {
        let mut work = in_work(1);
        assert_eq!(work.leases(Timestamp::default()), [(CHUNK, 2)]);
        assert_eq!(work.leases(NOW), []);
    }
}
