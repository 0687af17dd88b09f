//! Rate limiting by the generic cell rate algorithm (ITU-T I.371): one number per client, the time
//! at which its next request is due by its rate. A request may come early by the burst.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use domain::id::KeyId;

/// Clients in the table at a time, at some 64 bytes each. Only those of the last seconds matter; a
/// listener with more of them than this runs short of other things first.
const CLIENTS_MAX: usize = 100_000;

/// Shortest time between two sweeps, in nanoseconds: a sweep walks the whole table.
const SWEEP_GAP: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1; 0 counts as 1. (No limit is an absent rate; the command line makes no 0.)
    pub per_second: u32,
    /// Requests that may come at once after a silence, at least 1.
    pub burst: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    Key(KeyId),
    Address(IpAddr),
    /// An address that asks whether the process lives.
    Prober(IpAddr),
    /// All clients of unknown origin, and new ones while the table is full, as one client.
    Others,
}

/// Times are measured from an origin that the caller chooses.
#[derive(Debug)]
pub(super) struct RateLimiter {
    /// When the next request is due, in nanoseconds.
    due: DashMap<Client, u64>,
    clients_max: usize,
    next_sweep: AtomicU64,
}

impl RateLimiter {
    pub(super) fn new() -> Self {
        Self::of(CLIENTS_MAX)
    }

    fn of(clients_max: usize) -> Self {
        Self { due: DashMap::new(), clients_max, next_sweep: AtomicU64::new(0) }
    }

    /// Counts a request at `now`, or returns how long its client has to wait.
    pub(super) fn admit(&self, client: Client, rate: Rate, now: Duration) -> Result<(), Duration> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let gap = 1_000_000_000 / u64::from(rate.per_second.max(1));
        let slack = gap.saturating_mul(u64::from(rate.burst.max(1) - 1));
        let client = self.placed(client, now);
        let mut due = self.due.entry(client).or_insert(now);
        let early = due.saturating_sub(now);
        if early > slack {
            return Err(Duration::from_nanos(early - slack));
        }
        *due = (*due).max(now).saturating_add(gap);
        Ok(())
    }

    fn placed(&self, client: Client, now: u64) -> Client {
        if self.due.contains_key(&client) || self.due.len() < self.clients_max {
            return client;
        }
        self.sweep(now);
        if self.due.len() < self.clients_max { client } else { Client::Others }
    }

    /// Removes clients whose next request is due: a new client is treated the same.
    fn sweep(&self, now: u64) {
        let next = self.next_sweep.load(Ordering::Relaxed);
        let after = now.saturating_add(SWEEP_GAP);
        let mine =
            self.next_sweep.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed);
        if now >= next && mine.is_ok() {
            self.due.retain(|_, due| *due > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const TEN: Rate = Rate { per_second: 10, burst: 3 };

    const fn client(number: u32) -> Client {
        Client::Address(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    fn admitted(limiter: &RateLimiter, number: u32, times: u32, millis: u64) -> usize {
        let now = Duration::from_millis(millis);
        (0..times).filter(|_| limiter.admit(client(number), TEN, now).is_ok()).count()
    }

    #[test]
    fn admits_a_burst_and_then_the_rate() {
        let limiter = RateLimiter::new();
        assert_eq!(admitted(&limiter, 1, 10, 0), 3);
        assert_eq!(admitted(&limiter, 1, 10, 100), 1);
        assert_eq!(admitted(&limiter, 1, 10, 1_000), 3);
        let whole_second = (2_000..3_000).map(|millis| admitted(&limiter, 1, 5, millis));
        assert_eq!(whole_second.sum::<usize>(), 3 + 9);
    }

    #[test]
    fn says_how_long_to_wait() {
        let limiter = RateLimiter::new();
        admitted(&limiter, 1, 3, 0);
        let wait = limiter.admit(client(1), TEN, Duration::from_millis(40)).unwrap_err();
        assert_eq!(wait, Duration::from_millis(60));
        assert_eq!(limiter.admit(client(1), TEN, Duration::from_millis(100)), Ok(()));
    }

    #[test]
    fn clients_do_not_share() {
        let limiter = RateLimiter::new();
        assert_eq!(admitted(&limiter, 1, 5, 0), 3);
        assert_eq!(admitted(&limiter, 2, 5, 0), 3);
    }

    #[test]
    fn removes_idle_clients_and_counts_new_ones_together_when_full() {
        let limiter = RateLimiter::of(2);
        assert_eq!(admitted(&limiter, 1, 5, 0), 3);
        assert_eq!(admitted(&limiter, 2, 5, 0), 3);
        assert_eq!(admitted(&limiter, 3, 5, 0), 3);
        assert_eq!(admitted(&limiter, 4, 5, 0), 0, "the others are one client");
        assert_eq!(admitted(&limiter, 4, 5, 5_000), 3);
        assert!(limiter.due.len() <= 3);
    }
}
