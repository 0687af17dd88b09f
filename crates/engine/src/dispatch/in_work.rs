//! The chunks this node has claimed, and which of their recipients still lack an outcome.

use std::collections::{HashMap, HashSet};

use domain::ports::{ChunkEnd, ChunkId, End, Outcome};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::retry;

/// One claimed chunk.
#[derive(Debug)]
struct Work {
    attempt: u32,
    /// Recipients handed over and not answered.
    open: HashSet<u32>,
    /// The latest moment and last reason among those that must be tried again.
    retry: Option<(Timestamp, Reason)>,
    touched_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct InWork {
    chunks: HashMap<ChunkId, Work>,
}

/// A chunk, the claim it belongs to, and how it ended.
pub(super) type ChunkEnded = (ChunkId, u32, ChunkEnd);

impl InWork {
    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    pub(super) fn begin(
        &mut self,
        chunk: ChunkId,
        attempt: u32,
        recipients: impl Iterator<Item = u32>,
        now: Timestamp,
    ) {
        let work = Work { attempt, open: recipients.collect(), retry: None, touched_at: now };
        self.chunks.insert(chunk, work);
    }

    /// Notes outcomes and returns the chunks that have all of theirs. An outcome of another claim,
    /// or a second one for the same recipient, changes nothing here (the store records it).
    pub(super) fn note(&mut self, outcomes: &[Outcome], now: Timestamp) -> Vec<ChunkEnded> {
        let mut ended = Vec::new();
        for Outcome { key, end, .. } in outcomes {
            let Some(work) = self.chunks.get_mut(&key.chunk) else { continue };
            if work.attempt != key.attempt || !work.open.remove(&key.recipient) {
                continue;
            }
            work.touched_at = now;
            if let End::Deferred { reason, wait } = end {
                let salt = key.chunk.0.unsigned_abs();
                let at = now.after(retry::wait(work.attempt, *reason, *wait, salt));
                let later = work.retry.map_or(at, |(known, _)| known.max(at));
                work.retry = Some((later, *reason));
            }
            if work.open.is_empty() {
                let end = match work.retry {
                    None => ChunkEnd::Done,
                    Some((at, reason)) => ChunkEnd::Retry { at, reason },
                };
                ended.push((key.chunk, work.attempt, end));
                self.chunks.remove(&key.chunk);
            }
        }
        ended
    }

    /// Claims whose leases must be renewed. Those untouched since `stalled_before` are let go:
    /// their outcomes were lost, and when the lease has passed they are claimed again.
    pub(super) fn leases(&mut self, stalled_before: Timestamp) -> Vec<(ChunkId, u32)> {
        self.chunks.retain(|chunk, work| {
            let keep = work.touched_at > stalled_before;
            if !keep {
                tracing::error!(chunk = chunk.0, open = work.open.len(), "outcomes never came");
            }
            keep
        });
        self.chunks.iter().map(|(chunk, work)| (*chunk, work.attempt)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::ports::SubmissionKey;
    use domain::routing::CarrierName;

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
        let ended = work.note(&[outcome(2, 1, End::Delivered)], NOW);
        assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Done)]);
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
    fn a_stalled_chunk_is_let_go() {
        let mut work = in_work(1);
        assert_eq!(work.leases(Timestamp::default()), [(CHUNK, 2)]);
        assert_eq!(work.leases(NOW), []);
    }
}
