//! LND's channels, and how many payments they can hold. A channel's limit is part of its contract: 483 between two LNDs,
//! 50 with a peer that runs LDK.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{Channels, PortError};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::Rest;
use super::wire::int64;

/// The channels are requested no more often than this when the tip is.
const REFRESH: Duration = Duration::from_secs(5);

/// `GET /v1/channels`
#[derive(Debug, Deserialize)]
struct ChannelList {
    channels: Vec<Channel>,
}

#[derive(Debug, Deserialize)]
struct Channel {
    active: bool,
    #[serde(deserialize_with = "int64")]
    capacity: i64,
    #[serde(deserialize_with = "int64")]
    local_balance: i64,
    #[serde(deserialize_with = "int64")]
    remote_balance: i64,
    local_constraints: Constraints,
    #[serde(default)]
    remote_constraints: Option<Constraints>,
}

#[derive(Debug, Deserialize)]
struct Constraints {
    max_accepted_htlcs: u32,
}

impl Channel {
    /// The sides may have different limits. The smaller one is right whichever of them counts.
    fn slots(&self) -> u64 {
        let local = self.local_constraints.max_accepted_htlcs;
        let remote = self.remote_constraints.as_ref().map_or(local, |it| it.max_accepted_htlcs);
        local.min(remote).into()
    }
}

pub(super) async fn request(rest: &Rest) -> Result<Channels, PortError> {
    let ChannelList { channels } = rest.get("/v1/channels", &[]).await?;
    let mut sum = Channels::default();
    for channel in &channels {
        sum.count += 1;
        sum.capacity = add(sum.capacity, channel.capacity)?;
        if channel.active {
            sum.active += 1;
            sum.inbound = add(sum.inbound, channel.remote_balance)?;
            sum.outbound = add(sum.outbound, channel.local_balance)?;
            sum.slots = sum.slots.saturating_add(channel.slots());
        }
    }
    Ok(sum)
}

fn add(sum: Msat, sats: i64) -> Result<Msat, PortError> {
    let sum = Msat::from_sats(sats).and_then(|more| sum.checked_add(more));
    sum.ok_or_else(|| PortError::Unavailable("LND reports impossible balances".into()))
}

/// How many payments the node can hold, as it was known last.
#[derive(Debug)]
pub(super) struct Slots {
    /// Until the channels are known, and while none is active: what is sold then waits for payment.
    at_start: u64,
    now: AtomicU64,
    requested: Mutex<Requested>,
}

#[derive(Debug, Default)]
struct Requested {
    at: Option<Instant>,
    failed: bool,
}

impl Slots {
    pub(super) fn new(at_start: u64) -> Self {
        Self { at_start, now: AtomicU64::new(at_start), requested: Mutex::default() }
    }

    pub(super) fn get(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, channels: &Channels) {
        let slots = if channels.active == 0 { self.at_start } else { channels.slots };
        self.now.store(slots.max(1), Ordering::Relaxed);
    }

    /// Requests the channels, unless that was done recently. What is known stays if they cannot be read.
    pub(super) async fn refresh(&self, rest: &Rest) {
        let Ok(mut requested) = self.requested.try_lock() else { return };
        if requested.at.is_some_and(|at| at.elapsed() < REFRESH) {
            return;
        }
        let channels = request(rest).await;
        let failed = match &channels {
            Ok(channels) => {
                self.set(channels);
                false
            }
            Err(error) => {
                if !requested.failed {
                    let held_max = self.get();
                    tracing::warn!(%error, held_max,
                        "LND's channels cannot be read (offchain:read); the limit of held payments stays");
                }
                true
            }
        };
        *requested = Requested { at: Some(Instant::now()), failed };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(local: u32, remote: Option<u32>) -> Channel {
        let limit = |max| serde_json::json!({ "max_accepted_htlcs": max, "csv_delay": 144 });
        let mut channel = serde_json::json!({
            "active": true, "capacity": "1000000", "local_balance": "400000",
            "remote_balance": "590000",
            "local_constraints": limit(local),
        });
        if let Some(remote) = remote {
            channel["remote_constraints"] = limit(remote);
        }
        serde_json::from_value(channel).unwrap()
    }

    #[test]
    fn the_smaller_limit_of_a_channel_counts() {
        assert_eq!(channel(483, Some(50)).slots(), 50);
        assert_eq!(channel(50, Some(483)).slots(), 50);
        assert_eq!(channel(50, None).slots(), 50);
    }

    #[test]
    fn without_active_channels_the_start_value_counts() {
        let slots = Slots::new(483);
        assert_eq!(slots.get(), 483);
        let channels = Channels { count: 3, active: 2, slots: 100, ..Channels::default() };
        slots.set(&channels);
        assert_eq!(slots.get(), 100);
        slots.set(&Channels { active: 0, slots: 0, ..channels });
        assert_eq!(slots.get(), 483);
    }

    #[test]
    fn impossible_balances_are_an_error() {
        assert!(add(Msat::ZERO, i64::MAX).is_err());
        assert_eq!(add(Msat::new(1), 2).unwrap(), Msat::new(2_001));
    }
}
