//! Texts by SMPP, to a carrier's message centre.
//!
//! ```text
//! submit ── cut into parts ──> queue ──> session 1 ──> outcomes, receipts ──> inbox
//!                                  └───> session 2 …
//! ```
//!
//! Sessions are kept up by `run` (see `bind`), each with its own window and pauses (`pace`), all
//! under one limit of parts per second. The parts of a recipient go in order on one session; their
//! answers are collected into one outcome (`job`). What is on a session when it ends, or is not
//! answered in time, may have been taken: it ends as *no answer*, so the windows bound what is in
//! doubt; an answer that comes later is told as *late*. What waits in the queue was certainly not
//! taken. Receipts are answered once they are stored, and not before.
//!
//! What is deliberately absent: messages from phones. They are refused with `ESME_RX_R_APPN` and
//! counted, so that the carrier does not take them for received.

mod bind;
mod config;
mod count;
mod encode;
mod ids;
mod job;
mod open;
mod pace;
mod queue;
mod rate;
mod receive;
mod session;
mod settings;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Carrier, Clock, End, Inbox, LinkStatus, Outcome, Random, Submission};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use tokio::task::JoinSet;

pub use config::{BindMode, InterfaceVersion, SmppConfig};
pub use ids::ReceiptIds;
pub use verdict::Meaning;

use self::bind::Bind;
use self::count::Count;
use self::job::Job;
use self::queue::Queue;
use self::rate::Limit;
use self::settings::Settings;
use crate::ConfigError;
use crate::desk::Desk;

/// Jobs that may wait in each lane of the queue, whatever the windows are: enough to fill them
/// again at once, few enough that little is in memory twice.
const QUEUE_MIN: usize = 64;
const QUEUE_MAX: usize = 4_096;

/// See the head of this module.
pub struct SmppCarrier {
    inner: Arc<Inner>,
}

struct Inner {
    desk: Desk,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    queue: Queue,
    rate: Limit,
    binds: Vec<Bind>,
    /// Messages from phones.
    refused_messages: Count,
    /// Batches of receipts that the store did not take.
    unstored: Count,
    /// Answers after their time that say no.
    late_refusals: Count,
    /// Answers so late that nobody is known for them.
    late_strays: Count,
}

impl SmppCarrier {
    /// # Errors
    ///
    /// [`ConfigError`] for what cannot work whatever the carrier does.
    pub fn new(
        name: CarrierName,
        config: SmppConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, ConfigError> {
        let settings = config.settings()?;
        let window = usize::try_from(settings.client.session.window).unwrap_or(QUEUE_MAX);
        let places = (window * settings.kinds.len()).clamp(QUEUE_MIN, QUEUE_MAX);
        Ok(Arc::new(Self {
            inner: Arc::new(Inner {
                desk: Desk::new(name),
                queue: Queue::new(places),
                rate: Limit::new(settings.rate),
                binds: settings.kinds.iter().copied().map(Bind::new).collect(),
                settings,
                clock,
                random,
                refused_messages: Count::default(),
                unstored: Count::default(),
                late_refusals: Count::default(),
                late_strays: Count::default(),
            }),
        }))
    }
}

impl Inner {
    fn draw(&self) -> u64 {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    async fn tell(&self, outcomes: Vec<Outcome>) {
        if !outcomes.is_empty() {
            self.desk.inbox().await.outcomes(outcomes).await;
        }
    }

    fn unsent(&self, mut job: Job) -> Outcome {
        job.answer_open(&verdict::NotTaken::NotSent);
        job.outcome(&self.desk.name, Duration::ZERO)
    }

    /// Sends back what waits in the queue when no link is left to take it.
    async fn defer_stranded(&self) {
        let stranded = self.queue.take_stranded();
        self.tell(stranded.into_iter().map(|job| self.unsent(job)).collect()).await;
    }

    fn status(&self) -> LinkStatus {
        let states: Vec<_> = self.binds.iter().map(Bind::state).collect();
        let bound = states.iter().filter(|state| state.bound).count();
        let mut detail = format!("{bound} of {} binds", states.len());
        if let Some(state) = states.iter().find(|state| !state.bound) {
            detail = format!("{detail}; {}", state.detail);
        }
        LinkStatus { up: self.desk.is_open() && self.queue.links() > 0, detail }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let Settings { policy, source, .. } = &self.settings;
        let mut ended = Vec::new();
        for submission in batch {
            let job = match Job::new(submission, policy, source.as_ref()) {
                Ok(job) => job,
                Err((key, parts, end)) => {
                    ended.push(self.ended(key, parts, end));
                    continue;
                }
            };
            if !self.queue.has_room(job.lane()) {
                self.tell(std::mem::take(&mut ended)).await;
            }
            if let Some(unsent) = self.queue.push(job).await {
                ended.push(self.unsent(unsent));
            }
        }
        self.tell(ended).await;
    }

    fn ended(&self, key: domain::ports::SubmissionKey, parts: u16, end: End) -> Outcome {
        Outcome { key, carrier: self.desk.name.clone(), parts, accepted: vec![], end }
    }
}

#[async_trait]
impl Carrier for SmppCarrier {
    fn name(&self) -> &CarrierName {
        &self.inner.desk.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn status(&self) -> LinkStatus {
        self.inner.status()
    }

    /// Each session is a task, so that several processors share the work. They end with this.
    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.inner.desk.open(&inbox);
        let mut sessions = JoinSet::new();
        for index in 0..self.inner.binds.len() {
            let inner = self.inner.clone();
            sessions.spawn(async move {
                if let Some(bind) = inner.binds.get(index) {
                    bind.keep_up(&inner).await;
                }
            });
        }
        sessions.join_all().await;
    }

    async fn submit(&self, batch: Vec<Submission>) {
        if self.inner.desk.closing.is_cancelled() {
            self.inner.desk.defer(&batch, Reason::LinkDown).await;
        } else {
            self.inner.submit(batch).await;
        }
    }

    async fn stop(&self, grace: Duration) {
        self.inner.desk.close(grace).await;
    }
}

impl fmt::Debug for SmppCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { desk, settings, .. } = &*self.inner;
        let (host, port) = (&settings.client.host, settings.client.port);
        write!(f, "SmppCarrier({}, {host}:{port})", desk.name.as_str())
    }
}
