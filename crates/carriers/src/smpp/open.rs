//! The jobs of one session that await answers. A token names a job and one of its parts; every
//! token that was handed to the session comes back exactly once.

use super::job::Job;
use super::verdict::NotTaken;

#[derive(Debug, Default)]
pub(super) struct Open {
    jobs: Vec<Option<Job>>,
    free: Vec<usize>,
}

/// Bits of a token that name the part.
const PART_BITS: u32 = 8;

impl Open {
    /// Where the next job will be.
    pub(super) fn next_place(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.jobs.push(None);
            self.jobs.len() - 1
        })
    }

    pub(super) fn put(&mut self, place: usize, job: Job) {
        if let Some(empty) = self.jobs.get_mut(place) {
            *empty = Some(job);
        }
    }

    pub(super) fn token(place: usize, part: u8) -> u64 {
        (u64::try_from(place).unwrap_or(u64::MAX) << PART_BITS) | u64::from(part)
    }

    /// Notes an answer; returns the job when it was the last one it waited for.
    pub(super) fn answer(&mut self, token: u64, answer: Result<String, NotTaken>) -> Option<Job> {
        let place = usize::try_from(token >> PART_BITS).ok()?;
        let held = self.jobs.get_mut(place)?;
        held.as_mut()?.answer(token.to_be_bytes()[7], answer);
        let done = held.take_if(|job| job.is_answered())?;
        self.free.push(place);
        Some(done)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.iter().all(Option::is_none)
    }

    /// Everything that is left.
    pub(super) fn take_all(&mut self) -> Vec<Job> {
        self.free.clear();
        std::mem::take(&mut self.jobs).into_iter().flatten().collect()
    }
}
