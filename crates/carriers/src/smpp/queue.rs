//! Queue of jobs for the links of a carrier. All links take from it, so a slow link does not delay the others. Single
//! messages go before bulk; within a lane the order is kept, and a throttled job that is put back is taken first again.
//! It accepts nothing while no link is up.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::message::Lane;
use tokio::sync::{Notify, Semaphore, watch};

use super::job::Job;

#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Free slots of each lane.
    room: [Semaphore; 2],
    /// Number of links that are up.
    links: watch::Sender<usize>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Each ordered by position.
    lanes: [VecDeque<Job>; 2],
    next_position: u64,
}

/// Counts a link as up while it is held.
#[derive(Debug)]
pub(super) struct LinkGuard<'a>(&'a Queue);

impl Drop for LinkGuard<'_> {
    fn drop(&mut self) {
        self.0.links.send_modify(|links| *links -= 1);
    }
}

impl Queue {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            room: [Semaphore::new(slots), Semaphore::new(slots)],
            links: watch::Sender::new(0),
            filled: Notify::new(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn links(&self) -> usize {
        *self.links.borrow()
    }

    pub(super) fn link_up(&self) -> LinkGuard<'_> {
        self.links.send_modify(|links| *links += 1);
        LinkGuard(self)
    }

    /// Whether there are free slots for all these jobs.
    pub(super) fn has_room(&self, jobs: &[Job]) -> bool {
        let single = jobs.iter().filter(|job| job.lane() == Lane::Single).count();
        let [in_single, in_bulk] = self.room.each_ref().map(Semaphore::available_permits);
        in_single >= single && in_bulk >= jobs.len() - single
    }

    /// Queues jobs as slots become free; returns those without a slot when no link is up.
    pub(super) async fn push(&self, jobs: Vec<Job>) -> Vec<Job> {
        let (single, bulk): (VecDeque<_>, VecDeque<_>) =
            jobs.into_iter().partition(|job| job.lane() == Lane::Single);
        let mut left = Vec::new();
        for jobs in [single, bulk] {
            left.extend(self.push_lane(jobs).await);
        }
        left
    }

    /// Queues the jobs of one lane.
    async fn push_lane(&self, mut jobs: VecDeque<Job>) -> VecDeque<Job> {
        while let Some(first) = jobs.front() {
            let lane = index(first.lane());
            let room = &self.room[lane];
            let fit = u32::try_from(room.available_permits().clamp(1, jobs.len())).unwrap_or(1);
            let mut links = self.links.subscribe();
            let slots = tokio::select! {
                biased;
                _ = links.wait_for(|links| *links == 0) => None,
                slots = room.acquire_many(fit) => slots.ok(),
            };
            let Some(slots) = slots else { break };
            let mut waiting = self.waiting();
            // The last link that goes down after this removes the jobs from the queue.
            if self.links() == 0 {
                break;
            }
            slots.forget();
            for mut job in jobs.drain(..usize::try_from(fit).unwrap_or(1)) {
                waiting.next_position += 1;
                (job.position, job.holds_slot) = (waiting.next_position, true);
                waiting.lanes[lane].push_back(job);
            }
            drop(waiting);
            self.filled.notify_one();
        }
        jobs
    }

    /// Puts a job back at its position; returns it if no link is up.
    pub(super) fn put_back(&self, job: Job) -> Option<Job> {
        let mut waiting = self.waiting();
        if self.links() == 0 {
            return Some(job);
        }
        let lane = &mut waiting.lanes[index(job.lane())];
        // Only jobs that were put back earlier are before it.
        let place = lane.iter().take_while(|known| known.position < job.position).count();
        lane.insert(place, job);
        drop(waiting);
        self.filled.notify_one();
        None
    }

    /// Waits for jobs and takes up to `parts` parts of up to `weight` SMS together, but at least one job. Cancel safe.
    pub(super) async fn take(&self, parts: usize, weight: usize) -> Vec<Job> {
        loop {
            let filled = self.filled.notified();
            let taken = self.take_now(parts, weight);
            if !taken.is_empty() {
                return taken;
            }
            filled.await;
        }
    }

    fn take_now(&self, parts: usize, weight: usize) -> Vec<Job> {
        let (mut taken, mut left) = (Vec::new(), (parts, weight));
        let mut freed = [0; 2];
        let mut waiting = self.waiting();
        'all: for (lane, freed) in waiting.lanes.iter_mut().zip(&mut freed) {
            while let Some(job) = lane.front() {
                let wanted = job.waiting();
                if (wanted.0 > left.0 || wanted.1 > left.1) && !taken.is_empty() {
                    break 'all;
                }
                left = (left.0.saturating_sub(wanted.0), left.1.saturating_sub(wanted.1));
                let Some(mut job) = lane.pop_front() else { break };
                *freed += usize::from(std::mem::take(&mut job.holds_slot));
                taken.push(job);
                if left.0 == 0 || left.1 == 0 {
                    break 'all;
                }
            }
        }
        let more = waiting.lanes.iter().any(|lane| !lane.is_empty());
        drop(waiting);
        self.free(freed);
        if more {
            // Wake another waiting link.
            self.filled.notify_one();
        }
        taken
    }

    fn free(&self, slots: [usize; 2]) {
        for (room, slots) in self.room.iter().zip(slots) {
            room.add_permits(slots);
        }
    }

    /// Takes all jobs if no link is up.
    pub(super) fn take_unserved(&self) -> Vec<Job> {
        let mut waiting = self.waiting();
        if self.links() > 0 {
            return vec![];
        }
        let (mut unserved, mut freed) = (Vec::new(), [0; 2]);
        for (lane, freed) in waiting.lanes.iter_mut().zip(&mut freed) {
            *freed = lane.iter().filter(|job| job.holds_slot).count();
            unserved.extend(lane.drain(..));
        }
        drop(waiting);
        self.free(freed);
        unserved
    }
}

const fn index(lane: Lane) -> usize {
    match lane {
        Lane::Single => 0,
        Lane::Bulk => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use domain::message::Content;
    use domain::ports::Submission;
    use testkit::carrier_conformance::{LONG, key, with_text};

    use super::*;
    use crate::smpp::profile::Profile;

    fn job(number: u32, lane: Lane, text: &str) -> Job {
        let plain = with_text(key(number), "4520123456".parse().unwrap(), text);
        let content = Arc::new(Content { lane, ..(*plain.content).clone() });
        Job::new(Submission { content, ..plain }, &Profile::default()).unwrap()
    }

    fn singles(numbers: std::ops::Range<u32>, text: &str) -> Vec<Job> {
        numbers.map(|number| job(number, Lane::Single, text)).collect()
    }

    async fn filled(queue: &Queue, jobs: Vec<Job>) {
        assert!(queue.push(jobs).await.is_empty());
    }

    fn numbers(jobs: &[Job]) -> Vec<u32> {
        jobs.iter().map(|job| job.key.recipient).collect()
    }

    #[tokio::test]
    async fn single_messages_go_before_bulk() {
        let queue = Queue::new(10);
        let _up = queue.link_up();
        let jobs = [(1, Lane::Bulk), (2, Lane::Bulk), (3, Lane::Single)];
        filled(&queue, jobs.map(|(number, lane)| job(number, lane, "x")).into()).await;
        assert_eq!(numbers(&queue.take(2, 2).await), [3, 1]);
    }

    #[tokio::test]
    async fn takes_by_parts_and_at_least_one_job() {
        let queue = Queue::new(10);
        let _up = queue.link_up();
        filled(&queue, singles(0..4, LONG)).await;
        assert_eq!(queue.take(1, 9).await.len(), 1);
        assert_eq!(queue.take(5, 9).await.len(), 1);
        assert_eq!(queue.take(9, 6).await.len(), 2);
    }

    #[tokio::test]
    async fn a_job_that_is_put_back_keeps_its_position() {
        let queue = Queue::new(10);
        let _up = queue.link_up();
        filled(&queue, singles(0..6, "x")).await;
        let mut taken = queue.take(4, 4).await;
        // Responses come in any order.
        for at in [2, 0, 1, 0] {
            assert!(queue.put_back(taken.remove(at)).is_none());
        }
        assert_eq!(numbers(&queue.take(9, 9).await), [0, 1, 2, 3, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn is_bounded_and_returns_waiting_jobs_when_no_link_is_up() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(singles(0..1, "x")).await.len(), 1);
        let up = queue.link_up();
        assert!(queue.has_room(&singles(1..3, "x")) && !queue.has_room(&singles(1..4, "x")));
        filled(&queue, singles(1..3, "x")).await;
        assert!(!queue.has_room(&singles(3..4, "x")));
        assert!(queue.has_room(&[job(3, Lane::Bulk, "x")]));
        let mut waiting = Box::pin(queue.push(singles(3..5, "x")));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(waited.is_err(), "the queue was not full");
        assert_eq!(queue.take_unserved().len(), 0);
        drop(up);
        assert_eq!(numbers(&waiting.await), [3, 4]);
        assert_eq!(queue.take_unserved().len(), 2);
        assert!(queue.has_room(&singles(3..5, "x")), "their slots were not freed");
    }

    #[tokio::test]
    async fn a_batch_larger_than_the_queue_passes_through_it() {
        let queue = Queue::new(3);
        let _up = queue.link_up();
        let (left, taken) = tokio::join!(queue.push(singles(0..50, "x")), async {
            let mut taken = Vec::new();
            while taken.len() < 50 {
                taken.extend(numbers(&queue.take(2, 2).await));
            }
            taken
        });
        assert!(left.is_empty());
        assert_eq!(taken, (0..50).collect::<Vec<_>>());
    }
}
