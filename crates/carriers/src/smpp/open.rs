//! The jobs of one session that await answers, and the parts that were given up unanswered. A token
//! names a job and one of its parts, and is never used again on the session: an answer that comes
//! late is for the job it was meant for, whatever was sent since.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::ports::SubmissionKey;
use tokio::time::Instant;

use super::job::Job;
use super::verdict::NotTaken;

/// An answer that is later than this is for nobody.
const GIVEN_UP_AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// Bits of a token that name the part.
const PART_BITS: u32 = 8;

#[derive(Debug)]
pub(super) struct Open {
    jobs: HashMap<u64, Job>,
    next_number: u64,
    /// By token, so the oldest come first.
    given_up: BTreeMap<u64, (Instant, GivenUp)>,
    given_up_max: usize,
}

/// A part whose submission ended without its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) key: SubmissionKey,
    /// From 1.
    pub(super) part: u16,
    /// Of the whole submission.
    pub(super) parts: u16,
}

/// Whose an answer is that came after its time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// Of a job that waits for other parts still; noted there.
    Noted,
    /// Of a submission that has ended as if there were no answer.
    Ended(GivenUp),
    /// Too late, or of a submission that ended another way.
    Nobodys,
}

impl Open {
    /// Keeps as many given-up parts as a session of this window recognises late answers to (the
    /// tombstones of `smpp`'s ring).
    pub(super) fn new(window: u32) -> Self {
        let given_up_max = usize::try_from(window).unwrap_or(usize::MAX).saturating_mul(4);
        Self {
            jobs: HashMap::new(),
            next_number: 0,
            given_up: BTreeMap::new(),
            given_up_max: given_up_max.saturating_add(16),
        }
    }

    /// What the next job will be known by.
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

    /// Notes an answer; returns the job when it was the last one it waited for.
    pub(super) fn answer(&mut self, token: u64, answer: Result<String, NotTaken>) -> Option<Job> {
        let (number, part) = split(token);
        let job = self.jobs.get_mut(&number)?;
        job.answer(part, answer);
        if !job.is_answered() {
            return None;
        }
        let done = self.jobs.remove(&number)?;
        self.give_up(number, &done, Instant::now());
        Some(done)
    }

    /// Finds whose a late answer is that says the part was taken.
    pub(super) fn late(&mut self, token: u64, carrier_id: &str) -> Late {
        let (number, part) = split(token);
        if let Some(job) = self.jobs.get_mut(&number) {
            return if job.answer_late(part, carrier_id) { Late::Noted } else { Late::Nobodys };
        }
        self.forget(Instant::now());
        self.given_up.remove(&token).map_or(Late::Nobodys, |(_, given_up)| Late::Ended(given_up))
    }

    /// Keeps what a late answer must be told with.
    fn give_up(&mut self, number: u64, done: &Job, now: Instant) {
        for (at, given_up) in done.given_up() {
            self.given_up.insert(Self::token(number, at), (now, given_up));
        }
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.given_up.first_entry() {
            let age = now.saturating_duration_since(oldest.get().0);
            if age <= GIVEN_UP_AGE_MAX && self.given_up.len() <= self.given_up_max {
                break;
            }
            self.given_up.pop_first();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Everything that is left.
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

    fn send(open: &mut Open, index: u32, text: &str) -> Vec<u64> {
        let submission = with_text(key(index), "4520123456".parse().unwrap(), text);
        let mut job = Job::new(submission, &Profile::default()).unwrap();
        let number = open.next_number();
        let tokens = job.send().map(|(at, _)| Open::token(number, at)).collect();
        open.put(number, job);
        tokens
    }

    fn given_up(index: u32, part: u16, parts: u16) -> Late {
        Late::Ended(GivenUp { key: key(index), part, parts })
    }

    #[tokio::test]
    async fn a_late_answer_is_for_its_own_job_and_told_once() {
        let mut open = Open::new(10);
        let first = send(&mut open, 1, "Hej")[0];
        assert!(open.answer(first, Err(NotTaken::NoAnswer)).is_some());
        let second = send(&mut open, 2, "Hej")[0];
        assert_ne!(first, second);
        assert_eq!(open.late(first, "a"), given_up(1, 1, 1));
        assert_eq!(open.late(first, "a"), Late::Nobodys);
        let done = open.answer(second, Ok("b".to_owned())).unwrap();
        assert_eq!(done.given_up().count(), 0);
        assert_eq!(open.late(second, "b"), Late::Nobodys);
    }

    #[tokio::test]
    async fn a_job_that_still_waits_takes_its_late_answer() {
        let mut open = Open::new(10);
        let tokens = send(&mut open, 1, LONG);
        assert!(open.answer(tokens[0], Err(NotTaken::NoAnswer)).is_none());
        assert!(open.answer(tokens[1], Err(NotTaken::NoAnswer)).is_none());
        assert_eq!(open.late(tokens[0], "a"), Late::Noted);
        assert_eq!(open.late(tokens[0], "a"), Late::Nobodys);
        let done = open.answer(tokens[2], Ok("c".to_owned())).unwrap();
        assert_eq!(done.given_up().map(|(at, _)| at).collect::<Vec<_>>(), [1]);
        assert_eq!(open.late(tokens[1], "b"), given_up(1, 2, 3));
    }

    /// Its outcome was final: there is nothing to follow.
    #[tokio::test]
    async fn a_refused_job_leaves_nothing_for_late_answers() {
        let mut open = Open::new(10);
        let tokens = send(&mut open, 1, LONG);
        let refused =
            NotTaken::Refused { reason: domain::reason::Reason::Refused, code: "x".into() };
        for (token, answer) in tokens.iter().zip([NotTaken::NoAnswer, refused, NotTaken::NoAnswer])
        {
            open.answer(*token, Err(answer));
        }
        assert_eq!(open.late(tokens[0], "a"), Late::Nobodys);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_given_up_is_bounded_in_number_and_age() {
        let mut open = Open::new(1);
        let mut tokens = Vec::new();
        for index in 0..21 {
            tokens.extend(send(&mut open, index, "Hej"));
            open.answer(tokens[tokens.len() - 1], Err(NotTaken::NoAnswer));
        }
        assert_eq!(open.late(tokens[0], "a"), Late::Nobodys);
        assert_eq!(open.late(tokens[1], "b"), given_up(1, 1, 1));
        tokio::time::advance(GIVEN_UP_AGE_MAX + Duration::from_secs(1)).await;
        assert_eq!(open.late(tokens[2], "c"), Late::Nobodys);
        assert!(open.given_up.is_empty());
    }
}
