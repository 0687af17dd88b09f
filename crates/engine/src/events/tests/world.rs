//! A store, receivers and a clock for these tests. Time is tokio's, paused, so that hours take no time
//! and nothing depends on the machine.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::event::{Attempt, Target};
use domain::id::EventId;
use domain::ports::{
    Clock, Delivery, DeliveryOutcome, DeliveryResult, EventOwner, EventSearch, EventStore,
    EventsFound, Fetch, FetchError, FetchRequest, FetchResponse, FoundEvent, PortError, Replay,
    Snapshot,
};
use domain::sale::order::{OrderKind, OrderSnapshot, OrderState};
use domain::secret::Secret;
use domain::time::Timestamp;
use tokio::time::{Instant, sleep, timeout};
use url::Url;
use uuid::Uuid;

use crate::events::deliver::deliver;
use crate::events::{Context, Handoff, RenderEvent};

/// Rows by id; of an order only the first that has not ended is ever due.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) deliveries: Vec<Delivery>,
    pub(super) due_at: Vec<Timestamp>,
    pub(super) ended: Vec<Option<DeliveryOutcome>>,
    due: BTreeSet<(Timestamp, usize)>,
    of_orders: HashMap<String, VecDeque<usize>>,
    delivered: usize,
}

impl Rows {
    fn set_due(&mut self, at: usize, due: Timestamp) {
        self.due.remove(&(self.due_at[at], at));
        self.due_at[at] = due;
        self.due.insert((due, at));
    }

    fn end(&mut self, at: usize, outcome: DeliveryOutcome) {
        self.delivered += usize::from(matches!(outcome, DeliveryOutcome::Delivered(_)));
        assert!(self.ended[at].replace(outcome).is_none(), "ended twice");
        self.due.remove(&(self.due_at[at], at));
        let order = self.deliveries[at].snapshot.order().unwrap().order.clone();
        let line = self.of_orders.get_mut(&order).unwrap();
        assert_eq!(line.pop_front(), Some(at));
        if let Some(&next) = line.front() {
            self.due.insert((self.due_at[next], next));
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct TestStore {
    pub(super) rows: Mutex<Rows>,
    pub(super) is_down: AtomicBool,
    pub(super) claimed: AtomicUsize,
    pub(super) records: AtomicUsize,
}

#[async_trait]
impl EventStore for TestStore {
    async fn claim_deliveries(
        &self,
        _: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, PortError> {
        sleep(millis(2)).await;
        self.up()?;
        let rows = &mut *self.rows.lock().unwrap();
        let due: Vec<_> = rows.due.range(..=(now, usize::MAX)).map(|(_, at)| *at).collect();
        let claimed: Vec<_> = due.into_iter().take(limit as usize).collect();
        self.claimed.fetch_add(claimed.len(), Ordering::SeqCst);
        let mut deliveries = Vec::new();
        for at in claimed {
            rows.set_due(at, lease_until);
            deliveries.push(rows.deliveries[at].clone());
            rows.deliveries[at].attempts += 1;
        }
        Ok(deliveries)
    }

    async fn record_deliveries(
        &self,
        results: Vec<DeliveryResult>,
        _: Timestamp,
    ) -> Result<(), PortError> {
        sleep(millis(2)).await;
        self.up()?;
        self.records.fetch_add(1, Ordering::SeqCst);
        let rows = &mut *self.rows.lock().unwrap();
        for DeliveryResult { event, outcome } in results {
            let at = usize::try_from(event.0).unwrap();
            match outcome {
                DeliveryOutcome::RetryAt(due, _) => rows.set_due(at, due),
                DeliveryOutcome::PutOff(due) => {
                    rows.set_due(at, due);
                    rows.deliveries[at].attempts -= 1;
                }
                ended => rows.end(at, ended),
            }
        }
        Ok(())
    }

    async fn find_events(&self, _: EventSearch) -> Result<EventsFound, PortError> {
        Ok(EventsFound::default())
    }

    async fn event(&self, _: EventId) -> Result<Option<(FoundEvent, Vec<Attempt>)>, PortError> {
        Ok(None)
    }

    async fn replay_event(&self, _: EventId, _: Actor, _: Timestamp) -> Result<Replay, PortError> {
        Ok(Replay::NotFound)
    }
}

impl TestStore {
    fn up(&self) -> Result<(), PortError> {
        let is_down = self.is_down.load(Ordering::SeqCst);
        if is_down { Err(PortError::Unavailable("down".to_owned())) } else { Ok(()) }
    }

    /// Stores an event, due at `due`.
    fn add(&self, order: &str, host: &str, due: Timestamp, attempts: u32) -> Delivery {
        let rows = &mut *self.rows.lock().unwrap();
        let number = rows.deliveries.len();
        let id = i64::try_from(number).unwrap();
        let snapshot = OrderSnapshot {
            activation: None,
            order: order.to_owned(),
            kind: OrderKind::Send,
            state: OrderState::Working,
            paid: true,
            message: None,
            progress: None,
            reason: None,
            at: due,
        };
        let delivery = Delivery {
            id: EventId(id),
            event: Uuid::from_u128(number as u128),
            owner: EventOwner::Client(host.to_owned()),
            target: Target::Webhook {
                url: format!("http://{host}/{order}/{number}"),
                secret: Secret::new("whsec_AAAA"),
            },
            attempts: 0,
            snapshot: Snapshot::Order(snapshot),
            at: due,
            since: due,
        };
        rows.deliveries.push(Delivery { attempts, ..delivery.clone() });
        rows.due_at.push(due);
        rows.ended.push(None);
        let line = rows.of_orders.entry(order.to_owned()).or_default();
        line.push_back(number);
        if line.len() == 1 {
            rows.due.insert((due, number));
        }
        delivery
    }

    pub(super) fn delivered(&self) -> usize {
        self.rows.lock().unwrap().delivered
    }
}

/// How receivers respond to the n-th request of all: after how long, and what.
type Behaviour = dyn Fn(&Url, usize) -> (Duration, Result<u16, FetchError>) + Send + Sync;

pub(super) struct Receivers {
    behaviour: Box<Behaviour>,
    /// Path and status of each request, in the order of their ends; and those under way.
    ended: Mutex<Vec<(String, Option<u16>)>>,
    begun: AtomicUsize,
    under_way: Mutex<HashMap<String, usize>>,
}

impl std::fmt::Debug for Receivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receivers")
    }
}

#[async_trait]
impl Fetch for Receivers {
    fn check(&self, _: &Url) -> Result<(), FetchError> {
        Ok(())
    }

    fn address_of(&self, _: &Url) -> Option<IpAddr> {
        None
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        let order = request.url.path_segments().unwrap().next().unwrap().to_owned();
        let others = {
            let mut under_way = self.under_way.lock().unwrap();
            let others = under_way.entry(order.clone()).or_default();
            *others += 1;
            *others - 1
        };
        assert_eq!(others, 0, "two requests of one order at once");
        let (took, status) = (self.behaviour)(&request.url, number);
        let status = timeout(request.timeout, async {
            sleep(took).await;
            status
        })
        .await;
        let status = status.unwrap_or(Err(FetchError::TimedOut));
        *self.under_way.lock().unwrap().get_mut(&order).unwrap() -= 1;
        let path = request.url.path().to_owned();
        self.ended.lock().unwrap().push((path, status.clone().ok()));
        status.map(|status| FetchResponse {
            status,
            retry_after: None,
            location: None,
            body: bytes::Bytes::new(),
        })
    }
}

#[derive(Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_793_534_400_000).after(self.0.elapsed())
    }
}

#[derive(Debug)]
struct Plain;

impl RenderEvent for Plain {
    fn body(&self, _: &Snapshot) -> Vec<u8> {
        b"{}".to_vec()
    }

    fn parameters(&self, _: &Snapshot) -> Vec<(String, String)> {
        vec![("text".to_owned(), "a b&c".to_owned())]
    }
}

pub(super) struct World {
    pub(super) store: Arc<TestStore>,
    receivers: Arc<Receivers>,
    pub(super) context: Arc<Context>,
    pub(super) worker: tokio::task::JoinSet<()>,
}

impl World {
    pub(super) fn new(
        behaviour: impl Fn(&Url, usize) -> (Duration, Result<u16, FetchError>) + Send + Sync + 'static,
    ) -> Self {
        let store = Arc::<TestStore>::default();
        let receivers = Arc::new(Receivers {
            behaviour: Box::new(behaviour),
            ended: Mutex::default(),
            begun: AtomicUsize::default(),
            under_way: Mutex::default(),
        });
        let context = Arc::new(Context {
            store: store.clone(),
            fetch: receivers.clone(),
            clock: Arc::new(TokioClock(Instant::now())),
            render: Arc::new(Plain),
            handoff: Arc::new(Handoff::new("one".to_owned())),
            wake: Arc::default(),
            metrics: Arc::default(),
        });
        Self { store, receivers, context, worker: tokio::task::JoinSet::new() }
    }

    pub(super) fn start(&mut self) {
        let context = self.context.clone();
        self.worker.spawn(async move { deliver(&context).await });
    }

    /// Like a kill: the ends of requests under way are never seen.
    pub(super) async fn kill(&mut self) {
        self.worker.shutdown().await;
        self.receivers.under_way.lock().unwrap().clear();
    }

    pub(super) fn due(&self, order: &str, host: &str) -> Delivery {
        self.store.add(order, host, self.context.now(), 0)
    }

    pub(super) fn hand_over(&self, order: &str, host: &str) {
        let lease = self.context.handoff.lease(self.context.now()).expect("room");
        self.context.handoff.take(vec![self.store.add(order, host, lease.until, 1)]);
    }

    pub(super) fn calls(&self) -> Vec<(String, Option<u16>)> {
        self.receivers.ended.lock().unwrap().clone()
    }

    pub(super) async fn delivered(&self, events: usize, within: Duration) {
        let delivered = async {
            while self.store.delivered() < events {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let all = timeout(within, delivered).await;
        assert!(all.is_ok(), "{} of {events} within {within:?}", self.store.delivered());
    }
}

pub(super) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
