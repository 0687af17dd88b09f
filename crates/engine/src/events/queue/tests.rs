//! The queue's bounds and turns, with deliveries that are numbers.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::time::Duration;

use super::enter::{PUT_OFF, PUT_OFF_MAX};
use super::pace::{SLOTS_MIN, WAITING_PER_SLOT};
use super::*;

const QUICKLY: Response = Response::After(Duration::from_millis(5));
const SLOWLY: Response = Response::After(Duration::from_secs(5));

fn to(owner: &str, receiver: &str) -> Destination {
    Destination {
        owner: EventOwner::Client(owner.to_owned()),
        host: receiver.split(':').next().unwrap().to_owned(),
        receiver: receiver.to_owned(),
        address: None,
        is_retry: false,
    }
}

/// A queue and the calls that it began.
struct Running {
    queue: Queue<usize>,
    calls: Vec<Call>,
    now: Instant,
}

impl Running {
    fn new() -> Self {
        Self { queue: Queue::default(), calls: Vec::new(), now: Instant::now() }
    }

    /// Of the owner whose name is the receiver's.
    fn of(deliveries: &[(&str, usize)]) -> Self {
        let mut running = Self::new();
        for (receiver, count) in deliveries {
            running.push(&to(receiver, receiver), 0..*count);
        }
        running
    }

    fn push(&mut self, to: &Destination, deliveries: Range<usize>) {
        deliveries.for_each(|delivery| self.queue.push_new(to, delivery).unwrap());
    }

    /// Begins what may begin; returns receivers and deliveries.
    fn begin(&mut self) -> Vec<(String, usize)> {
        let mut begun = Vec::new();
        while let Some((call, delivery)) = self.queue.begin(self.now) {
            begun.push((call.line.receiver.to_string(), delivery));
            self.calls.push(call);
        }
        begun
    }

    /// Ends the oldest call to a receiver.
    fn end(&mut self, receiver: &str, response: Response) {
        self.end_at(receiver, response, None);
    }

    fn end_at(&mut self, receiver: &str, response: Response, address: Option<Ipv4Addr>) {
        let at = self.calls.iter().position(|call| &*call.line.receiver == receiver).unwrap();
        let call = self.calls.remove(at);
        self.queue.end(&call, response, address.map(IpAddr::V4));
    }

    fn end_all(&mut self, response: Response) {
        std::mem::take(&mut self.calls)
            .iter()
            .for_each(|call| self.queue.end(call, response, None));
    }

    fn running(&self, receiver: &str) -> usize {
        self.calls.iter().filter(|call| call.line.receiver.starts_with(receiver)).count()
    }

    /// One call to each, which got this response.
    fn known(&mut self, receivers: &[&str], response: Response) {
        for receiver in receivers {
            self.push(&to(receiver, receiver), 0..1);
            self.begin();
            self.end(receiver, response);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }
}

#[test]
fn a_new_receiver_has_some_slots_and_owners_take_turns() {
    let mut running = Running::of(&[("a", 100), ("b", 2)]);
    let begun = running.begin();
    assert_eq!((running.running("a"), running.running("b")), (limits::WEBHOOKS_PER_NEW_HOST, 2));
    let first: Vec<_> =
        begun[..4].iter().map(|(receiver, delivery)| (receiver.as_str(), *delivery)).collect();
    assert_eq!(first, [("a", 0), ("b", 0), ("a", 1), ("b", 1)]);
}

#[test]
fn quick_responses_earn_half_of_all_places_and_no_more() {
    let mut running = Running::of(&[("a", 1_000)]);
    running.begin();
    for _ in 0..500 {
        running.end("a", QUICKLY);
        running.begin();
    }
    assert_eq!(running.running("a"), limits::WEBHOOKS_PER_HOST_MAX);
    running.push(&to("b", "b"), 0..1);
    assert_eq!(running.begin(), [("b".to_owned(), 0)]);
}

#[test]
fn slow_responses_leave_a_few_slots() {
    let mut running = Running::of(&[("a", 1_000)]);
    running.begin();
    for _ in 0..100 {
        running.end("a", SLOWLY);
        running.begin();
    }
    assert_eq!(running.running("a"), SLOTS_MIN);
}

#[test]
fn a_silent_receiver_has_few_slots_until_it_responds() {
    let mut running = Running::of(&[("a", 500)]);
    running.begin();
    while running.running("a") > limits::WEBHOOKS_PER_SILENT_HOST_MAX {
        running.end("a", Response::None);
        assert!(running.begin().len() <= 1);
    }
    running.end("a", Response::None);
    assert_eq!(running.begin().len(), 1);
    running.end("a", QUICKLY);
    assert!(running.begin().len() > 1);
}

#[test]
fn excess_deliveries_of_a_silent_receiver_are_put_off_longer_and_longer() {
    let mut running = Running::new();
    running.known(&["a"], Response::None);
    let queue = &mut running.queue;
    let waits: Vec<_> =
        (0..100_000).filter_map(|delivery| queue.push(&to("a", "a"), delivery).err()).collect();
    assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX);
    assert_eq!((waits[0].1, waits[99_000].1), (PUT_OFF, PUT_OFF_MAX));
    assert!(waits.windows(2).all(|pair| pair[0].1 <= pair[1].1));
}

#[test]
fn neither_receiver_nor_owner_takes_the_room_of_the_others() {
    let mut queue = Queue::default();
    let kept = (0..10_000).filter(|it| queue.push(&to("one", "a"), *it).is_ok()).count();
    assert_eq!(kept, limits::WEBHOOKS_PER_NEW_HOST * WAITING_PER_SLOT);
    while queue.push_new(&to("one", "a"), 0).is_ok() {}
    assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_PER_HOST_MAX);
    assert!(queue.push(&to("one", "b"), 0).is_err(), "the owner has enough");
    assert!(queue.push(&to("two", "b"), 0).is_ok());
}

#[test]
fn slow_and_new_receivers_leave_room_in_memory() {
    let mut running = Running::new();
    let slow: Vec<_> = (0..500).map(|number| format!("slow{number}")).collect();
    let names: Vec<_> = slow.iter().map(String::as_str).collect();
    running.known(&names, SLOWLY);
    let queue = &mut running.queue;
    for name in slow.iter().cycle().take(100_000) {
        let _ = queue.push(&to("attacker", name), 0);
    }
    assert_eq!(queue.len(), limits::WEBHOOKS_WAITING_TO_SLOW_HOSTS_MAX);
    for number in 0..100_000 {
        let _ = queue.push(&to(&format!("n{}", number % 7), &format!("new{number}")), 0);
    }
    let most = limits::WEBHOOKS_WAITING_TO_UNPROVEN_HOSTS_MAX;
    assert!(queue.len() <= most + 7 * limits::WEBHOOKS_WAITING_PER_OWNER_MIN, "{}", queue.len());
    assert!(queue.push(&to("stranger", "good"), 0).is_ok(), "who has little here is let in");
}

#[test]
fn many_ports_of_one_host_share_its_bound() {
    let mut running = Running::new();
    for port in 0..900 {
        running.push(&to("attacker", &format!("evil:{port}")), 0..1);
    }
    assert_eq!(running.begin().len(), limits::WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX);
    running.push(&to("good", "good:80"), 0..3);
    assert_eq!(running.begin().len(), 3);
    // All of them are begun in the end.
    let mut begun = 19;
    while !running.calls.is_empty() {
        running.end_all(Response::None);
        begun += running.begin().len();
    }
    assert_eq!((begun, running.queue.len()), (903, 0));
    assert!(running.queue.bounds.is_empty() && running.queue.owners.is_empty());
}

#[test]
fn names_of_one_address_share_its_bound_once_it_is_known() {
    let mut running = Running::new();
    let address = Ipv4Addr::new(192, 0, 2, 1);
    let names: Vec<_> = (0..100).map(|number| format!("n{number}.evil")).collect();
    names.iter().for_each(|name| running.push(&to("attacker", name), 0..3));
    running.begin();
    assert_eq!(running.calls.len(), limits::WEBHOOKS_PER_OWNER_MAX, "nothing is known yet");
    for _ in 0..300 {
        let Some(receiver) = running.calls.first().map(|call| call.line.receiver.to_string())
        else {
            break;
        };
        running.end_at(&receiver, SLOWLY, Some(address));
        running.begin();
    }
    let known = |name: &str| {
        let receiver = &running.queue.receivers[name];
        receiver.bound == Bound::Address(IpAddr::V4(address))
    };
    assert!(names.iter().all(|name| known(name)));
    for name in &names {
        let to = Destination { address: Some(IpAddr::V4(address)), ..to("attacker", name) };
        running.push(&to, 0..1);
    }
    assert_eq!(running.begin().len(), limits::WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX);
}

#[test]
fn networks_of_ipv6_count_as_one_address() {
    let of = |text: &str| Bound::of(&"a".into(), Some(text.parse().unwrap()));
    assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
}

#[test]
fn a_quick_receiver_is_not_held_back_by_slow_ones_at_its_address() {
    let mut running = Running::new();
    running.known(&["shared:80"], QUICKLY);
    for port in 1_000..1_900 {
        running.push(&to("attacker", &format!("shared:{port}")), 0..1);
    }
    running.begin();
    running.push(&to("good", "shared:80"), 0..5);
    assert_eq!(running.begin().len(), 5);
}

#[test]
fn slow_receivers_together_have_a_share_of_the_places() {
    let mut running = Running::new();
    let slow: Vec<_> = (0..200).map(|number| format!("slow{number}")).collect();
    let names: Vec<_> = slow.iter().map(String::as_str).collect();
    running.known(&names, SLOWLY);
    for (number, name) in slow.iter().enumerate() {
        running.push(&to(&format!("owner{}", number % 10), name), 0..4);
    }
    assert_eq!(running.begin().len(), limits::WEBHOOKS_TO_SLOW_HOSTS_MAX);
    running.push(&to("good", "new"), 0..1);
    assert_eq!(running.begin(), [("new".to_owned(), 0)]);
}

#[test]
fn receivers_that_do_not_respond_are_slow_before_their_calls_end() {
    let mut running = Running::new();
    let new: Vec<_> = (0..300).map(|number| format!("new{number}")).collect();
    for (number, name) in new.iter().enumerate() {
        running.push(&to(&format!("owner{}", number % 10), name), 0..4);
    }
    running.begin();
    let most = limits::WEBHOOKS_TO_UNPROVEN_HOSTS_MAX;
    assert_eq!(running.calls.len(), most, "places are left to quick receivers");
    running.pass(Duration::from_millis(1_500));
    assert_eq!(running.begin(), []);
    assert_eq!(running.queue.running[Class::Slow as usize], most);
    for call in running.calls.split_off(limits::WEBHOOKS_TO_SLOW_HOSTS_MAX) {
        running.queue.end(&call, Response::None, None);
    }
    let begun = running.begin();
    assert!(!begun.is_empty(), "receivers that were not called yet are new");
    let slow = running.queue.running[Class::Slow as usize];
    assert_eq!(slow, limits::WEBHOOKS_TO_SLOW_HOSTS_MAX);
}

#[test]
fn an_owner_has_half_of_the_places() {
    let mut running = Running::new();
    for number in 0..100 {
        running.push(&to("one", &format!("r{number}")), 0..8);
    }
    assert_eq!(running.begin().len(), limits::WEBHOOKS_PER_OWNER_MAX);
    running.push(&to("two", "other"), 0..1);
    assert_eq!(running.begin(), [("other".to_owned(), 0)]);
}

#[test]
fn retries_yield_to_first_attempts_and_are_begun_nevertheless() {
    let mut running = Running::new();
    running.known(&["a"], QUICKLY);
    let retry = Destination { is_retry: true, ..to("a", "a") };
    running.push(&retry, 0..10);
    running.push(&to("a", "a"), 100..130);
    let begun: Vec<_> = running.begin().into_iter().map(|(_, delivery)| delivery).collect();
    assert_eq!(begun.len(), 17);
    let retries = begun.iter().filter(|delivery| **delivery < 10).count();
    assert!((1..=3).contains(&retries), "{begun:?}");
}

#[test]
fn what_is_known_of_a_receiver_is_kept_within_a_bound() {
    let mut running = Running::new();
    running.known(&["quick"], QUICKLY);
    running.known(&["silent"], Response::None);
    running.known(&["unsent"], Response::NotSent);
    let mut known: Vec<_> = running.queue.receivers.keys().map(ToString::to_string).collect();
    known.sort();
    assert_eq!(known, ["quick", "silent"]);
    for number in 0..limits::WEBHOOK_RECEIVERS_REMEMBERED_MAX + 10 {
        running.known(&[&format!("r{number}")], QUICKLY);
    }
    let queue = &running.queue;
    assert!(queue.receivers.len() <= limits::WEBHOOK_RECEIVERS_REMEMBERED_MAX + 1);
    assert!(queue.owners.is_empty() && queue.bounds.is_empty() && queue.under_way.is_empty());
    assert_eq!(queue.len(), 0);
}
