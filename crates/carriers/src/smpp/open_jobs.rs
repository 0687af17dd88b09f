//! The jobs of one session that await responses, and the parts whose response timed out. A token identifies a job and
//! one of its parts and is never reused on the session, so a late response always matches its own job.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::number::Msisdn;
use smpp::CommandStatus;
use tokio::time::Instant;

use super::job::{Job, UnansweredPart};
use super::verdict::NotAccepted;

/// A response later than this is ignored.
const LATE_MAX: Duration = Duration::from_secs(60 * 60);

/// Bits of a token that hold the part's index.
const PART_BITS: u32 = 8;

#[derive(Debug)]
pub(super) struct OpenJobs {
    jobs: HashMap<u64, Job>,
    next_number: u64,
    /// Keyed by token, so the oldest come first.
    unanswered: BTreeMap<u64, (Instant, UnansweredPart)>,
    unanswered_max: usize,
}

/// What a late response matches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// A job that still awaits other parts; recorded there.
    Recorded,
    /// A part of a submission that ended as *no answer*.
    Ended(UnansweredPart),
    /// Nothing: it is too late, or the submission ended otherwise.
    Unmatched,
}

impl OpenJobs {
    /// Keeps as many unanswered parts as `smpp`'s ring has tombstones for this window.
    pub(super) fn new(window: u32) -> Self {
        let unanswered_max = usize::try_from(window).unwrap_or(usize::MAX).saturating_mul(4);
        Self {
            jobs: HashMap::new(),
            next_number: 0,
            unanswered: BTreeMap::new(),
            unanswered_max: unanswered_max.saturating_add(16),
        }
    }

    /// The number of the next job.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    pub(super) fn put(&mut self, number: u64, job: Job) {
        self.jobs.insert(number, job);
    }

    pub(super) fn token(number: u64, part: u8) -> u64 {
        (number << PART_BITS) | u64::from(part)
    }

    /// The destination of a part that awaits its response.
    pub(super) fn destination(&self, token: u64) -> Option<Msisdn> {
        self.jobs.get(&split(token).0).map(|job| job.to)
    }

    /// Keeps the status of a response that does not accept its part.
    pub(super) fn note_status(&mut self, token: u64, status: CommandStatus) {
        if let Some(job) = self.jobs.get_mut(&split(token).0) {
            job.note_status(status);
        }
    }

    /// Records a response; returns the job if it was the last one awaited.
    pub(super) fn answer(
        &mut self,
        token: u64,
        answer: Result<String, NotAccepted>,
    ) -> Option<Job> {
        let (number, part) = split(token);
        let job = self.jobs.get_mut(&number)?;
        job.answer(part, answer);
        if !job.is_answered() {
            return None;
        }
        let done = self.jobs.remove(&number)?;
        self.remember_unanswered(number, &done, Instant::now());
        Some(done)
    }

    /// Matches a late response that accepted the part.
    pub(super) fn late_answer(&mut self, token: u64, carrier_id: &str) -> Late {
        let (number, part) = split(token);
        if let Some(job) = self.jobs.get_mut(&number) {
            return if job.answer_late(part, carrier_id) {
                Late::Recorded
            } else {
                Late::Unmatched
            };
        }
        self.forget(Instant::now());
        self.unanswered
            .remove(&token)
            .map_or(Late::Unmatched, |(_, unanswered)| Late::Ended(unanswered))
    }

    /// Keeps the parts of an ended job that may get a late response.
    fn remember_unanswered(&mut self, number: u64, done: &Job, now: Instant) {
        for (at, unanswered) in done.unanswered() {
            self.unanswered.insert(Self::token(number, at), (now, unanswered));
        }
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.unanswered.first_entry() {
            let age = now.saturating_duration_since(oldest.get().0);
            if age <= LATE_MAX && self.unanswered.len() <= self.unanswered_max {
                break;
            }
            self.unanswered.pop_first();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Removes and returns all jobs.
    pub(super) fn take_all(&mut self) -> Vec<Job> {
        self.jobs.drain().map(|(_, job)| job).collect()
    }
}

const fn split(token: u64) -> (u64, u8) {
    (token >> PART_BITS, token.to_be_bytes()[7])
}

#[cfg(test)]
mod tests {
    use testkit::carrier_conformance::{LONG, key, with_text};

    use super::*;
    use crate::smpp::profile::Profile;

    fn send(open: &mut OpenJobs, index: u32, text: &str) -> Vec<u64> {
        let submission = with_text(key(index), "4520123456".parse().unwrap(), text);
        let mut job = Job::new(submission, &Profile::default()).unwrap();
        let number = open.next_number();
        let tokens = job.send().map(|(at, _)| OpenJobs::token(number, at)).collect();
        open.put(number, job);
        tokens
    }

    fn unanswered(index: u32, part: u16, parts: u16) -> Late {
        Late::Ended(UnansweredPart { key: key(index), part, parts })
    }

    #[tokio::test]
    async fn a_late_response_matches_its_own_job_once() {
        let mut open = OpenJobs::new(10);
        let first = send(&mut open, 1, "Hej")[0];
        assert!(open.answer(first, Err(NotAccepted::NoAnswer)).is_some());
        let second = send(&mut open, 2, "Hej")[0];
        assert_ne!(first, second);
        assert_eq!(open.late_answer(first, "a"), unanswered(1, 1, 1));
        assert_eq!(open.late_answer(first, "a"), Late::Unmatched);
        let done = open.answer(second, Ok("b".to_owned())).unwrap();
        assert_eq!(done.unanswered().count(), 0);
        assert_eq!(open.late_answer(second, "b"), Late::Unmatched);
    }

    #[tokio::test]
    async fn an_open_job_records_a_late_response() {
        let mut open = OpenJobs::new(10);
        let tokens = send(&mut open, 1, LONG);
        assert!(open.answer(tokens[0], Err(NotAccepted::NoAnswer)).is_none());
        assert!(open.answer(tokens[1], Err(NotAccepted::NoAnswer)).is_none());
        assert_eq!(open.late_answer(tokens[0], "a"), Late::Recorded);
        assert_eq!(open.late_answer(tokens[0], "a"), Late::Unmatched);
        let done = open.answer(tokens[2], Ok("c".to_owned())).unwrap();
        assert_eq!(done.unanswered().map(|(at, _)| at).collect::<Vec<_>>(), [1]);
        assert_eq!(open.late_answer(tokens[1], "b"), unanswered(1, 2, 3));
    }

    /// Its outcome was final, so a late response changes nothing.
    #[tokio::test]
    async fn a_refused_job_matches_no_late_response() {
        let mut open = OpenJobs::new(10);
        let tokens = send(&mut open, 1, LONG);
        let refused =
            NotAccepted::Refused { reason: domain::reason::Reason::Refused, code: "x".into() };
        for (token, answer) in
            tokens.iter().zip([NotAccepted::NoAnswer, refused, NotAccepted::NoAnswer])
        {
            open.answer(*token, Err(answer));
        }
        assert_eq!(open.late_answer(tokens[0], "a"), Late::Unmatched);
    }

    #[tokio::test(start_paused = true)]
    async fn unanswered_parts_are_bounded_in_number_and_age() {
        let mut open = OpenJobs::new(1);
        let mut tokens = Vec::new();
        for index in 0..21 {
            tokens.extend(send(&mut open, index, "Hej"));
            open.answer(tokens[tokens.len() - 1], Err(NotAccepted::NoAnswer));
        }
        assert_eq!(open.late_answer(tokens[0], "a"), Late::Unmatched);
        assert_eq!(open.late_answer(tokens[1], "b"), unanswered(1, 1, 1));
        tokio::time::advance(LATE_MAX + Duration::from_secs(1)).await;
        assert_eq!(open.late_answer(tokens[2], "c"), Late::Unmatched);
        assert!(open.unanswered.is_empty());
    }
}
