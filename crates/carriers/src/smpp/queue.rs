//! Jobs waiting for a link. All links take from it, so the fastest takes most and a slow one holds
//! back nobody; single messages go before bulk. It takes nothing while no link is up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::message::Lane;
use tokio::sync::{Notify, Semaphore, watch};

use super::job::Job;

#[derive(Debug)]
pub(super) struct Queue {
    lanes: Mutex<[VecDeque<Job>; 2]>,
    /// Places in each lane.
    room: [Arc<Semaphore>; 2],
    /// Links that take from here.
    links: watch::Sender<usize>,
    filled: Notify,
}

/// A link that takes from the queue, for as long as this is held.
#[derive(Debug)]
pub(super) struct Up<'a>(&'a Queue);

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.links.send_modify(|links| *links -= 1);
    }
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        let room = || Arc::new(Semaphore::new(places));
        Self {
            lanes: Mutex::default(),
            room: [room(), room()],
            links: watch::Sender::new(0),
            filled: Notify::new(),
        }
    }

    fn lanes(&self) -> MutexGuard<'_, [VecDeque<Job>; 2]> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn links(&self) -> usize {
        *self.links.borrow()
    }

    pub(super) fn link_up(&self) -> Up<'_> {
        self.links.send_modify(|links| *links += 1);
        Up(self)
    }

    pub(super) fn has_room(&self, lane: Lane) -> bool {
        self.room[index(lane)].available_permits() > 0
    }

    /// Waits for a place; gives the job back when no link is up.
    pub(super) async fn push(&self, mut job: Job) -> Option<Job> {
        let room = self.room[index(job.lane())].clone();
        let mut links = self.links.subscribe();
        let place = tokio::select! {
            biased;
            _ = links.wait_for(|links| *links == 0) => None,
            place = room.acquire_owned() => place.ok(),
        };
        job.place = place;
        let mut lanes = self.lanes();
        // A link that goes down after this takes what it leaves in the queue out of it.
        if job.place.is_none() || self.links() == 0 {
            return Some(job);
        }
        lanes[index(job.lane())].push_back(job);
        drop(lanes);
        self.filled.notify_one();
        None
    }

    /// Puts a job back to where it will be taken next; gives it back when no link is up.
    pub(super) fn put_back(&self, job: Job) -> Option<Job> {
        let mut lanes = self.lanes();
        if self.links() == 0 {
            return Some(job);
        }
        lanes[index(job.lane())].push_front(job);
        drop(lanes);
        self.filled.notify_one();
        None
    }

    /// Waits for jobs and takes as many as have `parts` parts together, at least one. Cancel safe.
    pub(super) async fn take(&self, parts: usize) -> Vec<Job> {
        loop {
            let filled = self.filled.notified();
            let taken = self.take_now(parts);
            if !taken.is_empty() {
                return taken;
            }
            filled.await;
        }
    }

    fn take_now(&self, parts: usize) -> Vec<Job> {
        let (mut taken, mut left) = (Vec::new(), parts);
        let mut lanes = self.lanes();
        'all: for lane in lanes.iter_mut() {
            while let Some(job) = lane.front() {
                let wanted = job.waiting();
                if wanted > left && !taken.is_empty() {
                    break 'all;
                }
                left = left.saturating_sub(wanted);
                taken.extend(lane.pop_front());
            }
        }
        let more = lanes.iter().any(|lane| !lane.is_empty());
        drop(lanes);
        if more {
            // For another link that waits.
            self.filled.notify_one();
        }
        for job in &mut taken {
            job.place = None;
        }
        taken
    }

    /// Everything, when no link is left to take it.
    pub(super) fn take_stranded(&self) -> Vec<Job> {
        let mut lanes = self.lanes();
        if self.links() > 0 {
            return vec![];
        }
        let mut stranded = Vec::new();
        for lane in lanes.iter_mut() {
            stranded.extend(lane.drain(..));
        }
        stranded
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
    use std::time::Duration;

    use domain::message::Content;
    use domain::ports::Submission;
    use domain::text::Policy;
    use testkit::carrier_conformance::{LONG, key, with_text};

    use super::*;

    fn job(number: u32, lane: Lane, text: &str) -> Job {
        let plain = with_text(key(number), "4520123456".parse().unwrap(), text);
        let content = Arc::new(Content { lane, ..(*plain.content).clone() });
        Job::new(Submission { content, ..plain }, &Policy::default(), None).unwrap()
    }

    #[tokio::test]
    async fn single_messages_go_before_bulk() {
        let queue = Queue::new(10);
        let _up = queue.link_up();
        assert!(queue.push(job(1, Lane::Bulk, "x")).await.is_none());
        assert!(queue.push(job(2, Lane::Bulk, "x")).await.is_none());
        assert!(queue.push(job(3, Lane::Single, "x")).await.is_none());
        let lanes: Vec<_> = queue.take(2).await.iter().map(Job::lane).collect();
        assert_eq!(lanes, [Lane::Single, Lane::Bulk]);
    }

    #[tokio::test]
    async fn takes_by_parts_and_at_least_one_job() {
        let queue = Queue::new(10);
        let _up = queue.link_up();
        for number in 0..3 {
            assert!(queue.push(job(number, Lane::Single, LONG)).await.is_none());
        }
        assert_eq!(queue.take(1).await.len(), 1);
        assert_eq!(queue.take(5).await.len(), 1);
        assert_eq!(queue.take(6).await.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn is_bounded_and_lets_go_of_who_waits_when_no_link_is_left() {
        let queue = Queue::new(2);
        assert!(queue.push(job(0, Lane::Single, "x")).await.is_some());
        let up = queue.link_up();
        assert!(queue.push(job(1, Lane::Single, "x")).await.is_none());
        assert!(queue.push(job(2, Lane::Single, "x")).await.is_none());
        assert!(!queue.has_room(Lane::Single) && queue.has_room(Lane::Bulk));
        let mut waiting = Box::pin(queue.push(job(3, Lane::Single, "x")));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(waited.is_err(), "there was no room");
        assert_eq!(queue.take_stranded().len(), 0);
        drop(up);
        assert!(waiting.await.is_some());
        assert_eq!(queue.take_stranded().len(), 2);
        assert!(queue.has_room(Lane::Single), "their places are free again");
    }
}
