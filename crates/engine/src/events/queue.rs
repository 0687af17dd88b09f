//! Calls in memory, by their receiver's host, which here is a name and a port: each host has its own
//! line, and hosts that have calls waiting and a place free take turns. How many places a host has
//! follows from how it answers:
//!
//! | the last call | places |
//! |---|---|
//! | none yet | some |
//! | was answered quickly | one more, up to half of all |
//! | was answered slowly | one less, down to a few |
//! | was not answered | next to none, until it answers again |

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::limits;

/// Slow is an answer that takes longer.
const QUICK: Duration = Duration::from_secs(1);

/// Places of a host that answers, but slowly.
const PLACES_MIN: usize = limits::WEBHOOKS_PER_NEW_HOST / 4;

const WAITING_PER_PLACE: usize = 64;

/// How long a call waits in the store that has no room here, and how much longer the more of its host
/// do: so many of them come back in that time.
const PUT_OFF: Duration = Duration::from_secs(10);
const BACK_IN_PUT_OFF: u32 = 256;
const PUT_OFF_MAX: Duration = Duration::from_secs(10 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    After(Duration),
    None,
    /// The call was not made.
    NotAsked,
}

#[derive(Debug)]
struct Host<T> {
    waiting: VecDeque<T>,
    running: usize,
    places: usize,
    silent: bool,
    /// Put off since it last answered.
    put_off: u32,
    /// Whether it stands in the line of hosts.
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
            places: limits::WEBHOOKS_PER_NEW_HOST,
            silent: false,
            put_off: 0,
            in_turn: false,
        }
    }

    /// How many of those in the store may wait here: some rounds of all its places.
    fn room(&self) -> usize {
        let rounds = self.places * WAITING_PER_PLACE;
        rounds.min(self.room_for_new())
    }

    /// How many of those may that are stored just now, and would have to be read again.
    const fn room_for_new(&self) -> usize {
        if self.silent {
            limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX
        } else {
            limits::WEBHOOKS_WAITING_PER_HOST_MAX
        }
    }

    fn may_begin(&self) -> bool {
        !self.waiting.is_empty() && self.running < self.places
    }

    fn learn(&mut self, answer: Answer) {
        match answer {
            Answer::NotAsked => return,
            Answer::None => {
                self.silent = true;
                self.places = limits::WEBHOOKS_PER_SILENT_HOST_MAX;
                return;
            }
            Answer::After(took) if took <= QUICK => {
                self.places = (self.places + 1).min(limits::WEBHOOKS_PER_HOST_MAX);
            }
            Answer::After(_) => self.places -= 1,
        }
        self.silent = false;
        self.put_off = 0;
        self.places = self.places.max(PLACES_MIN);
    }
}

impl<T> Queue<T> {
    /// Calls in memory.
    pub(super) const fn len(&self) -> usize {
        self.waiting + self.running
    }

    /// Puts a call from the store in its host's line, or says how long it has to wait there.
    pub(super) fn push(&mut self, name: &str, call: T) -> Result<(), (T, Duration)> {
        self.enter(name, call, Host::room)
    }

    /// The same for a call that was handed over.
    pub(super) fn push_new(&mut self, name: &str, call: T) -> Result<(), (T, Duration)> {
        self.enter(name, call, Host::room_for_new)
    }

    fn enter(
        &mut self,
        name: &str,
        call: T,
        room: fn(&Host<T>) -> usize,
    ) -> Result<(), (T, Duration)> {
        let known = self.hosts.get_key_value(name).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| name.into());
        let host = self.hosts.entry(name.clone()).or_insert_with(Host::new);
        if host.waiting.len() >= room(host) {
            let wait = PUT_OFF + PUT_OFF * (host.put_off / BACK_IN_PUT_OFF);
            host.put_off = host.put_off.saturating_add(1);
            return Err((call, wait.min(PUT_OFF_MAX)));
        }
        host.waiting.push_back(call);
        self.waiting += 1;
        self.line_up(&name);
        Ok(())
    }

    /// The next call to begin. It takes a place until [`Queue::end`].
    pub(super) fn begin(&mut self) -> Option<(Arc<str>, T)> {
        if self.running >= limits::WEBHOOKS_IN_FLIGHT_MAX {
            return None;
        }
        let name = self.turns.pop_front()?;
        let host = self.hosts.get_mut(&name)?;
        host.in_turn = false;
        let call = host.waiting.pop_front()?;
        host.running += 1;
        self.waiting -= 1;
        self.running += 1;
        self.line_up(&name);
        Some((name, call))
    }

    pub(super) fn end(&mut self, name: &Arc<str>, answer: Answer) {
        let full = self.hosts.len() > limits::WEBHOOK_SILENT_HOSTS_MAX;
        let Some(host) = self.hosts.get_mut(name) else { return };
        host.running -= 1;
        self.running -= 1;
        host.learn(answer);
        if host.running == 0 && host.waiting.is_empty() && (full || !host.silent) {
            self.hosts.remove(name);
        } else {
            self.line_up(name);
        }
    }

    /// Its last call was not answered.
    pub(super) fn is_silent(&self, name: &str) -> bool {
        self.hosts.get(name).is_some_and(|host| host.silent)
    }

    /// Everything that waits.
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

    fn line_up(&mut self, name: &Arc<str>) {
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

    const QUICKLY: Answer = Answer::After(Duration::from_millis(5));

    fn filled(calls: &[(&str, usize)]) -> Queue<usize> {
        let mut queue = Queue::default();
        for (host, count) in calls {
            (0..*count).for_each(|call| queue.push(host, call).unwrap());
        }
        queue
    }

    fn begun(queue: &mut Queue<usize>) -> Vec<(Arc<str>, usize)> {
        std::iter::from_fn(|| queue.begin()).collect()
    }

    #[test]
    fn a_new_host_has_some_places_and_hosts_take_turns() {
        let mut queue = filled(&[("a", 100), ("b", 2)]);
        let begun = begun(&mut queue);
        let of = |name: &str| begun.iter().filter(|(host, _)| &**host == name).count();
        assert_eq!((of("a"), of("b")), (limits::WEBHOOKS_PER_NEW_HOST, 2));
        let first: Vec<_> = begun[..4].iter().map(|(host, call)| (&**host, *call)).collect();
        assert_eq!(first, [("a", 0), ("b", 0), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn quick_answers_earn_half_of_all_places_and_no_more() {
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
    fn slow_answers_leave_a_few_places() {
        let mut queue = filled(&[("a", 1_000)]);
        let mut running = begun(&mut queue).len();
        for _ in 0..100 {
            queue.end(&"a".into(), Answer::After(Duration::from_secs(5)));
            running = running - 1 + begun(&mut queue).len();
        }
        assert_eq!(running, PLACES_MIN);
    }

    #[test]
    fn a_silent_host_takes_few_until_it_answers() {
        let mut queue = filled(&[("a", 500)]);
        let mut running = begun(&mut queue).len();
        while running > limits::WEBHOOKS_PER_SILENT_HOST_MAX {
            queue.end(&"a".into(), Answer::None);
            running -= 1;
            assert!(begun(&mut queue).len() <= 1);
        }
        queue.end(&"a".into(), Answer::None);
        assert_eq!(begun(&mut queue).len(), 1);
        queue.end(&"a".into(), QUICKLY);
        assert!(begun(&mut queue).len() > 1);
    }

    #[test]
    fn what_a_silent_host_has_too_much_of_comes_back_later_and_later() {
        let mut queue = filled(&[("a", 1)]);
        let (host, _) = queue.begin().unwrap();
        queue.end(&host, Answer::None);
        let waits: Vec<_> = (0..100_000).filter_map(|call| queue.push("a", call).err()).collect();
        assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX);
        assert_eq!((waits[0].1, waits[99_000].1), (PUT_OFF, PUT_OFF_MAX));
        assert!(waits.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    }

    #[test]
    fn no_host_fills_the_memory_of_the_others() {
        let mut queue = Queue::default();
        let kept = (0..100_000).filter(|call| queue.push("a", *call).is_ok()).count();
        assert_eq!(kept, limits::WEBHOOKS_PER_NEW_HOST * WAITING_PER_PLACE);
        while queue.push_new("a", 0).is_ok() {}
        assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_HOST_MAX);
        assert!(queue.push("b", 0).is_ok());
    }

    #[test]
    fn what_is_idle_and_well_is_forgotten() {
        let mut queue = filled(&[("a", 1)]);
        let (host, _) = queue.begin().unwrap();
        queue.end(&host, QUICKLY);
        assert!(queue.hosts.is_empty() && queue.turns.is_empty());
        assert_eq!((queue.len(), queue.running), (0, 0));
    }
}
