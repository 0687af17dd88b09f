//! Tells webhooks that an order ended which nobody paid: one call each, without retries, and without a
//! row. Such orders cost their caller nothing, so calls are bounded by caller and host; what is over a
//! bound, or under way when the process dies, is not told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limits;
use domain::ports::{Clock, Fetch, FetchMethod, FetchRequest, Random, Snapshot, UnpaidEnd};
use domain::sale::client::LOCAL_CLIENT;
use url::{Position, Url};

use super::{RenderEvent, sign};
use crate::ids::uuid_v7;
use crate::tasks::Tasks;

const MINUTE_MILLIS: i64 = 60_000;

#[derive(Debug)]
pub(crate) struct UnpaidEnds {
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) render: Arc<dyn RenderEvent>,
    pub(crate) tasks: Tasks,
    pub(crate) under_way: Mutex<UnderWay>,
}

/// Counts of calls. Bounded by the calls of one minute, of which each client and host has a part.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    in_flight: HashMap<String, u32>,
    in_flight_by_client: HashMap<String, u32>,
    minute: i64,
    begun_by_client: HashMap<String, u32>,
    begun_by_host: HashMap<String, u32>,
}

impl UnderWay {
    /// Counts a call, or refuses it.
    fn begin(&mut self, client: &str, host: &str, now_millis: i64) -> bool {
        let minute = now_millis / MINUTE_MILLIS;
        if minute != self.minute {
            self.minute = minute;
            self.begun_by_client.clear();
            self.begun_by_host.clear();
        }
        let total: u32 = self.in_flight.values().sum();
        let to_host = self.in_flight.get(host).copied().unwrap_or_default();
        let begun = |begun: &HashMap<String, u32>, key: &str| begun.get(key).copied().unwrap_or(0);
        let is_local = client == LOCAL_CLIENT;
        let of_client = begun(&self.in_flight_by_client, client);
        if total >= limits::UNPAID_ENDS_IN_FLIGHT_MAX
            || to_host >= limits::UNPAID_ENDS_PER_HOST_IN_FLIGHT_MAX
            || begun(&self.begun_by_host, host) >= limits::UNPAID_ENDS_PER_MINUTE_MAX
            || !is_local
                && (of_client >= limits::UNPAID_ENDS_PER_CLIENT_IN_FLIGHT_MAX
                    || begun(&self.begun_by_client, client) >= limits::UNPAID_ENDS_PER_MINUTE_MAX)
        {
            return false;
        }
        for (counts, key) in [
            (&mut self.in_flight, host),
            (&mut self.in_flight_by_client, client),
            (&mut self.begun_by_host, host),
            (&mut self.begun_by_client, client),
        ] {
            *counts.entry(key.to_owned()).or_default() += 1;
        }
        true
    }

    fn end(&mut self, client: &str, host: &str) {
        for (counts, key) in [(&mut self.in_flight, host), (&mut self.in_flight_by_client, client)]
        {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
    }
}

impl UnpaidEnds {
    /// Begins the call, if the bounds allow one.
    pub(crate) fn tell(self: &Arc<Self>, end: UnpaidEnd) {
        let Ok(url) = Url::parse(&end.url) else { return };
        let host = url[Position::BeforeHost..Position::AfterHost].to_owned();
        if !self.under_way().begin(&end.client, &host, self.clock.now().as_millis()) {
            tracing::debug!("the end of an unpaid order is not told: too many calls");
            return;
        }
        let ends = self.clone();
        self.tasks.spawn(async move {
            // Counted to its end, also when the call panics.
            let client = end.client.clone();
            let _counted = Counted { ends: &ends, client: &client, host: &host };
            ends.call(url, end).await;
        });
    }

    async fn call(&self, url: Url, end: UnpaidEnd) {
        let now = self.clock.now();
        let body = self.render.body(&Snapshot::Order(end.snapshot));
        let id = format!("msg_{}", uuid_v7(&*self.random, now).simple());
        let timestamp = now.as_secs();
        let Some(signature) = sign(&end.secret, &id, timestamp, &body) else { return };
        let request = FetchRequest {
            url,
            method: FetchMethod::Post(body.into()),
            headers: vec![
                ("webhook-id", id),
                ("webhook-timestamp", timestamp.to_string()),
                ("webhook-signature", signature),
            ],
            timeout: limits::WEBHOOK_TIMEOUT,
            body_bytes_max: limits::WEBHOOK_ANSWER_BYTES_MAX,
        };
        if let Err(error) = self.fetch.fetch(request).await {
            tracing::debug!(%error, "the end of an unpaid order could not be told");
        }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way.
struct Counted<'a> {
    ends: &'a UnpaidEnds,
    client: &'a str,
    host: &'a str,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.ends.under_way().end(self.client, self.host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_two_calls_at_a_time() {
        let mut under_way = UnderWay::default();
        assert!(under_way.begin("net:1", "a.example", 0));
        assert!(under_way.begin("net:2", "a.example", 0));
        assert!(!under_way.begin("net:3", "a.example", 0));
        assert!(under_way.begin("net:3", "b.example", 0));
        under_way.end("net:1", "a.example");
        assert!(under_way.begin("net:3", "a.example", 0));
    }

    #[test]
    fn a_client_and_a_host_have_so_many_calls_a_minute() {
        let mut under_way = UnderWay::default();
        let mut count = |client: &str, host: &str, millis| {
            let begun = |_: &u32| {
                let begun = under_way.begin(client, host, millis);
                under_way.end(client, host);
                begun
            };
            (0..150).filter(begun).count()
        };
        assert_eq!(count("net:1", "a.example", 0), 100);
        assert_eq!(count("net:1", "b.example", 59_999), 0, "the client has had its share");
        assert_eq!(count("net:2", "a.example", 59_999), 0, "so has the host");
        assert_eq!(count("net:2", "b.example", 59_999), 100);
        assert_eq!(count("net:1", "a.example", 60_000), 100, "a minute later");
        assert_eq!(count(LOCAL_CLIENT, "c.example", 60_000), 100);
        assert_eq!(count(LOCAL_CLIENT, "d.example", 60_000), 100, "only hosts bound this machine");
    }

    #[test]
    fn one_client_has_four_calls_at_a_time_and_leaves_the_rest_to_others() {
        let mut under_way = UnderWay::default();
        let mut begun = |client: &str| {
            let begin = |number: &u32| under_way.begin(client, &format!("{client}{number}"), 0);
            (0..32).filter(begin).count()
        };
        assert_eq!((begun("net:1"), begun("net:2"), begun("key-1")), (4, 4, 4));
        under_way.end("net:1", "net:10");
        assert!(under_way.begin("net:1", "another.example", 0));
        assert!(!under_way.begin("net:1", "third.example", 0));
    }

    #[test]
    fn all_hosts_together_have_so_many_calls_at_a_time() {
        let mut under_way = UnderWay::default();
        let begun = |number: &u32| {
            under_way.begin(&format!("net:{number}"), &format!("{number}.example"), 0)
        };
        assert_eq!((0..100).filter(begun).count(), 32);
    }
}
