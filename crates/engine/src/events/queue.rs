//! Deliveries in memory, queued by receiver. A receiver is a host and port. Receivers with waiting
//! deliveries and a free slot take turns (round robin). The number of a receiver's slots, i.e. of its
//! concurrent requests, follows its responses:
//!
//! | the last request | slots |
//! |---|---|
//! | none yet | some |
//! | got a quick response | one more, up to half of all |
//! | got a slow response | one less, down to a few |
//! | got no response | next to none, until a request gets a response |

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::limits;

/// A response that takes longer is slow.
const QUICK: Duration = Duration::from_secs(1);

/// Slots of a host whose responses are slow.
const SLOTS_MIN: usize = limits::WEBHOOKS_PER_NEW_HOST / 4;

const WAITING_PER_SLOT: usize = 64;

/// Delay of a delivery for which there is no room here. It grows by as much for every
/// [`BACK_IN_PUT_OFF`] deliveries of the same host that were put off before it.
const PUT_OFF: Duration = Duration::from_secs(10);
const BACK_IN_PUT_OFF: u32 = 256;
const PUT_OFF_MAX: Duration = Duration::from_secs(10 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    After(Duration),
    None,
    /// No request was sent.
    NotSent,
}

#[derive(Debug)]
struct Host<T> {
    waiting: VecDeque<T>,
    running: usize,
    slots: usize,
    silent: bool,
    /// Deliveries put off since its last response.
    put_off: u32,
    /// Whether it is in the round robin.
    in_turn: bool,
}

#[derive(Debug)]
pub(super) struct Queue<T> {
    hosts: HashMap<Arc<str>, Host<T>>,
    turns: VecDeque<Arc<str>>,
    waiting: usize,
    running: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { hosts: HashMap::new(), turns: VecDeque::new(), waiting: 0, running: 0 }
    }
}

impl<T> Host<T> {
    const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            running: 0,
            slots: limits::WEBHOOKS_PER_NEW_HOST,
            silent: false,
            put_off: 0,
            in_turn: false,
        }
    }

    /// How many claimed deliveries may wait here: some rounds of all its slots.
    fn room(&self) -> usize {
        let rounds = self.slots * WAITING_PER_SLOT;
        rounds.min(self.room_for_new())
    }

    /// How many new deliveries may wait here: more, because they would have to be read again.
    const fn room_for_new(&self) -> usize {
        if self.silent {
            limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX
        } else {
            limits::WEBHOOKS_WAITING_PER_HOST_MAX
        }
    }

    fn may_begin(&self) -> bool {
        !self.waiting.is_empty() && self.running < self.slots
    }

    fn learn(&mut self, response: Response) {
        match response {
            Response::NotSent => return,
            Response::None => {
                self.silent = true;
                self.slots = limits::WEBHOOKS_PER_SILENT_HOST_MAX;
                return;
            }
            Response::After(took) if took <= QUICK => {
                self.slots = (self.slots + 1).min(limits::WEBHOOKS_PER_HOST_MAX);
            }
            Response::After(_) => self.slots -= 1,
        }
        self.silent = false;
        self.put_off = 0;
        self.slots = self.slots.max(SLOTS_MIN);
    }
}

impl<T> Queue<T> {
    /// Deliveries in memory.
    pub(super) const fn len(&self) -> usize {
        self.waiting + self.running
    }

    /// Queues a claimed delivery, or returns how long it has to wait in the store.
    pub(super) fn push(&mut self, name: &str, delivery: T) -> Result<(), (T, Duration)> {
        self.enter(name, delivery, Host::room)
    }

    /// The same for a delivery that was handed over.
    pub(super) fn push_new(&mut self, name: &str, delivery: T) -> Result<(), (T, Duration)> {
        self.enter(name, delivery, Host::room_for_new)
    }

    fn enter(
        &mut self,
        name: &str,
        delivery: T,
        room: fn(&Host<T>) -> usize,
    ) -> Result<(), (T, Duration)> {
        let known = self.hosts.get_key_value(name).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| name.into());
        let host = self.hosts.entry(name.clone()).or_insert_with(Host::new);
        if host.waiting.len() >= room(host) {
            let wait = PUT_OFF + PUT_OFF * (host.put_off / BACK_IN_PUT_OFF);
            host.put_off = host.put_off.saturating_add(1);
            return Err((delivery, wait.min(PUT_OFF_MAX)));
        }
        host.waiting.push_back(delivery);
        self.waiting += 1;
        self.enqueue_host(&name);
        Ok(())
    }

    /// The next delivery to begin. It takes a slot until [`Queue::end`].
    pub(super) fn begin(&mut self) -> Option<(Arc<str>, T)> {
        if self.running >= limits::WEBHOOKS_IN_FLIGHT_MAX {
            return None;
        }
        let name = self.turns.pop_front()?;
        let host = self.hosts.get_mut(&name)?;
        host.in_turn = false;
        let delivery = host.waiting.pop_front()?;
        host.running += 1;
        self.waiting -= 1;
        self.running += 1;
        self.enqueue_host(&name);
        Some((name, delivery))
    }

    pub(super) fn end(&mut self, name: &Arc<str>, response: Response) {
        let full = self.hosts.len() > limits::WEBHOOK_SILENT_HOSTS_MAX;
        let Some(host) = self.hosts.get_mut(name) else { return };
        host.running -= 1;
        self.running -= 1;
        host.learn(response);
        if host.running == 0 && host.waiting.is_empty() && (full || !host.silent) {
            self.hosts.remove(name);
        } else {
            self.enqueue_host(name);
        }
    }

    /// Its last request got no response.
    pub(super) fn is_silent(&self, name: &str) -> bool {
        self.hosts.get(name).is_some_and(|host| host.silent)
    }

    /// All waiting deliveries.
    pub(super) fn drain(&mut self) -> Vec<T> {
        self.waiting = 0;
        self.turns.clear();
        let mut drained = Vec::new();
        for host in self.hosts.values_mut() {
            host.in_turn = false;
            drained.extend(host.waiting.drain(..));
        }
        drained
    }

    fn enqueue_host(&mut self, name: &Arc<str>) {
        if let Some(host) = self.hosts.get_mut(name)
            && !host.in_turn
            && host.may_begin()
        {
            host.in_turn = true;
            self.turns.push_back(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICKLY: Response = Response::After(Duration::from_millis(5));

    fn filled(deliveries: &[(&str, usize)]) -> Queue<usize> {
        let mut queue = Queue::default();
        for (host, count) in deliveries {
            (0..*count).for_each(|delivery| queue.push(host, delivery).unwrap());
        }
        queue
    }

    fn begun(queue: &mut Queue<usize>) -> Vec<(Arc<str>, usize)> {
        std::iter::from_fn(|| queue.begin()).collect()
    }

    #[test]
    fn a_new_host_has_some_slots_and_hosts_take_turns() {
        let mut queue = filled(&[("a", 100), ("b", 2)]);
        let begun = begun(&mut queue);
        let of = |name: &str| begun.iter().filter(|(host, _)| &**host == name).count();
        assert_eq!((of("a"), of("b")), (limits::WEBHOOKS_PER_NEW_HOST, 2));
        let first: Vec<_> =
            begun[..4].iter().map(|(host, delivery)| (&**host, *delivery)).collect();
        assert_eq!(first, [("a", 0), ("b", 0), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn quick_responses_earn_half_of_all_slots_and_no_more() {
        let mut queue = filled(&[("a", 1_000)]);
        let mut running = begun(&mut queue).len();
        for _ in 0..500 {
            queue.end(&"a".into(), QUICKLY);
            running = running - 1 + begun(&mut queue).len();
        }
        assert_eq!(running, limits::WEBHOOKS_PER_HOST_MAX);
        assert!(queue.push("b", 0).is_ok());
        assert_eq!(begun(&mut queue), [("b".into(), 0)]);
    }

    #[test]
    fn slow_responses_leave_a_few_slots() {
        let mut queue = filled(&[("a", 1_000)]);
        let mut running = begun(&mut queue).len();
        for _ in 0..100 {
            queue.end(&"a".into(), Response::After(Duration::from_secs(5)));
            running = running - 1 + begun(&mut queue).len();
        }
        assert_eq!(running, SLOTS_MIN);
    }

    #[test]
    fn a_silent_host_has_few_slots_until_it_responds() {
        let mut queue = filled(&[("a", 500)]);
        let mut running = begun(&mut queue).len();
        while running > limits::WEBHOOKS_PER_SILENT_HOST_MAX {
            queue.end(&"a".into(), Response::None);
            running -= 1;
            assert!(begun(&mut queue).len() <= 1);
        }
        queue.end(&"a".into(), Response::None);
        assert_eq!(begun(&mut queue).len(), 1);
        queue.end(&"a".into(), QUICKLY);
        assert!(begun(&mut queue).len() > 1);
    }

    #[test]
    fn excess_deliveries_of_a_silent_host_are_put_off_longer_and_longer() {
        let mut queue = filled(&[("a", 1)]);
        let (host, _) = queue.begin().unwrap();
        queue.end(&host, Response::None);
        let waits: Vec<_> =
            (0..100_000).filter_map(|delivery| queue.push("a", delivery).err()).collect();
        assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX);
        assert_eq!((waits[0].1, waits[99_000].1), (PUT_OFF, PUT_OFF_MAX));
        assert!(waits.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    }

    #[test]
    fn no_host_takes_the_room_of_the_others() {
        let mut queue = Queue::default();
        let kept = (0..100_000).filter(|delivery| queue.push("a", *delivery).is_ok()).count();
        assert_eq!(kept, limits::WEBHOOKS_PER_NEW_HOST * WAITING_PER_SLOT);
        while queue.push_new("a", 0).is_ok() {}
        assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_HOST_MAX);
        assert!(queue.push("b", 0).is_ok());
    }

    #[test]
    fn an_idle_host_that_responds_is_dropped() {
        let mut queue = filled(&[("a", 1)]);
        let (host, _) = queue.begin().unwrap();
        queue.end(&host, QUICKLY);
        assert!(queue.hosts.is_empty() && queue.turns.is_empty());
        assert_eq!((queue.len(), queue.running), (0, 0));
    }
}
