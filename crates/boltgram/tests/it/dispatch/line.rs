//! A carrier controlled by the test, which records its submissions in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::id::AccountId;
use domain::inbound::InboundPart;
use domain::message::Lane;
use domain::ports::{
    AcceptedPart, Carrier, End, Inbox, LinkStatus, Outcome, Receipt, ReceiptScope, ReceiptState,
    Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::time::Timestamp;
use tokio::sync::watch;

pub(super) const ELSEWHERE_CODE: &str = "smpp:0x00000401";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Deliver,
    /// Accept it and send no receipt.
    Keep,
    /// Refuse it in favour of another carrier.
    Elsewhere,
    Busy,
    Throttle,
    /// Hold it without a response until released.
    Hold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handed {
    pub(super) account: Option<AccountId>,
    pub(super) lane: Lane,
    /// Number of parts already accepted, which must not be sent again.
    pub(super) accepted: usize,
}

pub(super) struct Line {
    name: CarrierName,
    up: AtomicBool,
    plan: Mutex<Plan>,
    handed: Mutex<Vec<Handed>>,
    held: Mutex<Vec<Submission>>,
    inbox: watch::Sender<Option<Arc<dyn Inbox>>>,
    next_id: AtomicU64,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    pub(super) fn new(name: &str, plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            name: CarrierName::new(name),
            up: AtomicBool::new(true),
            plan: Mutex::new(plan),
            handed: Mutex::default(),
            held: Mutex::default(),
            inbox: watch::Sender::new(None),
            next_id: AtomicU64::new(1),
        })
    }

    pub(super) fn plan(&self, plan: Plan) {
        *lock(&self.plan) = plan;
    }

    pub(super) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }

    pub(super) fn handed(&self) -> Vec<Handed> {
        lock(&self.handed).clone()
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.handed).len()
    }

    /// Delivers the held submissions, and everything from now on.
    pub(super) async fn release(&self) {
        self.plan(Plan::Deliver);
        let held = std::mem::take(&mut *lock(&self.held));
        self.answer(held).await;
    }

    /// Brings a part of an inbound message.
    pub(super) async fn bring(&self, part: InboundPart) {
        let mut ready = self.inbox.subscribe();
        let inbox = ready.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        inbox.inbound(vec![part]).await.unwrap();
    }

    async fn answer(&self, batch: Vec<Submission>) {
        let plan = *lock(&self.plan);
        let mut ready = self.inbox.subscribe();
        let inbox = ready.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        let (mut outcomes, mut receipts) = (Vec::new(), Vec::new());
        for submission in batch {
            let outcome = self.outcome(&submission, plan);
            if plan == Plan::Deliver {
                receipts.extend(outcome.accepted.iter().map(|part| self.receipt(part)));
            }
            outcomes.push(outcome);
        }
        inbox.outcomes(outcomes).await;
        inbox.receipts(receipts.into()).await.unwrap();
    }

    fn outcome(&self, submission: &Submission, plan: Plan) -> Outcome {
        let parts = submission.content.parts;
        let deferred = |reason| End::Deferred { reason, wait: None, code: None };
        let end = match plan {
            Plan::Deliver | Plan::Keep | Plan::Hold => End::Accepted,
            Plan::Elsewhere => {
                End::TryAnother { reason: Reason::Refused, code: ELSEWHERE_CODE.to_owned() }
            }
            Plan::Busy => deferred(Reason::CarrierBusy),
            Plan::Throttle => deferred(Reason::Throttled),
        };
        let left = (1..=parts).filter(|part| !submission.accepted.contains(part));
        let part = |part| AcceptedPart {
            part,
            carrier_id: self.next_id.fetch_add(1, Ordering::SeqCst).to_string(),
        };
        let accepted = if end == End::Accepted { left.map(part).collect() } else { vec![] };
        Outcome {
            key: submission.key,
            carrier: self.name.clone(),
            link: None,
            parts,
            accepted,
            end,
        }
    }

    fn receipt(&self, part: &AcceptedPart) -> Receipt {
        Receipt {
            carrier: self.name.clone(),
            carrier_id: part.carrier_id.clone(),
            state: ReceiptState::Delivered,
            code: None,
            to: None,
            at: Timestamp::default(),
            unmarked: None,
            scope: ReceiptScope::Part,
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({})", self.name.as_str())
    }
}

#[async_trait]
impl Carrier for Line {
    fn name(&self) -> &CarrierName {
        &self.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn status(&self) -> LinkStatus {
        LinkStatus { up: self.up.load(Ordering::SeqCst), detail: "as the test says".to_owned() }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        self.inbox.send_replace(Some(inbox));
        std::future::pending::<()>().await;
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let handed = |submission: &Submission| Handed {
            account: submission.content.account,
            lane: submission.content.lane,
            accepted: submission.accepted.len(),
        };
        lock(&self.handed).extend(batch.iter().map(handed));
        if *lock(&self.plan) == Plan::Hold {
            lock(&self.held).extend(batch);
        } else {
            self.answer(batch).await;
        }
    }

    async fn stop(&self, _grace: Duration) {}
}
