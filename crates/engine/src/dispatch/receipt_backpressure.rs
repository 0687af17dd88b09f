//! Whether the store is behind with receipts, for bulk to wait.
//!
//! A carrier keeps what it has until what it sent was answered, so at a moment when everything was none may wait here
//! and very many there. Therefore bulk waits on until for a while none have come: otherwise thousands are claimed at
//! each such moment, and a code's receipt stands behind theirs.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use domain::limits::RECEIPTS_BEFORE_BULK_MAX;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A carrier that was answered, and has more receipts, sends some within this.
const LULL: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
pub(super) struct ReceiptBackpressure {
    /// Receipts whose callers have no answer yet.
    unanswered: AtomicUsize,
    /// The last change had as many as bulk waits for, and it was not long ago.
    goes_on: AtomicBool,
    /// Changes in a row that had.
    in_a_row: AtomicU32,
}

/// Bulk gets a turn after so many: receipts that come for ever, because a carrier repeats them or
/// they are of another node's campaign, hold it up and do not stop it.
const IN_A_ROW_MAX: u32 = 100;

impl ReceiptBackpressure {
    /// They are unanswered for as long as what this returns lives.
    pub(super) fn came(&self, receipts: usize) -> Unanswered<'_> {
        self.unanswered.fetch_add(receipts, Ordering::Relaxed);
        Unanswered(self, receipts)
    }

    /// So many were stored in one change.
    pub(super) fn stored(&self, receipts: usize) {
        let in_a_row = if receipts > RECEIPTS_BEFORE_BULK_MAX {
            self.in_a_row.load(Ordering::Relaxed) + 1
        } else {
            0
        };
        let goes_on = (1..IN_A_ROW_MAX).contains(&in_a_row);
        self.in_a_row.store(if goes_on { in_a_row } else { 0 }, Ordering::Relaxed);
        self.goes_on.store(goes_on, Ordering::Relaxed);
    }

    /// Bulk has to wait.
    pub(super) fn is_behind(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
            || self.unanswered.load(Ordering::Relaxed) > RECEIPTS_BEFORE_BULK_MAX
    }

    /// The next of the queue; calls `over` when there was none for a while.
    pub(super) async fn next<T>(
        &self,
        queue: &mut mpsc::Receiver<T>,
        over: impl FnOnce(),
    ) -> Option<T> {
        if self.goes_on.load(Ordering::Relaxed) {
            if let Ok(next) = timeout(LULL, queue.recv()).await {
                return next;
            }
            self.goes_on.store(false, Ordering::Relaxed);
            over();
        }
        queue.recv().await
    }
}

/// Receipts that wait, for as long as their caller does.
pub(super) struct Unanswered<'a>(&'a ReceiptBackpressure, usize);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(self.1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_waits_while_many_have_no_answer() {
        let backpressure = ReceiptBackpressure::default();
        let few = backpressure.came(RECEIPTS_BEFORE_BULK_MAX);
        assert!(!backpressure.is_behind());
        let more = backpressure.came(1);
        assert!(backpressure.is_behind());
        drop(few);
        assert!(!backpressure.is_behind());
        drop(more);
    }

    #[tokio::test(start_paused = true)]
    async fn bulk_waits_on_until_none_have_come_for_a_while() {
        let (backpressure, (sender, mut queue)) =
            (ReceiptBackpressure::default(), mpsc::channel(4));
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX + 1);
        assert!(backpressure.is_behind(), "although nobody waits for an answer");
        let soon = async {
            tokio::time::sleep(LULL / 2).await;
            sender.send(1).await.unwrap();
        };
        let (next, ()) = tokio::join!(backpressure.next(&mut queue, || panic!("not over")), soon);
        assert_eq!(next, Some(1));
        assert!(backpressure.is_behind());

        let mut told = false;
        let late = async {
            tokio::time::sleep(2 * LULL).await;
            assert!(!backpressure.is_behind(), "before the next one comes");
            sender.send(2).await.unwrap();
        };
        let (next, ()) = tokio::join!(backpressure.next(&mut queue, || told = true), late);
        assert_eq!((next, told), (Some(2), true));
    }

    #[test]
    fn receipts_without_end_leave_bulk_a_turn() {
        let backpressure = ReceiptBackpressure::default();
        let stored = || {
            backpressure.stored(RECEIPTS_BEFORE_BULK_MAX + 1);
            backpressure.is_behind()
        };
        assert!((1..IN_A_ROW_MAX).all(|_| stored()));
        assert!(!stored() && stored());
    }

    #[tokio::test(start_paused = true)]
    async fn few_at_a_time_are_no_backlog() {
        let (backpressure, (sender, mut queue)) =
            (ReceiptBackpressure::default(), mpsc::channel(4));
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX + 1);
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX);
        assert!(!backpressure.is_behind());
        sender.send(1).await.unwrap();
        assert_eq!(backpressure.next(&mut queue, || panic!("it was none")).await, Some(1));
        drop(sender);
        assert_eq!(backpressure.next(&mut queue, || panic!("it was none")).await, None);
    }
}
