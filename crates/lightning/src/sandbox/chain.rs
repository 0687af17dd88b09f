//! The node's simulated blockchain. Heights only grow: a reorganisation would not change the decision of a node that has
//! already returned a payment.

use domain::sale::hold::{TIP_AGE_MAX, Tip};
use domain::time::Timestamp;

use super::options::Blocks;

/// A realistic height.
const FIRST_HEIGHT: u32 = 900_000;

const BLOCK_MILLIS: u64 = 10 * 60 * 1_000;

#[derive(Debug)]
pub(super) struct Chain {
    blocks: Blocks,
    started_at: Timestamp,
    /// Blocks mined by a test, in addition to those that follow the clock.
    mined: u32,
    last_mined_at: Timestamp,
    /// The highest height shown: a clock that is set back removes no block.
    height: u32,
    seen_at: Timestamp,
    stale: bool,
    synced: bool,
}

impl Chain {
    pub(super) const fn new(blocks: Blocks, started_at: Timestamp) -> Self {
        Self {
            blocks,
            started_at,
            mined: 0,
            last_mined_at: started_at,
            height: FIRST_HEIGHT,
            seen_at: started_at,
            stale: false,
            synced: true,
        }
    }

    pub(super) const fn mine(&mut self, blocks: u32, at: Timestamp) {
        self.mined = self.mined.saturating_add(blocks);
        self.last_mined_at = at;
        self.stale = false;
    }

    /// Marks the tip as stale until the next block.
    pub(super) const fn make_stale(&mut self) {
        self.stale = true;
    }

    pub(super) const fn set_synced(&mut self, synced: bool) {
        self.synced = synced;
    }

    pub(super) const fn height(&self) -> u32 {
        self.height
    }

    /// Advances the chain to `now` and returns its tip.
    pub(super) fn tip(&mut self, now: Timestamp) -> Tip {
        let (flowed, flowed_at) = match self.blocks {
            Blocks::Flow => self.flowed(now),
            Blocks::Mined => (0, self.started_at),
        };
        let height = FIRST_HEIGHT.saturating_add(flowed).saturating_add(self.mined);
        self.height = self.height.max(height);
        self.seen_at = flowed_at.max(self.last_mined_at);
        if self.stale {
            let age = TIP_AGE_MAX.as_millis() + 60_000;
            let age = i64::try_from(age).unwrap_or(i64::MAX);
            self.seen_at = Timestamp::from_millis(now.as_millis().saturating_sub(age));
        }
        Tip { height: self.height, synced: self.synced, seen_at: self.seen_at }
    }

    fn flowed(&self, now: Timestamp) -> (u32, Timestamp) {
        let elapsed = u64::try_from(now.since(self.started_at).as_millis()).unwrap_or(u64::MAX);
        let blocks = elapsed / BLOCK_MILLIS;
        let at = std::time::Duration::from_millis(blocks.saturating_mul(BLOCK_MILLIS));
        (u32::try_from(blocks).unwrap_or(u32::MAX), self.started_at.after(at))
    }
}
