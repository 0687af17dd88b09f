//! The records of a trial, shared by loader, simulator and sink: for each message whether it was accepted, how often it
//! was submitted to the SMSC and how often its final state was reported, and when. Writers never block.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::histogram::Histogram;

#[derive(Debug, Default)]
struct Entry {
    /// Time of the request in microseconds after the start; 0 before.
    sent_us: AtomicU64,
    /// Time of the last submission to the SMSC, likewise.
    submitted_us: AtomicU64,
    accepted: AtomicU8,
    submitted: AtomicU8,
    told: AtomicU8,
}

/// Records of every message of a trial.
#[derive(Debug)]
pub(crate) struct Tally {
    start: Instant,
    entries: Box<[Entry]>,
    accepted: AtomicUsize,
    told: AtomicUsize,
    failed: AtomicUsize,
    interim: AtomicUsize,
    strangers: AtomicUsize,
    last_told_us: AtomicU64,
    first_sent_us: AtomicU64,
    through: Mutex<Histogram>,
}

/// State reported by a call-back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Final, successful.
    Delivered,
    /// Final, unsuccessful.
    Failed,
    /// Not final.
    Interim,
}

/// The sums of a [`Tally`]; `lost`, `told_again` and `strangers` are errors of the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Sums {
    /// Accepted messages.
    pub accepted: usize,
    /// Accepted messages with a reported final state.
    pub told: usize,
    /// Accepted messages without a reported final state.
    pub lost: usize,
    /// Repeated reports of final states.
    pub told_again: usize,
    /// Final states other than delivered; the simulator delivers everything.
    pub failed: usize,
    /// Reported but never accepted, or not of this trial.
    pub strangers: usize,
    /// Accepted and never submitted to the SMSC.
    pub never_submitted: usize,
    /// Repeated submissions to the SMSC.
    pub submitted_again: usize,
    /// Call-backs with non-final states.
    pub interim: usize,
}

impl Tally {
    pub(crate) fn new(messages: usize) -> Self {
        Self {
            start: Instant::now(),
            entries: (0..messages).map(|_| Entry::default()).collect(),
            accepted: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            interim: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            last_told_us: AtomicU64::new(0),
            first_sent_us: AtomicU64::new(u64::MAX),
            through: Mutex::default(),
        }
    }

    pub(crate) const fn messages(&self) -> usize {
        self.entries.len()
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    /// Records the start of a request.
    pub(crate) fn sending(&self, index: usize) {
        let now = self.now_us();
        self.first_sent_us.fetch_min(now, Ordering::Relaxed);
        self.entries[index].sent_us.store(now, Ordering::Relaxed);
    }

    /// Records an accepted request.
    pub(crate) fn accepted(&self, index: usize) {
        self.entries[index].accepted.store(1, Ordering::Relaxed);
        self.accepted.fetch_add(1, Ordering::Release);
    }

    /// Records a submission to the SMSC.
    pub(crate) fn submitted(&self, index: Option<usize>) {
        match index.and_then(|index| self.entries.get(index)) {
            Some(entry) => {
                count(&entry.submitted);
                entry.submitted_us.fetch_max(self.now_us(), Ordering::Relaxed);
            }
            None => {
                self.strangers.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Records a call-back.
    pub(crate) fn tell(&self, index: Option<usize>, what: Told) {
        let Some(entry) = index.and_then(|index| self.entries.get(index)) else {
            self.strangers.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if what == Told::Interim {
            self.interim.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if what == Told::Failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        let now = self.now_us();
        if entry.told.load(Ordering::Relaxed) == 0 {
            let sent = entry.sent_us.load(Ordering::Relaxed);
            let took = Duration::from_micros(now.saturating_sub(sent));
            self.through.lock().unwrap_or_else(PoisonError::into_inner).record(took);
            self.last_told_us.fetch_max(now, Ordering::Relaxed);
            self.told.fetch_add(1, Ordering::Release);
        }
        count(&entry.told);
    }

    pub(crate) fn told_count(&self) -> usize {
        self.told.load(Ordering::Acquire)
    }

    pub(crate) fn accepted_count(&self) -> usize {
        self.accepted.load(Ordering::Acquire)
    }

    /// From the first request to the last reported final state.
    pub(crate) fn span(&self) -> Duration {
        let first = self.first_sent_us.load(Ordering::Relaxed);
        Duration::from_micros(self.last_told_us.load(Ordering::Relaxed).saturating_sub(first))
    }

    /// From a message's request to its reported final state.
    pub(crate) fn through(&self) -> Histogram {
        self.through.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From a message's request to its submission to the SMSC, for messages from `first` on.
    pub(crate) fn to_smsc(&self, first: usize) -> Histogram {
        let mut histogram = Histogram::default();
        for entry in &self.entries[first..] {
            let [sent, submitted] =
                [&entry.sent_us, &entry.submitted_us].map(|at| at.load(Ordering::Relaxed));
            if submitted > 0 {
                histogram.record(Duration::from_micros(submitted.saturating_sub(sent)));
            }
        }
        histogram
    }

    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums {
            failed: self.failed.load(Ordering::Relaxed),
            interim: self.interim.load(Ordering::Relaxed),
            strangers: self.strangers.load(Ordering::Relaxed),
            ..Sums::default()
        };
        for entry in &self.entries {
            let [accepted, submitted, told] = [&entry.accepted, &entry.submitted, &entry.told]
                .map(|count| usize::from(count.load(Ordering::Relaxed)));
            sums.accepted += accepted;
            sums.told += usize::from(accepted == 1 && told > 0);
            sums.lost += usize::from(accepted == 1 && told == 0);
            sums.told_again += told.saturating_sub(1);
            sums.strangers += usize::from(accepted == 0 && told > 0);
            sums.never_submitted += usize::from(accepted == 1 && submitted == 0);
            sums.submitted_again += submitted.saturating_sub(1);
        }
        sums
    }
}

/// Saturates at 255.
fn count(cell: &AtomicU8) {
    let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
}

#[cfg(test)]
mod tests {
    use super::{Sums, Tally, Told};

    #[test]
    fn what_is_lost_and_what_is_told_twice_is_seen() {
        let tally = Tally::new(6);
        for index in 0..5 {
            tally.sending(index);
            tally.accepted(index);
        }
        for index in [0, 1, 2, 3, 3] {
            tally.submitted(Some(index));
        }
        tally.tell(Some(0), Told::Interim);
        for index in [0, 1, 1, 3] {
            tally.tell(Some(index), Told::Delivered);
        }
        tally.tell(Some(2), Told::Failed);
        // Never accepted, out of range, unreadable.
        tally.tell(Some(5), Told::Delivered);
        tally.tell(Some(6), Told::Delivered);
        tally.tell(None, Told::Delivered);
        let expected = Sums {
            accepted: 5,
            told: 4,
            lost: 1,
            told_again: 1,
            failed: 1,
            strangers: 3,
            never_submitted: 1,
            submitted_again: 1,
            interim: 1,
        };
        assert_eq!(tally.sums(), expected);
        assert_eq!(tally.through().count(), 5);
        assert!(tally.span() > std::time::Duration::ZERO);
    }
}
