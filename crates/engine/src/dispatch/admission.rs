//! Admission: how many messages this node claims, and which accounts have reached their limit.
//!
//! The limit for single messages follows the rate of outcomes: the rest of a slow carrier's backlog
//! stays in the store, where accounts take turns, and not in memory here. Bulk may use half of the
//! in-memory limit. One account, or one of several carriers, holds at most half of a lane's limit.

use std::collections::HashMap;

use domain::id::AccountId;
use domain::limits::{CHUNK_RECIPIENTS_MAX, CHUNKS_IN_WORK_MAX, RECIPIENTS_IN_WORK_MAX};
use domain::message::Lane;
use domain::ports::ClaimRoom;
use domain::time::Timestamp;

/// Limit for single messages when there were no recent outcomes.
const SINGLES_MIN: usize = 256;

/// The limit for single messages is this many seconds of outcomes.
const SECONDS: usize = 4;

const BULK_MAX: usize = RECIPIENTS_IN_WORK_MAX / 2;

/// Chunks per claim; keeps the claim's transaction short.
const CLAIM_MAX: usize = 256;
const CLAIM_BULK_MAX: usize = 8;

/// The lane and account that in-flight work is counted for.
pub(super) type Holder = (Lane, Option<AccountId>);

#[derive(Debug, Default)]
pub(super) struct Admission {
    /// Recipients in flight, by lane and account.
    held: HashMap<Holder, usize>,
    /// In flight, by lane.
    recipients: [usize; 2],
    chunks: [usize; 2],
    /// Reserved for single messages that are being stored.
    reserved: usize,
    pace: Pace,
    /// Recipients of the last bulk chunk.
    bulk_size: usize,
}

/// Outcomes in this second and in the one before.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    second: i64,
    now: usize,
    before: usize,
}

impl Pace {
    fn turn(&mut self, now: Timestamp) {
        let second = now.as_millis() / 1_000;
        if second != self.second {
            self.before = if second == self.second + 1 { self.now } else { 0 };
            (self.second, self.now) = (second, 0);
        }
    }

    fn singles_max(&mut self, now: Timestamp) -> usize {
        self.turn(now);
        let paced = self.now.max(self.before).saturating_mul(SECONDS);
        paced.clamp(SINGLES_MIN, RECIPIENTS_IN_WORK_MAX - BULK_MAX)
    }
}

impl Admission {
    pub(super) fn begin(&mut self, holder: Holder, recipients: usize) {
        let lane = index(holder.0);
        self.chunks[lane] += 1;
        self.recipients[lane] += recipients;
        *self.held.entry(holder).or_default() += recipients;
        if holder.0 == Lane::Bulk {
            self.bulk_size = recipients;
        }
    }

    /// Counts the outcome of one recipient.
    pub(super) fn answer(&mut self, holder: Holder, now: Timestamp) {
        self.pace.turn(now);
        self.pace.now += 1;
        self.leave(holder, 1);
    }

    /// Removes a chunk; `open` of its recipients had no outcome.
    pub(super) fn end(&mut self, holder: Holder, open: usize) {
        let chunks = &mut self.chunks[index(holder.0)];
        *chunks = chunks.saturating_sub(1);
        self.leave(holder, open);
    }

    fn leave(&mut self, holder: Holder, recipients: usize) {
        let of_lane = &mut self.recipients[index(holder.0)];
        *of_lane = of_lane.saturating_sub(recipients);
        if let Some(held) = self.held.get_mut(&holder) {
            *held = held.saturating_sub(recipients);
            if *held == 0 {
                self.held.remove(&holder);
            }
        }
    }

    pub(super) const fn reserved(&self) -> usize {
        self.reserved
    }

    /// Reserves room for single messages; false when there is none.
    pub(super) fn reserve(&mut self, messages: usize, now: Timestamp) -> bool {
        let fits = messages <= self.singles(now);
        if fits {
            self.reserved += messages;
        }
        fits
    }

    pub(super) const fn give_back(&mut self, messages: usize) {
        self.reserved = self.reserved.saturating_sub(messages);
    }

    /// Room for single messages.
    fn singles(&mut self, now: Timestamp) -> usize {
        let chunks = self.chunks[0] + self.chunks[1] + self.reserved;
        let left = self.pace.singles_max(now).saturating_sub(self.recipients[0] + self.reserved);
        left.min(CHUNKS_IN_WORK_MAX.saturating_sub(chunks))
    }

    /// Room for bulk chunks of the last one's size.
    fn bulks(&self) -> usize {
        let left = BULK_MAX.saturating_sub(self.recipients[1]).div_ceil(self.bulk_size());
        left.min((CHUNKS_IN_WORK_MAX / 2).saturating_sub(self.chunks[1])).min(CLAIM_BULK_MAX)
    }

    fn bulk_size(&self) -> usize {
        match self.bulk_size {
            0 => usize::try_from(CHUNK_RECIPIENTS_MAX).unwrap_or(usize::MAX),
            known => known,
        }
    }

    /// Room for a claim, and how much of it is for single messages. One claim raises an account to
    /// its share at most, so that the next claim serves other accounts.
    pub(super) fn claimable(&mut self, now: Timestamp) -> (ClaimRoom, usize) {
        let singles = self.singles(now).min(self.step(Lane::Single, now)).min(CLAIM_MAX);
        let step = self.step(Lane::Bulk, now).div_ceil(self.bulk_size());
        let bulks = self.bulks().min(step);
        let full = self.held.keys().filter(|holder| self.is_full(**holder, now)).copied();
        let mut full: Vec<_> = full.collect();
        full.sort_unstable();
        let count = |chunks| u32::try_from(chunks).unwrap_or(u32::MAX);
        let (chunks, bulk) = (count(singles + bulks), count(bulks));
        (ClaimRoom { chunks, bulk, full, lacks_links: false }, singles)
    }

    /// Distance to the share, for the fullest account below it.
    fn step(&self, lane: Lane, now: Timestamp) -> usize {
        let share = self.share(lane, now);
        let of_lane = self.held.iter().filter(|((of, _), _)| *of == lane).map(|(_, held)| *held);
        share - of_lane.filter(|held| *held < share).max().unwrap_or(0)
    }

    fn is_full(&self, holder: Holder, now: Timestamp) -> bool {
        self.held.get(&holder).is_some_and(|held| *held >= self.share(holder.0, now))
    }

    /// Limit per account, or per carrier if there are several, within a lane.
    pub(super) fn share(&self, lane: Lane, now: Timestamp) -> usize {
        match lane {
            Lane::Single => {
                let mut pace = self.pace;
                pace.singles_max(now) / 2
            }
            Lane::Bulk => BULK_MAX / 2,
        }
    }
}

pub(super) const fn index(lane: Lane) -> usize {
    match lane {
        Lane::Single => 0,
        Lane::Bulk => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(10_000);
    const A: Option<AccountId> = Some(AccountId(1));
    const B: Option<AccountId> = Some(AccountId(2));

    fn later(seconds: u64) -> Timestamp {
        NOW.after(std::time::Duration::from_secs(seconds))
    }

    #[test]
    fn a_campaign_leaves_room_for_codes_and_for_other_campaigns() {
        let mut admission = Admission::default();
        let claim = |chunks, bulk, full| ClaimRoom { chunks, bulk, full, lacks_links: false };
        assert_eq!(admission.claimable(NOW).0, claim(131, 3, vec![]));
        for _ in 0..3 {
            admission.begin((Lane::Bulk, A), 1_000);
        }
        let full = vec![(Lane::Bulk, A)];
        assert_eq!(admission.claimable(NOW).0, claim(130, 2, full));
        for _ in 0..2 {
            admission.begin((Lane::Bulk, B), 1_000);
        }
        let (claim, singles) = admission.claimable(NOW);
        assert_eq!((claim.chunks, claim.bulk, singles), (128, 0, 128));
    }

    #[test]
    fn no_account_holds_more_than_half() {
        let mut admission = Admission::default();
        for _ in 0..127 {
            admission.begin((Lane::Single, A), 1);
        }
        assert_eq!((admission.claimable(NOW).0.full, admission.claimable(NOW).1), (vec![], 1));
        admission.begin((Lane::Single, A), 1);
        admission.begin((Lane::Single, B), 1);
        assert_eq!(admission.claimable(NOW).0.full, [(Lane::Single, A)]);
        assert_eq!(admission.claimable(NOW).1, 127);
        admission.answer((Lane::Single, A), NOW);
        assert_eq!(admission.claimable(NOW).0.full, []);
    }

    #[test]
    fn room_for_codes_follows_what_is_answered() {
        let mut admission = Admission::default();
        for _ in 0..500 {
            admission.begin((Lane::Single, A), 1);
            admission.answer((Lane::Single, A), NOW);
            admission.end((Lane::Single, A), 0);
        }
        assert_eq!(admission.singles(NOW), 2_000);
        assert_eq!(admission.singles(later(1)), 2_000);
        assert_eq!(admission.singles(later(3)), SINGLES_MIN);
    }

    #[test]
    fn promised_room_is_nobody_elses_until_it_is_given_back() {
        let mut admission = Admission::default();
        assert!(admission.reserve(200, NOW));
        assert!(!admission.reserve(57, NOW));
        assert_eq!(admission.claimable(NOW).1, 56);
        admission.give_back(200);
        assert_eq!(admission.claimable(NOW).1, 128);
    }

    #[test]
    fn small_bulk_chunks_are_claimed_more_at_a_time() {
        let mut admission = Admission::default();
        admission.begin((Lane::Bulk, A), 3);
        admission.end((Lane::Bulk, A), 3);
        assert_eq!(admission.bulks(), CLAIM_BULK_MAX);
        assert!(
            admission.held.is_empty()
                && admission.recipients == [0, 0]
                && admission.chunks == [0, 0]
        );
    }
}
