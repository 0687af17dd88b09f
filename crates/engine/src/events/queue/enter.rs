//! Takes deliveries into memory, or says how long they have to wait in the store.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;

use super::pace::{Class, Pace};
use super::receiver::{Bound, Place, Receiver, Waiting};
use super::{Destination, Line, Queue};

/// Delay of a delivery for which there is no room here. It grows by as much for every
/// [`BACK_IN_PUT_OFF`] deliveries of the same receiver or owner that were put off before it.
pub(super) const PUT_OFF: Duration = Duration::from_secs(10);
const BACK_IN_PUT_OFF: u32 = 256;
pub(super) const PUT_OFF_MAX: Duration = Duration::from_secs(10 * 60);

impl<T> Queue<T> {
    /// Queues a claimed delivery, or returns how long it has to wait in the store.
    pub(in crate::events) fn push(
        &mut self,
        to: &Destination,
        delivery: T,
    ) -> Result<(), (T, Duration)> {
        self.enter(to, delivery, Pace::room)
    }

    /// The same for a delivery that was handed over.
    pub(in crate::events) fn push_new(
        &mut self,
        to: &Destination,
        delivery: T,
    ) -> Result<(), (T, Duration)> {
        self.enter(to, delivery, Pace::room_for_new)
    }

    fn enter(
        &mut self,
        to: &Destination,
        delivery: T,
        room: fn(&Pace) -> usize,
    ) -> Result<(), (T, Duration)> {
        let line = self.line(to);
        self.rebind(&line.receiver, to.address);
        let len = self.len();
        let (Some(receiver), Some(owner)) =
            (self.receivers.get_mut(&line.receiver), self.owners.get_mut(&line.owner))
        else {
            return Err((delivery, PUT_OFF));
        };
        let class = receiver.pace.class();
        let waiting = |class: Class| self.waiting[class as usize];
        let unproven = waiting(Class::New) + waiting(Class::Slow);
        let is_full = class.is_unproven()
            && (unproven >= limits::WEBHOOKS_WAITING_TO_UNPROVEN_HOSTS_MAX
                || class == Class::Slow
                    && waiting(Class::Slow) >= limits::WEBHOOKS_WAITING_TO_SLOW_HOSTS_MAX);
        let is_small = owner.waiting < limits::WEBHOOKS_WAITING_PER_OWNER_MIN
            && len < limits::WEBHOOKS_IN_MEMORY_MAX;
        if receiver.waiting >= room(&receiver.pace)
            || owner.waiting >= limits::WEBHOOKS_WAITING_PER_HOST_MAX
            || is_full && !is_small
        {
            let before = receiver.pace.put_off.max(owner.put_off);
            receiver.pace.put_off = receiver.pace.put_off.saturating_add(1);
            owner.put_off = owner.put_off.saturating_add(1);
            self.forget(&line);
            let wait = PUT_OFF + PUT_OFF * (before / BACK_IN_PUT_OFF);
            return Err((delivery, wait.min(PUT_OFF_MAX)));
        }
        receiver.waiting += 1;
        owner.waiting += 1;
        self.waiting[class as usize] += 1;
        let key = (line.owner.clone(), line.is_retry);
        if let Some(waiting) = receiver.lines.get_mut(&key) {
            waiting.calls.push_back(delivery);
        } else {
            let waiting = Waiting { calls: [delivery].into(), place: Place::InTurn };
            receiver.lines.insert(key, waiting);
            self.turns[class as usize][usize::from(line.is_retry)].push(line);
        }
        Ok(())
    }

    /// Its line, owner and receiver being known from now on.
    fn line(&mut self, to: &Destination) -> Line {
        let owner = match self.owners.get_key_value(&to.owner) {
            Some((owner, _)) => owner.clone(),
            None => Arc::new(to.owner.clone()),
        };
        self.owners.entry(owner.clone()).or_default();
        let (receiver, host) = match self.receivers.get_key_value(&*to.receiver) {
            Some((name, receiver)) => (name.clone(), receiver.host.clone()),
            None => (to.receiver.as_str().into(), to.host.as_str().into()),
        };
        let bound = || Receiver::new(host.clone(), Bound::of(&host, to.address));
        self.receivers.entry(receiver.clone()).or_insert_with(bound);
        Line { owner, host, receiver, is_retry: to.is_retry }
    }
}
