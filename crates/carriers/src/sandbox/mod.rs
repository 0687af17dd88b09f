//! A carrier that exists only in this process, for newcomers and tests. It takes texts and mails
//! at once and says within half a second what became of them:
//!
//! | number ends in | address begins with | what happens |
//! |---|---|---|
//! | 0001 | `refused` | refused |
//! | 0002 | `fail` | taken, then failed |
//! | 0003 | `lost` | taken, and no receipt ever |
//! | anything else | anything else | taken, then delivered |
//!
//! It keeps nothing on disk: receipts that are pending when the process is killed are lost, and
//! their messages time out, as they do when a real carrier loses them. Stopping properly waits for
//! them. Ids begin with something drawn at each start, so none comes twice.

mod pending;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::Address;
use domain::ports::{
    AcceptedPart, Carrier, Clock, End, Inbox, LinkStatus, Outcome, Random, Receipt, ReceiptState,
    Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::text::{Policy, measure};
use tokio::time::Instant;

use self::pending::{Due, Pending};
use self::verdict::Verdict;
use crate::ConfigError;
use crate::desk::Desk;

const RECEIPT_AFTER_MIN: Duration = Duration::from_millis(200);
const RECEIPT_SPREAD_MS: u64 = 300;

/// Before receipts that could not be stored are told again.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Submissions answered, and receipts told, in one call to the inbox.
const BATCH_MAX: usize = 500;

/// See the head of this module.
pub struct Sandbox {
    desk: Desk,
    clock: Arc<dyn Clock>,
    /// What the ids of this start begin with.
    start: u64,
    next_id: AtomicU64,
    pending: Pending,
}

impl Sandbox {
    /// `random` makes the ids of this start unlike those of any other.
    ///
    /// # Errors
    ///
    /// None today; the shape is that of the other carriers.
    pub fn new(
        name: CarrierName,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Result<Arc<Self>, ConfigError> {
        let mut start = [0; 8];
        random.fill(&mut start);
        Ok(Arc::new(Self {
            desk: Desk::new(name),
            clock,
            start: u64::from_be_bytes(start),
            next_id: AtomicU64::new(0),
            pending: Pending::new(),
        }))
    }

    fn carrier_id(&self, number: u64) -> String {
        format!("sandbox-{:016x}-{number}", self.start)
    }

    /// Takes one submission. Its receipts have their places in `pending` already.
    fn take(&self, submission: &Submission, work: &Work, taken: &mut Taken) {
        let refused = |reason, code: &str| End::Refused { reason, code: code.to_owned() };
        let (accepted, end) = match work {
            Work::Unfit => (vec![], refused(Reason::Refused, "sandbox:text")),
            Work::Parts { verdict: Verdict::Refused, .. } => {
                (vec![], refused(Reason::BadDestination, "sandbox:refused"))
            }
            Work::Parts { open, verdict, .. } => {
                let to = match submission.to {
                    Address::Phone(number) => Some(number),
                    Address::Email(_) => None,
                };
                let id = |&part| {
                    let number = self.next_id.fetch_add(1, Ordering::Relaxed);
                    taken.promised.extend(verdict.receipt().map(|state| Due { number, state, to }));
                    AcceptedPart { part, carrier_id: self.carrier_id(number) }
                };
                (open.iter().map(id).collect(), End::Accepted)
            }
        };
        taken.outcomes.push(self.desk.outcome(submission, work.parts(), accepted, end));
    }

    /// Answers what was taken, and only then lets its receipts become due.
    async fn answer(&self, inbox: &dyn Inbox, taken: &mut Taken) {
        if !taken.outcomes.is_empty() {
            inbox.outcomes(std::mem::take(&mut taken.outcomes)).await;
        }
        let now = Instant::now();
        for due in taken.promised.drain(..) {
            let spread = due.number.wrapping_mul(7_919) % RECEIPT_SPREAD_MS;
            self.pending.add(now + RECEIPT_AFTER_MIN + Duration::from_millis(spread), due);
        }
    }

    /// Tells what is due; false when the inbox could not store it.
    async fn tell(&self, inbox: &dyn Inbox) -> bool {
        let due = self.pending.due(Instant::now(), BATCH_MAX);
        if due.is_empty() {
            return true;
        }
        let at = self.clock.now();
        let receipts = due.iter().map(|(_, due)| Receipt {
            carrier: self.desk.name.clone(),
            carrier_id: self.carrier_id(due.number),
            state: due.state,
            code: (due.state == ReceiptState::Failed).then(|| "failed".to_owned()),
            to: due.to,
            at,
            unmarked: None,
        });
        match inbox.receipts(receipts.collect()).await {
            Ok(()) => {
                self.pending.done(&due);
                true
            }
            Err(error) => {
                let carrier = self.desk.name.as_str();
                tracing::warn!(carrier, %error, "receipts could not be stored; told again soon");
                false
            }
        }
    }
}

/// What was taken and not answered yet.
#[derive(Default)]
struct Taken {
    outcomes: Vec<Outcome>,
    promised: Vec<Due>,
}

/// What there is to do for a submission.
enum Work {
    /// The text cannot be sent.
    Unfit,
    /// A mail is one part; of a text's parts those are open that were not taken before.
    Parts { parts: u16, open: Vec<u16>, verdict: Verdict },
}

impl Work {
    fn of(submission: &Submission) -> Self {
        let parts = match submission.to {
            Address::Email(_) => 1,
            Address::Phone(_) => {
                match measure(submission.content.text.as_str(), &Policy::default()) {
                    Ok(measured) => u16::from(measured.parts),
                    Err(_) => return Self::Unfit,
                }
            }
        };
        let open = (1..=parts).filter(|part| !submission.accepted.contains(part)).collect();
        Self::Parts { parts, open, verdict: Verdict::of(&submission.to) }
    }

    fn parts(&self) -> u16 {
        match self {
            Self::Unfit => 1,
            Self::Parts { parts, .. } => *parts,
        }
    }

    fn receipts(&self) -> u32 {
        match self {
            Self::Parts { open, verdict, .. } if verdict.receipt().is_some() => {
                u32::try_from(open.len()).unwrap_or(u32::MAX)
            }
            Self::Unfit | Self::Parts { .. } => 0,
        }
    }
}

#[async_trait]
impl Carrier for Sandbox {
    fn name(&self) -> &CarrierName {
        &self.desk.name
    }

    fn takes(&self, _: Channel) -> bool {
        true
    }

    fn status(&self) -> LinkStatus {
        let up = self.desk.is_open();
        LinkStatus { up, detail: if up { "sandbox" } else { "not running" }.to_owned() }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.desk.open(&inbox);
        let telling = async {
            loop {
                tokio::select! {
                    () = self.pending.wait() => {}
                    () = self.desk.closing.cancelled(), if self.pending.is_idle() => return,
                }
                if !self.tell(&*inbox).await {
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = telling => {}
            () = self.desk.aborting.cancelled() => {}
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let inbox = self.desk.inbox().await;
        for batch in batch.chunks(BATCH_MAX) {
            if self.desk.closing.is_cancelled() {
                self.desk.defer(batch, Reason::LinkDown).await;
                continue;
            }
            let mut taken = Taken::default();
            for submission in batch {
                let work = Work::of(submission);
                if !self.pending.try_reserve(work.receipts()) {
                    self.answer(&*inbox, &mut taken).await;
                    self.pending.reserve(work.receipts()).await;
                }
                self.take(submission, &work, &mut taken);
            }
            self.answer(&*inbox, &mut taken).await;
        }
    }

    /// Waits for pending receipts, a second at most when the store takes them.
    async fn stop(&self, grace: Duration) {
        self.desk.close(grace).await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sandbox({})", self.desk.name.as_str())
    }
}
