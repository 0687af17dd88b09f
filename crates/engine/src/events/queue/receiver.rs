//! What the queue knows of one receiver: a host and port. Two services on one machine are two receivers;
//! what bounds them together is their address.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use domain::ports::EventOwner;

use super::pace::Pace;
use super::turns::{Line, Turns};

/// What the unproven receivers of one machine have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Bound {
    Address(IpAddr),
    /// Its address is not known yet.
    Host(Arc<str>),
}

impl Bound {
    /// Whoever has an IPv6 address has its /64.
    pub(super) fn of(host: &Arc<str>, address: Option<IpAddr>) -> Self {
        match address {
            None => Self::Host(host.clone()),
            Some(IpAddr::V6(ip)) => {
                let network = ip.to_bits() >> 64 << 64;
                Self::Address(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
            Some(ip) => Self::Address(ip),
        }
    }
}

/// The unproven receivers of one [`Bound`].
#[derive(Debug, Default)]
pub(super) struct Unproven {
    pub(super) running: usize,
    /// Lines that wait for the end of one of its calls, first attempts and retries.
    pub(super) blocked: [Turns; 2],
}

impl Unproven {
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.blocked.iter().all(Turns::is_empty)
    }
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    InTurn,
    /// It waits for a slot of its receiver.
    AtReceiver,
    /// It waits for [`Unproven`].
    AtBound,
}

#[derive(Debug)]
pub(super) struct Waiting<T> {
    pub(super) calls: VecDeque<T>,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) struct Receiver<T> {
    pub(super) host: Arc<str>,
    pub(super) bound: Bound,
    pub(super) pace: Pace,
    /// The lines that are not empty, by owner and whether they are retries.
    pub(super) lines: HashMap<(Arc<EventOwner>, bool), Waiting<T>>,
    /// Owners whose lines wait for a slot, of first attempts and of retries.
    pub(super) blocked: [VecDeque<Arc<EventOwner>>; 2],
    pub(super) waiting: usize,
    pub(super) running: usize,
}

impl<T> Receiver<T> {
    pub(super) fn new(host: Arc<str>, bound: Bound) -> Self {
        Self {
            host,
            bound,
            pace: Pace::new(),
            lines: HashMap::new(),
            blocked: Default::default(),
            waiting: 0,
            running: 0,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0 && self.running == 0
    }

    pub(super) fn free_slots(&self) -> usize {
        self.pace.slots.saturating_sub(self.running)
    }

    pub(super) fn set_place(&mut self, line: &Line, place: Place) {
        if let Some(waiting) = self.lines.get_mut(&(line.owner.clone(), line.is_retry)) {
            waiting.place = place;
        }
    }

    /// The next call of a line, and whether it was the last.
    pub(super) fn take(&mut self, line: &Line) -> Option<(T, bool)> {
        let key = (line.owner.clone(), line.is_retry);
        let waiting = self.lines.get_mut(&key)?;
        let call = waiting.calls.pop_front()?;
        let is_last = waiting.calls.is_empty();
        if is_last {
            self.lines.remove(&key);
        }
        self.waiting -= 1;
        self.running += 1;
        Some((call, is_last))
    }
}
