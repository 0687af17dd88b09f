//! Holds back bulk while receipts arrive faster than the store records them.
//!
//! An empty queue here can mean that the carrier is holding receipts back until its earlier ones
//! are acknowledged. Bulk therefore stays paused until no receipt has arrived for a while;
//! otherwise each such gap would release thousands of messages, whose receipts would delay those of
//! single messages.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use domain::limits::RECEIPTS_BEFORE_BULK_MAX;
use tokio::time::timeout;

use super::receipt_queue::ReceiptQueue;

/// After an acknowledgement, a carrier with more receipts sends some within this time.
const LULL: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
pub(super) struct ReceiptBackpressure {
    /// Receipts whose callers have no result yet.
    unanswered: AtomicUsize,
    /// The last change exceeded the threshold, and no lull followed.
    goes_on: AtomicBool,
    /// Consecutive changes above the threshold.
    in_a_row: AtomicU32,
}

/// Bulk is released after this many changes: receipts that never stop (repeats, or those of another
/// node's campaign) delay it but do not block it.
const IN_A_ROW_MAX: u32 = 100;

impl ReceiptBackpressure {
    /// Counts receipts as unacknowledged until the returned guard is dropped.
    pub(super) fn came(&self, receipts: usize) -> Unanswered<'_> {
        self.unanswered.fetch_add(receipts, Ordering::Relaxed);
        Unanswered(self, receipts)
    }

    /// Notes the number of receipts in one change.
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

    /// Bulk must wait.
    pub(super) fn is_behind(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
            || self.unanswered.load(Ordering::Relaxed) > RECEIPTS_BEFORE_BULK_MAX
    }

    /// The next item; calls `over` when a lull ends the pressure.
    pub(super) async fn next<T>(
        &self,
        queue: &mut ReceiptQueue<T>,
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

/// Guard: its receipts count as unacknowledged.
pub(super) struct Unanswered<'a>(&'a ReceiptBackpressure, usize);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(self.1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::receipt_queue::channel;
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
        let (backpressure, (sender, mut queue)) = (ReceiptBackpressure::default(), channel(4));
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX + 1);
        assert!(backpressure.is_behind(), "even with every receipt acknowledged");
        let soon = async {
            tokio::time::sleep(LULL / 2).await;
            sender.others.send(1).await.unwrap();
        };
        let (next, ()) = tokio::join!(backpressure.next(&mut queue, || panic!("not over")), soon);
        assert_eq!(next, Some(1));
        assert!(backpressure.is_behind());

        let mut over = false;
        let late = async {
            tokio::time::sleep(2 * LULL).await;
            assert!(!backpressure.is_behind(), "the lull has ended it");
            sender.others.send(2).await.unwrap();
        };
        let (next, ()) = tokio::join!(backpressure.next(&mut queue, || over = true), late);
        assert_eq!((next, over), (Some(2), true));
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
        let (backpressure, (sender, mut queue)) = (ReceiptBackpressure::default(), channel(4));
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX + 1);
        backpressure.stored(RECEIPTS_BEFORE_BULK_MAX);
        assert!(!backpressure.is_behind());
        sender.others.send(1).await.unwrap();
        assert_eq!(backpressure.next(&mut queue, || panic!("there was no lull")).await, Some(1));
        drop(sender);
        assert_eq!(backpressure.next(&mut queue, || panic!("there was no lull")).await, None);
    }
}
