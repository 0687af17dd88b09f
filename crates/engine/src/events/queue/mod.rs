//! Deliveries in memory, queued until they have a place. Whoever has many events, or receivers that do not
//! respond, must not delay the events of others. So calls take turns, and several bounds hold:
//!
//! | who | at a time | in memory |
//! |---|---|---|
//! | a receiver (host and port) | its slots, which follow its responses ([`pace`]) | some rounds of these |
//! | all slow and new receivers at one address | `WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX` | |
//! | an owner (account, or client without one) | `WEBHOOKS_PER_OWNER_MAX` | `WEBHOOKS_WAITING_PER_HOST_MAX` |
//! | all slow receivers | `WEBHOOKS_TO_SLOW_HOSTS_MAX` | `WEBHOOKS_WAITING_TO_SLOW_HOSTS_MAX` |
//! | all slow and new receivers | `WEBHOOKS_TO_UNPROVEN_HOSTS_MAX` | `WEBHOOKS_WAITING_TO_UNPROVEN_HOSTS_MAX` |
//! | all | `WEBHOOKS_IN_FLIGHT_MAX` | what is claimed and handed over |
//!
//! The turns of quick, new and slow receivers are apart, so that a class that has all of its places stops
//! no other. Within a class owners take turns, then their hosts, then the receivers of a host
//! ([`turns`]). First attempts precede retries, except at every eighth turn, so that retries begin under
//! any load. A line that cannot begin is put aside where it is blocked, and returns to its turn when a
//! place is free there: a turn costs the same however many wait.
//!
//! The address is known once a name was resolved; until then a name stands for it.

mod enter;
mod learn;
mod pace;
mod receiver;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use domain::limits;
use domain::ports::EventOwner;
use tokio::time::Instant;

use pace::{Class, QUICK};
use receiver::{Bound, Place, Receiver, Unproven};
use turns::Turns;

pub(super) use pace::Response;
pub(super) use turns::Line;

/// Every so many turns retries come first.
const RETRIES_EVERY: u64 = 8;

/// Whose delivery it is, and where it goes.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    pub(super) owner: EventOwner,
    pub(super) host: String,
    /// Host and port.
    pub(super) receiver: String,
    pub(super) address: Option<IpAddr>,
    pub(super) is_retry: bool,
}

/// A call that has a place until [`Queue::end`].
#[derive(Debug)]
pub(super) struct Call {
    number: u64,
    pub(super) line: Line,
}

/// What an owner has here.
#[derive(Debug, Default)]
struct Load {
    waiting: usize,
    running: usize,
    /// Deliveries put off since its last quick response.
    put_off: u32,
}

#[derive(Debug)]
pub(super) struct Queue<T> {
    receivers: HashMap<Arc<str>, Receiver<T>>,
    owners: HashMap<Arc<EventOwner>, Load>,
    bounds: HashMap<Bound, Unproven>,
    /// By class; of first attempts and of retries.
    turns: [[Turns; 2]; 3],
    turn: u64,
    /// Calls by the class of their receiver.
    waiting: [usize; 3],
    running: [usize; 3],
    /// When the calls began that are not late yet.
    under_way: BTreeMap<u64, (Instant, Arc<str>)>,
    calls: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            receivers: HashMap::new(),
            owners: HashMap::new(),
            bounds: HashMap::new(),
            turns: Default::default(),
            turn: 0,
            waiting: [0; 3],
            running: [0; 3],
            under_way: BTreeMap::new(),
            calls: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Deliveries in memory.
    pub(super) fn len(&self) -> usize {
        self.waiting.iter().chain(&self.running).sum()
    }

    /// The next delivery to begin. It has a place until [`Queue::end`].
    pub(super) fn begin(&mut self, now: Instant) -> Option<(Call, T)> {
        self.note_late(now);
        if self.running.iter().sum::<usize>() >= limits::WEBHOOKS_IN_FLIGHT_MAX {
            return None;
        }
        self.turn = self.turn.wrapping_add(1);
        let retries_first = self.turn.is_multiple_of(RETRIES_EVERY);
        let first_class = usize::try_from(self.turn % 3).unwrap_or(0);
        [retries_first, !retries_first].into_iter().find_map(|is_retry| {
            let classes = Class::ALL.iter().cycle().skip(first_class).take(3);
            classes.copied().find_map(|class| self.begin_of(class, is_retry, now))
        })
    }

    fn begin_of(&mut self, class: Class, is_retry: bool, now: Instant) -> Option<(Call, T)> {
        let (at, kind) = (class as usize, usize::from(is_retry));
        loop {
            if self.is_full(class) {
                return None;
            }
            let owners = &self.owners;
            let is_at_limit = |owner: &EventOwner| {
                let running = owners.get(owner).map_or(0, |load| load.running);
                running >= limits::WEBHOOKS_PER_OWNER_MAX
            };
            let line = self.turns[at][kind].next(is_at_limit)?;
            let receiver = self.receivers.get_mut(&line.receiver)?;
            if receiver.free_slots() == 0 {
                receiver.set_place(&line, Place::AtReceiver);
                receiver.blocked[kind].push_back(line.owner);
                continue;
            }
            if class.is_unproven() {
                let bound = self.bounds.entry(receiver.bound.clone()).or_default();
                if bound.running >= limits::WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX {
                    receiver.set_place(&line, Place::AtBound);
                    bound.blocked[kind].push(line);
                    continue;
                }
                bound.running += 1;
            }
            let (delivery, is_last) = receiver.take(&line)?;
            if !is_last {
                self.turns[at][kind].push(line.clone());
            }
            let owner = self.owners.get_mut(&line.owner)?;
            (owner.waiting, owner.running) = (owner.waiting - 1, owner.running + 1);
            self.waiting[at] -= 1;
            self.running[at] += 1;
            self.calls += 1;
            self.under_way.insert(self.calls, (now, line.receiver.clone()));
            return Some((Call { number: self.calls, line }, delivery));
        }
    }

    fn is_full(&self, class: Class) -> bool {
        let [_, new, slow] = self.running;
        class.is_unproven() && new + slow >= limits::WEBHOOKS_TO_UNPROVEN_HOSTS_MAX
            || class == Class::Slow && slow >= limits::WEBHOOKS_TO_SLOW_HOSTS_MAX
    }

    /// Receivers of calls without response so far are slow before these end.
    fn note_late(&mut self, now: Instant) {
        while let Some(first) = self.under_way.first_entry()
            && now > first.get().0 + QUICK
        {
            let (_, receiver) = first.remove();
            self.learn(&receiver, pace::Pace::note_late);
        }
    }

    pub(super) fn end(&mut self, call: &Call, response: Response, address: Option<IpAddr>) {
        let Call { number, line } = call;
        let was_late = self.under_way.remove(number).is_none();
        let Some(receiver) = self.receivers.get_mut(&line.receiver) else { return };
        let class = receiver.pace.class();
        receiver.running -= 1;
        self.running[class as usize] -= 1;
        if class.is_unproven()
            && let Some(bound) = self.bounds.get_mut(&receiver.bound)
        {
            bound.running -= 1;
        }
        if let Some(owner) = self.owners.get_mut(&line.owner) {
            owner.running -= 1;
            if matches!(response, Response::After(took) if took <= QUICK) {
                owner.put_off = 0;
            }
        }
        self.learn(&line.receiver, |pace| pace.learn(response, was_late));
        self.rebind(&line.receiver, address);
        self.unblock(&line.receiver);
        self.forget(line);
    }

    /// Removes what is idle. What is known of a receiver is kept, within a bound.
    fn forget(&mut self, line: &Line) {
        let full = self.receivers.len() > limits::WEBHOOK_RECEIVERS_REMEMBERED_MAX;
        if let Some(receiver) = self.receivers.get(&line.receiver)
            && receiver.is_idle()
            && (full || !receiver.pace.is_known())
        {
            self.receivers.remove(&line.receiver);
        }
        if self.owners.get(&line.owner).is_some_and(|load| load.waiting == 0 && load.running == 0) {
            self.owners.remove(&line.owner);
        }
    }

    /// Its last request got no response.
    pub(super) fn is_silent(&self, receiver: &str) -> bool {
        self.receivers.get(receiver).is_some_and(|receiver| receiver.pace.is_silent)
    }

    /// All waiting deliveries.
    pub(super) fn drain(&mut self) -> Vec<T> {
        self.waiting = [0; 3];
        self.turns = Default::default();
        let mut drained = Vec::new();
        for receiver in self.receivers.values_mut() {
            receiver.waiting = 0;
            receiver.blocked = Default::default();
            let lines = receiver.lines.drain();
            drained.extend(lines.flat_map(|(_, waiting)| waiting.calls));
        }
        self.owners.values_mut().for_each(|owner| owner.waiting = 0);
        self.bounds.values_mut().for_each(|bound| bound.blocked = Default::default());
        drained
    }
}
