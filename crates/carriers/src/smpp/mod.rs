//! Sends texts by SMPP to a carrier's message centre.
//!
//! ```text
//! submit ── split into parts ──> queue ──> session 1 ──> outcomes, receipts ──> inbox
//!                                    └───> session 2 …
//! ```
//!
//! `run` keeps the sessions bound (see `bind`). Each has its own window and pauses (`pace`); they share one limit of
//! parts per second. The parts of a recipient are sent in order on one session, and their responses form one outcome
//! (`job`). A part without a response when its session ends, or in time, may have been accepted: it ends as *no answer*,
//! so the windows bound the number in doubt. A response after that is reported as *late*. Queued parts were certainly
//! not accepted. Receipts are answered only after they are stored. While too many wait for that, the links are not read, so
//! that the carrier's window or TCP holds it back.
//!
//! Mobile-originated messages are decoded part by part (`phone`) and joined in the store, because their parts may come
//! on different sessions.

mod bind;
mod config;
mod cut;
mod delay;
mod encode;
mod grant;
mod ids;
mod interruption;
mod job;
mod learnt_rate;
mod open_jobs;
mod pace;
mod phone;
mod profile;
mod queue;
mod rate;
mod rate_limited_log;
mod receipt_text;
mod receive;
mod session;
mod settings;
mod verdict;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{
    Carrier, Clock, End, Inbox, LinkCount, LinkStatus, Outcome, Random, Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::time::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use ::smpp::link::InboundRoom;
pub use config::{BindMode, InterfaceVersion, SmppConfig, TlvConfig};
pub use ids::ReceiptIds;
pub use profile::{Alphabet, Beyond, Flash, LongMessages, Receipts, SettleOn, Validity};
pub use verdict::Meaning;

use self::bind::Bind;
use self::grant::Grant;
use self::interruption::Interruption;
use self::job::{Job, OutcomeContext};
use self::queue::Queue;
use self::rate::Limit;
use self::rate_limited_log::{Incident, Line, RareWarning};
use self::settings::Settings;
use self::verdict::UnknownStatuses;
use crate::ConfigError;
use crate::lifecycle::Lifecycle;

/// Bounds of each lane of the queue: enough jobs to refill the windows at once, few enough to keep memory small.
const QUEUE_MIN: usize = 64;
const QUEUE_MAX: usize = 4_096;

/// Texts encoded at a time, so that the rest of a batch takes no memory.
const CUT_AT_ONCE: usize = 64;

/// See the module documentation.
pub struct SmppCarrier {
    inner: Arc<Inner>,
}

struct Inner {
    lifecycle: Lifecycle,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    queue: Queue,
    rate: Limit,
    binds: Vec<Bind>,
    /// The links that may be up.
    grant: watch::Sender<Grant>,
    /// Counts the requests to close the links and open them again.
    reconnects: watch::Sender<u64>,
    /// When our responses may last have been lost.
    interruption: Interruption,
    /// Late responses that refuse the part.
    late_refusals: RareWarning,
    /// Late responses that match no submission.
    late_strays: RareWarning,
    /// The carrier has sent a marked receipt.
    marks: AtomicBool,
    /// Unmarked receipts.
    unmarked: RareWarning,
    /// Inbound PDUs that the store refused.
    refused: RareWarning,
    /// Batches with inbound PDUs that cannot be decoded.
    malformed: RareWarning,
    /// Receipts that name no message.
    unread: RareWarning,
    /// Receipts with states that nobody knows.
    unknown_states: RareWarning,
    unknown_statuses: Mutex<UnknownStatuses>,
    /// The carrier throttles.
    throttled: Incident,
    /// The store is unavailable for receipts.
    unstored: Incident,
}

impl SmppCarrier {
    /// `room` bounds what carriers bring and is not stored yet; all SMPP carriers of a process share it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for settings that can never work.
    pub fn new(
        name: CarrierName,
        config: SmppConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        room: &Arc<InboundRoom>,
    ) -> Result<Arc<Self>, ConfigError> {
        let mut settings = config.settings()?;
        settings.client.inbound_room = room.clone();
        let window = usize::try_from(settings.client.session.window).unwrap_or(QUEUE_MAX);
        let slots = (window * settings.kinds.len()).clamp(QUEUE_MIN, QUEUE_MAX);
        Ok(Arc::new(Self {
            inner: Arc::new(Inner {
                lifecycle: Lifecycle::new(name),
                queue: Queue::new(slots),
                rate: Limit::new(settings.rate),
                binds: grant::binds(&settings.kinds),
                grant: watch::Sender::new(Grant::ALL),
                reconnects: watch::Sender::new(0),
                settings,
                interruption: Interruption::new(clock.now()),
                clock,
                random,
                late_refusals: RareWarning::default(),
                late_strays: RareWarning::default(),
                refused: RareWarning::default(),
                malformed: RareWarning::default(),
                unread: RareWarning::default(),
                unknown_states: RareWarning::default(),
                marks: AtomicBool::new(false),
                unmarked: RareWarning::default(),
                unknown_statuses: Mutex::default(),
                throttled: Incident::default(),
                unstored: Incident::default(),
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

    async fn report(&self, outcomes: Vec<Outcome>) {
        if !outcomes.is_empty() {
            self.lifecycle.inbox().await.outcomes(outcomes).await;
        }
    }

    fn unsent(&self, mut job: Job) -> Outcome {
        job.answer_remaining(&verdict::NotAccepted::NotSent);
        self.outcome(job, Duration::ZERO)
    }

    /// The outcome of a job; `throttled_wait` is its link's own pause.
    fn outcome(&self, job: Job, throttled_wait: Duration) -> Outcome {
        let unknown_is_final = job.has_unknown_status()
            && self.unknown_statuses.lock().unwrap_or_else(PoisonError::into_inner).note(job.key);
        let taken = self.settings.profile.taken();
        job.outcome(
            &self.lifecycle.name,
            OutcomeContext { taken, throttled_wait, unknown_is_final },
        )
    }

    /// Logs the start, duration and end of throttling.
    fn log_throttling(&self, line: Option<Line>) {
        let carrier = self.lifecycle.name.as_str();
        match line {
            None => {}
            Some(Line::Begun) => tracing::warn!(carrier, "the carrier throttles"),
            Some(Line::Lasts { times, seconds }) => {
                tracing::warn!(carrier, times, seconds, "the carrier still throttles");
            }
            Some(Line::Over { times, seconds }) => {
                tracing::info!(carrier, times, seconds, "the carrier no longer throttles");
            }
        }
    }

    /// Warns if the carrier marks its receipts: `receipts_by_text` is then unnecessary and allows forged receipts.
    fn check_marks(&self, marked: bool) {
        if marked {
            self.marks.store(true, Ordering::Relaxed);
        } else if self.marks.load(Ordering::Relaxed) {
            let what = "a receipt that nothing marks came from a carrier that marks them: \
                        consider receipts_by_text = false";
            self.unmarked.note(&self.lifecycle.name, what);
        }
    }

    /// Defers the queued jobs when no link is up.
    async fn defer_unserved(&self) {
        let unserved = self.queue.take_unserved();
        self.report(unserved.into_iter().map(|job| self.unsent(job)).collect()).await;
    }

    fn status(&self) -> LinkStatus {
        let granted = self.granted_links();
        let here = |bind: &&Bind| bind.link < granted;
        let states: Vec<_> = self.binds.iter().filter(here).map(Bind::state).collect();
        let bound = states.iter().filter(|state| state.bound).count();
        let mut detail = format!("{bound} of {} binds", states.len());
        if let Some(state) = states.iter().find(|state| !state.bound) {
            detail = format!("{detail}; {}", state.detail);
        }
        if states.len() < self.binds.len() {
            let others = self.binds.len() - states.len();
            detail = format!("{detail}; {others} on other nodes");
        }
        let up = self.lifecycle.is_open() && self.queue.links() > 0 && granted > 0;
        LinkStatus { up, detail }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let mut batch = batch.into_iter();
        let mut ended = Vec::new();
        loop {
            let mut jobs = Vec::with_capacity(batch.len().min(CUT_AT_ONCE));
            for submission in batch.by_ref().take(CUT_AT_ONCE) {
                match Job::new(submission, &self.settings.profile) {
                    Ok(job) => jobs.push(job),
                    Err((key, parts, end)) => ended.push(self.ended(key, parts, end)),
                }
            }
            if !self.queue.has_room(&jobs) {
                self.report(std::mem::take(&mut ended)).await;
            }
            let unsent = self.queue.push(jobs).await;
            ended.extend(unsent.into_iter().map(|job| self.unsent(job)));
            if batch.len() == 0 {
                break;
            }
        }
        self.report(ended).await;
    }

    fn ended(&self, key: domain::ports::SubmissionKey, parts: u16, end: End) -> Outcome {
        let carrier = self.lifecycle.name.clone();
        Outcome { key, carrier, link: None, parts, accepted: vec![], end }
    }
}

#[async_trait]
impl Carrier for SmppCarrier {
    fn name(&self) -> &CarrierName {
        &self.inner.lifecycle.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn status(&self) -> LinkStatus {
        self.inner.status()
    }

    /// Runs each session as a task, so that they use several processors. They end with this future.
    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.inner.lifecycle.open(&inbox);
        let mut sessions = JoinSet::new();
        for index in 0..self.inner.binds.len() {
            let inner = self.inner.clone();
            sessions.spawn(async move {
                if let Some(bind) = inner.binds.get(index) {
                    bind.run(&inner).await;
                }
            });
        }
        sessions.join_all().await;
    }

    async fn submit(&self, batch: Vec<Submission>) {
        if self.inner.lifecycle.closing.is_cancelled() {
            self.inner.lifecycle.defer(&batch, Reason::LinkDown).await;
        } else {
            self.inner.submit(batch).await;
        }
    }

    fn links(&self) -> LinkCount {
        self.inner.count_links()
    }

    fn allow(&self, links: u32, until: Timestamp) {
        self.inner.allow(links, until);
    }

    fn reconnect(&self) {
        self.inner.reconnects.send_modify(|requests| *requests += 1);
    }

    async fn stop(&self, grace: Duration) {
        self.inner.lifecycle.close(grace).await;
    }
}

impl fmt::Debug for SmppCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { lifecycle, settings, .. } = &*self.inner;
        let (host, port) = (&settings.client.host, settings.client.port);
        write!(f, "SmppCarrier({}, {host}:{port})", lifecycle.name.as_str())
    }
}
