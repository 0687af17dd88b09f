//! A simulated carrier for first steps and tests. It accepts texts and e-mails at once and reports their outcome within
//! half a second:
//!
//! | number ends in | address begins with | outcome |
//! |---|---|---|
//! | 0001 | `refused` | refused |
//! | 0002 | `fail` | accepted, then failed |
//! | 0003 | `lost` | accepted, no receipt |
//! | anything else | anything else | accepted, then delivered |
//!
//! It stores nothing: pending receipts are lost when the process is killed, and their messages time out, as with a real
//! carrier. An orderly stop waits for them. Ids have a random prefix per start, so none is used twice.

mod pending;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::form::Form;
use domain::message::{Address, Content};
use domain::ports::{
    AcceptedPart, Carrier, Clock, End, Inbox, LinkStatus, Outcome, Random, Receipt, ReceiptScope,
    ReceiptState, Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::text::{Policy, TextError, measure, measure_push};
use tokio::time::Instant;

use self::pending::{Due, Pending};
use self::verdict::Verdict;
use crate::ConfigError;
use crate::lifecycle::Lifecycle;

const RECEIPT_AFTER_MIN: Duration = Duration::from_millis(200);
const RECEIPT_SPREAD_MS: u64 = 300;

/// Pause before receipts that could not be stored are reported again.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Limit of submissions, and of receipts, in one call to the inbox.
const BATCH_MAX: usize = 500;

/// See the module documentation.
pub struct Sandbox {
    lifecycle: Lifecycle,
    clock: Arc<dyn Clock>,
    /// Prefix of this start's ids.
    start: u64,
    next_id: AtomicU64,
    pending: Pending,
}

impl Sandbox {
    /// `random` makes the ids of this start unique.
    ///
    /// # Errors
    ///
    /// None today; the signature is that of the other carriers.
    pub fn new(
        name: CarrierName,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Result<Arc<Self>, ConfigError> {
        let mut start = [0; 8];
        random.fill(&mut start);
        Ok(Arc::new(Self {
            lifecycle: Lifecycle::new(name),
            clock,
            start: u64::from_be_bytes(start),
            next_id: AtomicU64::new(0),
            pending: Pending::new(),
        }))
    }

    fn carrier_id(&self, number: u64) -> String {
        format!("sandbox-{:016x}-{number}", self.start)
    }

    /// Accepts one submission, whose receipts have reserved slots in `pending`.
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
        taken.outcomes.push(self.lifecycle.outcome(submission, work.parts(), accepted, end));
    }

    /// Reports the outcomes, and only then schedules the receipts.
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

    /// Reports the receipts that are due; false if the inbox could not store them.
    async fn report_due(&self, inbox: &dyn Inbox) -> bool {
        let due = self.pending.due(Instant::now(), BATCH_MAX);
        if due.is_empty() {
            return true;
        }
        let at = self.clock.now();
        let receipts = due.iter().map(|(_, due)| Receipt {
            carrier: self.lifecycle.name.clone(),
            carrier_id: self.carrier_id(due.number),
            state: due.state,
            code: (due.state == ReceiptState::Failed).then(|| "failed".to_owned()),
            to: due.to,
            at,
            unmarked: None,
            scope: ReceiptScope::Part,
        });
        match inbox.receipts(receipts.collect()).await {
            Ok(()) => {
                self.pending.done(&due);
                true
            }
            Err(error) => {
                let carrier = self.lifecycle.name.as_str();
                tracing::warn!(carrier, %error, "receipts could not be stored; retrying");
                false
            }
        }
    }
}

/// Accepted submissions without a reported outcome.
#[derive(Default)]
struct Taken {
    outcomes: Vec<Outcome>,
    promised: Vec<Due>,
}

fn size(content: &Content) -> Result<u8, TextError> {
    let (text, policy) = (content.text.as_str(), Policy::default());
    match &content.form {
        Form::Push(link) => measure_push(link.as_str(), text, policy.reference, policy.parts_max),
        Form::Text | Form::Flash | Form::Silent => Ok(measure(text, &policy)?.parts),
    }
}

/// How to process a submission.
enum Work {
    /// The text cannot be encoded.
    Unfit,
    /// `open` are the parts not accepted before; an e-mail has one part.
    Parts { parts: u16, open: Vec<u16>, verdict: Verdict },
}

impl Work {
    fn of(submission: &Submission) -> Self {
        let parts = match submission.to {
            Address::Email(_) => 1,
            Address::Phone(_) => match size(&submission.content) {
                Ok(parts) => u16::from(parts),
                Err(_) => return Self::Unfit,
            },
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
        &self.lifecycle.name
    }

    fn takes(&self, _: Channel) -> bool {
        true
    }

    fn status(&self) -> LinkStatus {
        let up = self.lifecycle.is_open();
        LinkStatus { up, detail: if up { "sandbox" } else { "not running" }.to_owned() }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.lifecycle.open(&inbox);
        let telling = async {
            loop {
                tokio::select! {
                    () = self.pending.wait() => {}
                    () = self.lifecycle.closing.cancelled(), if self.pending.is_idle() => return,
                }
                if !self.report_due(&*inbox).await {
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = telling => {}
            () = self.lifecycle.aborting.cancelled() => {}
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let inbox = self.lifecycle.inbox().await;
        for batch in batch.chunks(BATCH_MAX) {
            if self.lifecycle.closing.is_cancelled() {
                self.lifecycle.defer(batch, Reason::LinkDown).await;
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

    /// Waits for pending receipts, at most a second if the store accepts them.
    async fn stop(&self, grace: Duration) {
        self.lifecycle.close(grace).await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sandbox({})", self.lifecycle.name.as_str())
    }
}
