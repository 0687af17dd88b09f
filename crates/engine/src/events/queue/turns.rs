//! Lines of waiting calls in the order of their turns: owners take turns, then the hosts of an owner, then
//! the receivers of a host.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use domain::ports::EventOwner;

/// Calls of one owner to one receiver that wait: either first attempts, or retries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::events) struct Line {
    pub(super) owner: Arc<EventOwner>,
    pub(super) host: Arc<str>,
    /// Host and port.
    pub(super) receiver: Arc<str>,
    pub(super) is_retry: bool,
}

impl Line {
    pub(in crate::events) fn receiver(&self) -> &str {
        &self.receiver
    }
}

/// A line is in it at most once.
#[derive(Debug, Default)]
pub(super) struct Turns(Ring<Arc<EventOwner>, Ring<Arc<str>, VecDeque<Line>>>);

impl Turns {
    pub(super) fn push(&mut self, line: Line) {
        self.0.entry(&line.owner).entry(&line.host).push_back(line);
    }

    /// The line whose turn it is. Owners for whom `skip` holds are passed over.
    pub(super) fn next(&mut self, skip: impl Fn(&EventOwner) -> bool) -> Option<Line> {
        for _ in 0..self.0.order.len() {
            let owner = self.0.order.pop_front()?;
            if skip(&owner) {
                self.0.order.push_back(owner);
                continue;
            }
            let hosts = self.0.of.get_mut(&owner)?;
            let host = hosts.order.pop_front()?;
            let lines = hosts.of.get_mut(&host)?;
            let line = lines.pop_front();
            let is_last = lines.is_empty();
            hosts.put_back(host, is_last);
            let is_last = hosts.order.is_empty();
            self.0.put_back(owner, is_last);
            return line;
        }
        None
    }

    /// Takes a line out of turn.
    pub(super) fn remove(&mut self, line: &Line) {
        let Some(hosts) = self.0.of.get_mut(&line.owner) else { return };
        let Some(lines) = hosts.of.get_mut(&line.host) else { return };
        lines.retain(|other| other != line);
        if lines.is_empty() {
            hosts.remove(&line.host);
        }
        if hosts.order.is_empty() {
            self.0.remove(&line.owner);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.order.is_empty()
    }
}

/// Keys in the order of their turns. Every key of the order has a value, and none else.
#[derive(Debug)]
struct Ring<K, V> {
    order: VecDeque<K>,
    of: HashMap<K, V>,
}

impl<K, V> Default for Ring<K, V> {
    fn default() -> Self {
        Self { order: VecDeque::new(), of: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Default> Ring<K, V> {
    /// A new key comes last.
    fn entry(&mut self, key: &K) -> &mut V {
        if !self.of.contains_key(key) {
            self.order.push_back(key.clone());
        }
        self.of.entry(key.clone()).or_default()
    }

    /// Ends the turn of a key that was taken out of the order.
    fn put_back(&mut self, key: K, is_done: bool) {
        if is_done {
            self.of.remove(&key);
        } else {
            self.order.push_back(key);
        }
    }

    fn remove(&mut self, key: &K) {
        self.of.remove(key);
        self.order.retain(|other| other != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(owner: &str, receiver: &str) -> Line {
        let host = receiver.split(':').next().unwrap_or_default();
        Line {
            owner: Arc::new(EventOwner::Client(owner.to_owned())),
            host: host.into(),
            receiver: receiver.into(),
            is_retry: false,
        }
    }

    fn all(turns: &mut Turns) -> Vec<String> {
        std::iter::from_fn(|| turns.next(|_| false)).map(|line| line.receiver.to_string()).collect()
    }

    #[test]
    fn owners_then_hosts_then_receivers_take_turns() {
        let mut turns = Turns::default();
        for receiver in ["a:1", "a:2", "a:3", "b:1"] {
            turns.push(line("one", receiver));
        }
        turns.push(line("two", "c:1"));
        assert_eq!(all(&mut turns), ["a:1", "c:1", "b:1", "a:2", "a:3"]);
        assert!(turns.is_empty() && turns.0.of.is_empty());
    }

    #[test]
    fn an_owner_is_skipped_and_a_line_removed() {
        let mut turns = Turns::default();
        turns.push(line("one", "a:1"));
        turns.push(line("two", "b:1"));
        turns.push(line("two", "b:2"));
        turns.remove(&line("two", "b:1"));
        let one = EventOwner::Client("one".to_owned());
        assert_eq!(turns.next(|owner| *owner == one), Some(line("two", "b:2")));
        assert_eq!(turns.next(|owner| *owner == one), None);
        turns.remove(&line("one", "a:1"));
        assert!(turns.is_empty() && turns.0.of.is_empty());
    }
}
