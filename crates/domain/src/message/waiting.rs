//! What a recipient that is not final waits for, as it is shown. Most of it follows from other rows (its
//! chunk, its campaign) and from the carriers' links, so it is derived when it is read, not stored.
//!
//! | state | what else | the reason shown |
//! |---|---|---|
//! | final | | the stored one |
//! | submitted | | the stored one, else *awaiting receipt* |
//! | pending | its message was cancelled | the stored one, else *cancelled by buyer* |
//! | pending | its campaign is paused | *paused* |
//! | pending | its campaign has not started | *scheduled* |
//! | pending | a node has the lease of its chunk | *sending* |
//! | pending | it is due, and no carrier of its route is up | *link down* |
//! | pending | otherwise | the stored one, else that of its chunk, else *queued* |

use super::recipient::RecipientState;
use super::{Lane, MessageState};
use crate::reason::Reason;
use crate::time::Timestamp;

/// The rows that a recipient's waiting depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub lane: Lane,
    /// Of its message.
    pub state: MessageState,
    /// Its campaign is paused.
    pub is_paused: bool,
    /// When its campaign starts, if it was scheduled.
    pub start_at: Option<Timestamp>,
    /// `None`: nothing of it is left to submit.
    pub chunk: Option<WaitingChunk>,
}

/// The chunk that a recipient is sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingChunk {
    /// When it is claimed; the end of the lease while a node has it.
    pub due_at: Timestamp,
    /// The node that has its lease.
    pub node: Option<String>,
    /// Why it was put off.
    pub reason: Option<Reason>,
}

impl WaitingChunk {
    fn holder(&self, now: Timestamp) -> Option<&str> {
        self.node.as_deref().filter(|_| self.due_at > now)
    }
}

impl Waiting {
    /// `links_are_down`: no carrier of its route is up, as far as that is known.
    pub fn reason(
        &self,
        state: RecipientState,
        stored: Option<Reason>,
        links_are_down: bool,
        now: Timestamp,
    ) -> Option<Reason> {
        match state {
            RecipientState::Pending => {}
            RecipientState::Submitted => return stored.or(Some(Reason::AwaitingReceipt)),
            RecipientState::Success
            | RecipientState::Failed
            | RecipientState::Invalid
            | RecipientState::Blocked
            | RecipientState::Expired
            | RecipientState::Timeout => return stored,
        }
        let chunk = self.chunk.as_ref();
        Some(if self.state == MessageState::Cancelled {
            stored.unwrap_or(Reason::CancelledByBuyer)
        } else if self.is_paused {
            Reason::Paused
        } else if self.state == MessageState::Scheduled {
            Reason::Scheduled
        } else if self.node(now).is_some() {
            Reason::Sending
        } else if links_are_down && chunk.is_some_and(|chunk| chunk.due_at <= now) {
            Reason::LinkDown
        } else {
            stored.or(chunk.and_then(|chunk| chunk.reason)).unwrap_or(Reason::Queued)
        })
    }

    /// The node that is sending it.
    pub fn node(&self, now: Timestamp) -> Option<&str> {
        self.chunk.as_ref()?.holder(now)
    }

    /// When a *pending* recipient is handed over at the earliest. `None` while it is, while its
    /// campaign is paused, and when it is not handed over any more.
    pub fn next_try_at(&self, state: RecipientState, now: Timestamp) -> Option<Timestamp> {
        let chunk = self.chunk.as_ref()?;
        let waits = state == RecipientState::Pending
            && !self.state.is_final()
            && !self.is_paused
            && chunk.holder(now).is_none();
        waits.then_some(chunk.due_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn waiting() -> Waiting {
        let chunk = WaitingChunk { due_at: NOW, node: None, reason: None };
        Waiting {
            lane: Lane::Bulk,
            state: MessageState::Pending,
            is_paused: false,
            start_at: None,
            chunk: Some(chunk),
        }
    }

    fn with_chunk(due_at: Timestamp, node: Option<&str>, reason: Option<Reason>) -> Waiting {
        let chunk = WaitingChunk { due_at, node: node.map(str::to_owned), reason };
        Waiting { chunk: Some(chunk), ..waiting() }
    }

    #[test]
    fn every_row_of_the_table() {
        use Reason as R;
        use RecipientState as S;
        let busy = Some(R::CarrierBusy);
        let paused = Waiting { is_paused: true, ..with_chunk(LATER, Some("one"), busy) };
        let scheduled = Waiting { state: MessageState::Scheduled, ..with_chunk(LATER, None, None) };
        let cancelled = Waiting { state: MessageState::Cancelled, chunk: None, ..waiting() };
        let leased = with_chunk(LATER, Some("one"), busy);
        let lapsed = with_chunk(NOW, Some("one"), None);
        for (waiting, state, stored, down, expected) in [
            (&waiting(), S::Success, None, true, None),
            (&waiting(), S::Failed, Some(R::Refused), true, Some(R::Refused)),
            (&leased, S::Submitted, None, true, Some(R::AwaitingReceipt)),
            (&leased, S::Submitted, Some(R::NoAnswer), false, Some(R::NoAnswer)),
            (&cancelled, S::Pending, None, true, Some(R::CancelledByBuyer)),
            (&paused, S::Pending, busy, true, Some(R::Paused)),
            (&scheduled, S::Pending, None, true, Some(R::Scheduled)),
            (&leased, S::Pending, busy, true, Some(R::Sending)),
            (&lapsed, S::Pending, None, false, Some(R::Queued)),
            (&lapsed, S::Pending, None, true, Some(R::LinkDown)),
            (&waiting(), S::Pending, busy, true, Some(R::LinkDown)),
            (&with_chunk(LATER, None, busy), S::Pending, None, true, busy),
            (
                &with_chunk(LATER, None, busy),
                S::Pending,
                Some(R::Throttled),
                true,
                Some(R::Throttled),
            ),
            (&waiting(), S::Pending, None, false, Some(R::Queued)),
        ] {
            let found = waiting.reason(state, stored, down, NOW);
            assert_eq!(found, expected, "{waiting:?} {state:?} {stored:?} {down}");
        }
    }

    #[test]
    fn nothing_waits_without_a_reason() {
        for &state in RecipientState::ALL {
            for &message in MessageState::ALL {
                for chunk in [None, waiting().chunk] {
                    let waiting = Waiting { state: message, chunk, ..waiting() };
                    let reason = waiting.reason(state, None, false, NOW);
                    assert_eq!(reason.is_some(), !state.is_final(), "{state:?} {message:?}");
                }
            }
        }
    }

    #[test]
    fn the_next_try_is_shown_while_nobody_has_it() {
        let due = |waiting: &Waiting| waiting.next_try_at(RecipientState::Pending, NOW);
        assert_eq!(due(&with_chunk(LATER, None, None)), Some(LATER));
        assert_eq!(due(&with_chunk(LATER, Some("one"), None)), None);
        assert_eq!(due(&with_chunk(NOW, Some("one"), None)), Some(NOW), "its lease is over");
        assert_eq!(due(&Waiting { is_paused: true, ..waiting() }), None);
        assert_eq!(due(&Waiting { state: MessageState::Cancelled, ..waiting() }), None);
        assert_eq!(waiting().next_try_at(RecipientState::Submitted, NOW), None);
    }
}
