//! What the node said last, for metrics.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::money::Msat;
use domain::ports::{Channels, HeldOrder};
use domain::sale::hold::Tip;
use domain::time::Timestamp;

use super::gauge;
use super::gauges::NodeGauges;
use super::orphans::OrphanCount;
use super::status::{NextDeadline, next_deadline};

#[derive(Debug, Default)]
pub(crate) struct LastNode(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    channels: Option<Channels>,
    orphans: OrphanCount,
}

impl LastNode {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_channels(&self, channels: Channels) {
        self.said().channels = Some(channels);
    }

    /// Whether that differs from before.
    pub(crate) fn set_orphans(&self, orphans: OrphanCount) -> bool {
        std::mem::replace(&mut self.said().orphans, orphans) != orphans
    }

    pub(super) fn show(&self, now: &NodeGauges, tip: Option<Tip>, at: Timestamp) {
        let said = self.said();
        if let Some(channels) = said.channels {
            now.channels.set(gauge(channels.count));
            now.active.set(gauge(channels.active));
            now.capacity_msat.set(channels.capacity.get());
            now.inbound_msat.set(channels.inbound.get());
            now.outbound_msat.set(channels.outbound.get());
            now.slots.set(gauge(channels.slots));
        }
        now.orphans.set(gauge(said.orphans.open + said.orphans.held));
        if let Some(tip) = tip {
            now.tip_height.set(i64::from(tip.height));
            now.tip_age_seconds.set(seconds(tip.seen_at, at));
        }
    }
}

pub(super) fn show_held(now: &NodeGauges, held: &[HeldOrder], tip: Option<Tip>, at: Timestamp) {
    let sum = Msat::checked_sum(held.iter().map(|held| held.held));
    now.held_msat.set(sum.map_or(i64::MAX, Msat::get));
    now.held_oldest_seconds.set(held.first().map_or(0, |oldest| seconds(oldest.since, at)));
    let left = |next: NextDeadline| Some(next.height.saturating_sub(tip?.height_at(at)));
    now.set_next_deadline(next_deadline(held).and_then(left));
}

fn seconds(since: Timestamp, at: Timestamp) -> i64 {
    i64::try_from(at.since(since).as_secs()).unwrap_or(i64::MAX)
}
