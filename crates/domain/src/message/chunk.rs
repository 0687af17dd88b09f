//! A chunk between its claims: whether a carrier may have some of it, and when it is claimed again.
//!
//! **Doubt.** A carrier may have pending recipients of a chunk although no outcome says so: the process
//! died, the lease was lost, or the carrier did not answer. A buyer cannot cancel then, and a blocked
//! recipient gets no second copy.
//!
//! | doubt \ event | claimed | returned unused | finished, all sure | finished with doubt | unanswered |
//! |---|---|---|---|---|---|
//! | none | claim | = | = | lasting | lasting |
//! | claim | lasting | none | none | lasting | lasting |
//! | lasting | = | = | = | = | = |
//!
//! `claim` is the doubt that the last claim alone brought. A lease that is lost leaves it, so the next
//! claim makes it lasting. A claim is finished *all sure* when each recipient still pending was deferred
//! by that claim for a reason which says that no carrier has it.
//!
//! **The end of a claim.**
//!
//! | left in the chunk | done | await receipts | retry |
//! |---|---|---|---|
//! | nothing pending, no receipts awaited | deleted | deleted | deleted |
//! | nothing pending, receipts awaited | due when they are overdue | due when they are overdue | due when they are overdue |
//! | pending recipients | due at once | due at once | due at the time of the retry |
//!
//! Receipts are awaited only while a recipient is *submitted*, and not past the validity: after it
//! nothing is handed to another carrier.

use crate::ports::ChunkEnd;
use crate::reason::Reason;
use crate::state::stored_as;
use crate::time::Timestamp;

/// Whether a carrier may have pending recipients of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    None,
    /// Since the last claim, until its end says otherwise.
    Claim,
    /// For good.
    Lasting,
}

stored_as!(Doubt { None = "none", Claim = "claim", Lasting = "lasting" });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubtEvent {
    Claimed,
    /// The claim handed out nothing.
    ReturnedUnused,
    /// The claim ended; some pending recipients have no outcome that says that no carrier has them.
    Finished {
        with_doubt: bool,
    },
    /// A carrier did not answer, in whichever claim.
    Unanswered,
}

impl Doubt {
    #[must_use]
    pub const fn after(self, event: DoubtEvent) -> Self {
        use DoubtEvent as E;
        match (self, event) {
            (Self::Lasting, _) | (_, E::Unanswered | E::Finished { with_doubt: true }) => {
                Self::Lasting
            }
            (Self::None, E::Claimed) => Self::Claim,
            (Self::Claim, E::Claimed) => Self::Lasting,
            (Self::None | Self::Claim, E::ReturnedUnused | E::Finished { with_doubt: false }) => {
                Self::None
            }
        }
    }
}

/// A claimed chunk at the end of its claim.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedState {
    pub doubt: Doubt,
    /// Since an earlier claim: when receipts are overdue.
    pub await_until: Option<Timestamp>,
    pub valid_until: Timestamp,
}

/// Recipients of a chunk that are not final.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    pub pending: u32,
    /// Of the pending, those that a carrier may have.
    pub in_doubt: u32,
    pub submitted: u32,
}

/// When a chunk is claimed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextClaim {
    pub due_at: Timestamp,
    /// When receipts are overdue, if any are awaited.
    pub await_until: Option<Timestamp>,
    /// Shown with the recipients that wait; `None` leaves the last one.
    pub reason: Option<Reason>,
    pub doubt: Doubt,
}

/// The end of a claim; `None` when the chunk is done with.
pub fn finish_claim(
    chunk: &ClaimedState,
    end: ChunkEnd,
    left: Left,
    now: Timestamp,
) -> Option<NextClaim> {
    let await_until = match end {
        ChunkEnd::AwaitReceipts { until } | ChunkEnd::RetryAndAwait { until, .. } => Some(until),
        ChunkEnd::Done | ChunkEnd::Retry { .. } => chunk.await_until,
    };
    let await_until = await_until.filter(|until| left.submitted > 0 && *until < chunk.valid_until);
    let (due_at, reason) = match (end, await_until) {
        (_, None) if left.pending == 0 => return None,
        (_, Some(until)) if left.pending == 0 => (until, None),
        (ChunkEnd::Retry { at, reason }, _) => (at, Some(reason)),
        (ChunkEnd::RetryAndAwait { at, reason, .. }, awaited) => {
            (awaited.map_or(at, |until| at.min(until)), Some(reason))
        }
        // Recipients without an outcome are claimed again.
        (ChunkEnd::Done | ChunkEnd::AwaitReceipts { .. }, _) => (now, None),
    };
    let doubt = chunk.doubt.after(DoubtEvent::Finished { with_doubt: left.in_doubt > 0 });
    Some(NextClaim { due_at, await_until, reason, doubt })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000)
    }

    fn events() -> impl Strategy<Value = DoubtEvent> {
        prop_oneof![
            Just(DoubtEvent::Claimed),
            Just(DoubtEvent::ReturnedUnused),
            any::<bool>().prop_map(|with_doubt| DoubtEvent::Finished { with_doubt }),
            Just(DoubtEvent::Unanswered),
        ]
    }

    fn ends() -> impl Strategy<Value = ChunkEnd> {
        prop_oneof![
            Just(ChunkEnd::Done),
            (0..200_i64).prop_map(|until| ChunkEnd::AwaitReceipts { until: at(until) }),
            (0..200_i64)
                .prop_map(|until| ChunkEnd::Retry { at: at(until), reason: Reason::Throttled }),
            (0..200_i64, 0..200_i64).prop_map(|(retry, until)| ChunkEnd::RetryAndAwait {
                at: at(retry),
                reason: Reason::QuietHours,
                until: at(until),
            }),
        ]
    }

    prop_compose! {
        fn lefts()(pending in 0..3_u32, in_doubt in 0..3_u32, submitted in 0..3_u32) -> Left {
            Left { pending, in_doubt: in_doubt.min(pending), submitted }
        }
    }

    proptest! {
        /// As the words say it: no doubt without a claim; a claim that ended surely leaves none; one
        /// that did not leaves it for good.
        #[test]
        fn doubt_lasts_once_a_claim_did_not_end_surely(
            events in prop::collection::vec(events(), 0..20)
        ) {
            let (mut doubt, mut open, mut lasting) = (Doubt::None, false, false);
            for event in events {
                doubt = doubt.after(event);
                lasting |= match event {
                    DoubtEvent::Claimed => open,
                    DoubtEvent::Finished { with_doubt } => with_doubt,
                    DoubtEvent::Unanswered => true,
                    DoubtEvent::ReturnedUnused => false,
                };
                open = event == DoubtEvent::Claimed;
                let expected = match (lasting, open) {
                    (true, _) => Doubt::Lasting,
                    (false, true) => Doubt::Claim,
                    (false, false) => Doubt::None,
                };
                prop_assert_eq!(doubt, expected);
            }
        }

        #[test]
        fn a_chunk_is_deleted_only_when_nothing_is_left_to_do(
            end in ends(), left in lefts(), awaited in prop::option::of(0..200_i64),
            valid_until in 0..200_i64, now in 0..200_i64,
        ) {
            let valid_until = at(valid_until);
            let await_until = awaited.map(at);
            let chunk = ClaimedState { doubt: Doubt::Claim, await_until, valid_until };
            let Some(next) = finish_claim(&chunk, end, left, at(now)) else {
                prop_assert_eq!(left.pending, 0);
                return Ok(());
            };
            prop_assert_eq!(next.doubt == Doubt::None, left.in_doubt == 0);
            if let Some(until) = next.await_until {
                prop_assert!(left.submitted > 0 && until < valid_until);
            }
            match end {
                _ if left.pending == 0 => prop_assert_eq!(Some(next.due_at), next.await_until),
                ChunkEnd::Retry { at: retry_at, reason } => {
                    prop_assert_eq!((next.due_at, next.reason), (retry_at, Some(reason)));
                }
                ChunkEnd::RetryAndAwait { at: retry_at, reason, until } => {
                    let awaits = left.submitted > 0 && until < valid_until;
                    let due_at = if awaits { retry_at.min(until) } else { retry_at };
                    prop_assert_eq!((next.due_at, next.reason), (due_at, Some(reason)));
                }
                ChunkEnd::Done | ChunkEnd::AwaitReceipts { .. } => {
                    prop_assert_eq!((next.due_at, next.reason), (at(now), None));
                }
            }
        }
    }

    #[test]
    fn goes_on_awaiting_what_an_earlier_claim_awaited() {
        let chunk = ClaimedState {
            doubt: Doubt::Claim,
            await_until: Some(at(100)),
            valid_until: at(3_600),
        };
        let left = Left { pending: 1, in_doubt: 0, submitted: 1 };
        let end = ChunkEnd::Retry { at: at(50), reason: Reason::Throttled };
        let next = finish_claim(&chunk, end, left, at(10)).unwrap();
        assert_eq!((next.due_at, next.await_until), (at(50), Some(at(100))));
        let left = Left { pending: 0, ..left };
        let next = finish_claim(&chunk, ChunkEnd::Done, left, at(50)).unwrap();
        assert_eq!((next.due_at, next.reason), (at(100), None));
        let left = Left { submitted: 0, ..left };
        assert_eq!(finish_claim(&chunk, ChunkEnd::Done, left, at(50)), None);
    }
}
