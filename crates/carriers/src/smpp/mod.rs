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
//! Messages from phones are read as the parts that they are (`phone`) and joined in the store,
//! because their parts come by any of the sessions.

mod bind;
mod config;
mod count;
mod cut;
mod delay;
mod encode;
mod grant;
mod ids;
mod interruption;
mod job;
mod open;
mod pace;
mod phone;
mod profile;
mod queue;
mod rate;
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

pub use config::{BindMode, InterfaceVersion, SmppConfig, TlvConfig};
pub use ids::ReceiptIds;
pub use profile::{Alphabet, Beyond, LongMessages, Receipts, SettleOn, Validity};
pub use verdict::Meaning;

use self::bind::Bind;
use self::count::{Count, Line, Trouble};
use self::grant::Grant;
use self::interruption::Interruption;
use self::job::{Job, Terms};
use self::queue::Queue;
use self::rate::Limit;
use self::settings::Settings;
use self::verdict::Puzzles;
use crate::ConfigError;
use crate::desk::Desk;

/// Jobs that may wait in each lane of the queue, whatever the windows are: enough to fill them
/// again at once, few enough that little is in memory twice.
const QUEUE_MIN: usize = 64;
const QUEUE_MAX: usize = 4_096;

/// Texts cut at a time: what of a batch is not cut yet takes no room.
const CUT_AT_ONCE: usize = 64;

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
    /// Which of them may be up.
    grant: watch::Sender<Grant>,
    /// When answers of ours may last have been lost.
    interruption: Interruption,
    /// Answers after their time that say no.
    late_refusals: Count,
    /// Answers so late that nobody is known for them.
    late_strays: Count,
    /// It sent a receipt that is marked as one.
    marks: AtomicBool,
    /// And such as are not.
    unmarked: Count,
    /// What came in and the store will never take.
    refused: Count,
    puzzles: Mutex<Puzzles>,
    /// The carrier wishes for less.
    throttled: Trouble,
    /// The store does not take receipts.
    unstored: Trouble,
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
                binds: grant::binds(&settings.kinds),
                grant: watch::Sender::new(Grant::ALL),
                settings,
                interruption: Interruption::new(clock.now()),
                clock,
                random,
                late_refusals: Count::default(),
                late_strays: Count::default(),
                refused: Count::default(),
                marks: AtomicBool::new(false),
                unmarked: Count::default(),
                puzzles: Mutex::default(),
                throttled: Trouble::default(),
                unstored: Trouble::default(),
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
        self.outcome(job, Duration::ZERO)
    }

    /// What became of a job; `throttled_wait` is what its link will wait itself.
    fn outcome(&self, job: Job, throttled_wait: Duration) -> Outcome {
        let unknown_is_final = job.is_puzzling()
            && self.puzzles.lock().unwrap_or_else(PoisonError::into_inner).note(job.key);
        let taken = self.settings.profile.taken();
        job.outcome(&self.desk.name, Terms { taken, throttled_wait, unknown_is_final })
    }

    /// The carrier wished for less, or took something.
    fn note_throttled(&self, line: Option<Line>) {
        let carrier = self.desk.name.as_str();
        match line {
            None => {}
            Some(Line::Begun) => tracing::warn!(carrier, "the carrier asks for less"),
            Some(Line::Lasts { times, seconds }) => {
                tracing::warn!(carrier, times, seconds, "the carrier still asks for less");
            }
            Some(Line::Over { times, seconds }) => {
                tracing::info!(carrier, times, seconds, "the carrier takes messages again");
            }
        }
    }

    /// A carrier that marks its receipts has little use for `receipts_by_text`, and whoever forges
    /// them much.
    fn note_mark(&self, marked: bool) {
        if marked {
            self.marks.store(true, Ordering::Relaxed);
        } else if self.marks.load(Ordering::Relaxed) {
            let what = "a receipt that nothing marks came from a carrier that marks them: \
                        consider receipts_by_text = false";
            self.unmarked.note(&self.desk.name, what);
        }
    }

    /// Sends back what waits in the queue when no link is left to take it.
    async fn defer_stranded(&self) {
        let stranded = self.queue.take_stranded();
        self.tell(stranded.into_iter().map(|job| self.unsent(job)).collect()).await;
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
            detail = format!("{detail}; {others} not this node's");
        }
        let up = self.desk.is_open() && self.queue.links() > 0 && granted > 0;
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
                self.tell(std::mem::take(&mut ended)).await;
            }
            let unsent = self.queue.push(jobs).await;
            ended.extend(unsent.into_iter().map(|job| self.unsent(job)));
            if batch.len() == 0 {
                break;
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

    fn links(&self) -> LinkCount {
        self.inner.count_links()
    }

    fn allow(&self, links: u32, until: Timestamp) {
        self.inner.allow(links, until);
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
