//! A simulated message centre that outlives the process under test, counts submissions, and repeats every receipt until
//! it is acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::Address;
use domain::ports::{
    AcceptedPart, Carrier, End, Inbox, LinkStatus, Outcome, Receipt, ReceiptScope, ReceiptState,
    Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::time::Timestamp;

use crate::crash::Fuse;

/// How the centre handles a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Deliver,
    Refuse,
    Fail,
    /// Accept without a receipt.
    Lose,
    /// Accept one part without a response; accept the rest on the next attempt, and deliver.
    Falter,
    /// Deliver, and respond only after the receipt is stored.
    Overtake,
}

#[derive(Debug, Default)]
struct World {
    plans: BTreeMap<String, Plan>,
    /// Number of submissions by destination and part.
    taken: BTreeMap<(String, u16), u32>,
    unanswered: VecDeque<Receipt>,
    next_id: u64,
}

/// The centre; clone the `Arc` into each run of the process.
#[derive(Debug)]
pub struct Smsc {
    name: CarrierName,
    world: Mutex<World>,
}

impl Smsc {
    pub fn new(name: &str) -> Arc<Self> {
        Arc::new(Self { name: CarrierName::new(name), world: Mutex::default() })
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn plan(&self, to: &Address, plan: Plan) {
        self.world().plans.insert(to.stored(), plan);
    }

    /// Highest number of submissions of one part to this destination.
    pub fn submits(&self, to: &Address) -> u32 {
        let (to, world) = (to.stored(), self.world());
        world
            .taken
            .iter()
            .filter(|((taken, _), _)| *taken == to)
            .map(|(_, times)| *times)
            .max()
            .unwrap_or(0)
    }

    /// The link of one run of the process; it dies with `fuse`.
    pub fn link(self: &Arc<Self>, fuse: Arc<Fuse>) -> Arc<dyn Carrier> {
        Arc::new(Link { smsc: self.clone(), fuse, inbox: tokio::sync::watch::Sender::new(None) })
    }

    /// Waits until the receipts of this submission are stored, if the plan requires it.
    async fn overtake(&self, submission: &Submission, taken: &Outcome) {
        let plan = self.world().plans.get(&submission.to.stored()).copied();
        let waits = |world: &World| {
            let ours = |receipt: &Receipt| {
                taken.accepted.iter().any(|part| part.carrier_id == receipt.carrier_id)
            };
            world.unanswered.iter().any(ours)
        };
        while plan == Some(Plan::Overtake) && waits(&self.world()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Accepts one submission; a crash may follow.
    fn take(&self, submission: &Submission) -> Outcome {
        let mut world = self.world();
        let to = submission.to.stored();
        let plan = world.plans.get(&to).copied().unwrap_or(Plan::Deliver);
        let parts = submission.content.parts;
        let mut accepted = Vec::new();
        let end = if plan == Plan::Refuse {
            End::Refused { reason: Reason::BadDestination, code: "smpp:0x0000000b".to_owned() }
        } else {
            let first = !world.taken.contains_key(&(to.clone(), 1));
            let last = if plan == Plan::Falter && first { 1 } else { parts };
            for part in (1..=last).filter(|part| !submission.accepted.contains(part)) {
                *world.taken.entry((to.clone(), part)).or_default() += 1;
                world.next_id += 1;
                let carrier_id = format!("{:08x}", world.next_id);
                let state = match plan {
                    Plan::Deliver | Plan::Falter | Plan::Overtake => Some(ReceiptState::Delivered),
                    Plan::Fail => Some(ReceiptState::Failed),
                    Plan::Refuse | Plan::Lose => None,
                };
                if let Some(state) = state {
                    world.unanswered.push_back(Receipt {
                        carrier: self.name.clone(),
                        carrier_id: carrier_id.clone(),
                        state,
                        code: None,
                        to: match submission.to {
                            Address::Phone(number) => Some(number),
                            Address::Email(_) => None,
                        },
                        at: Timestamp::default(),
                        unmarked: None,
                        scope: ReceiptScope::Part,
                    });
                }
                accepted.push(AcceptedPart { part, carrier_id });
            }
            if last < parts {
                End::Deferred { reason: Reason::NoAnswer, wait: None, code: None }
            } else {
                End::Accepted
            }
        };
        Outcome {
            key: submission.key,
            carrier: self.name.clone(),
            link: None,
            parts,
            accepted,
            end,
        }
    }
}

#[derive(Debug)]
struct Link {
    smsc: Arc<Smsc>,
    fuse: Arc<Fuse>,
    inbox: tokio::sync::watch::Sender<Option<InboxHandle>>,
}

#[derive(Clone)]
struct InboxHandle(Arc<dyn Inbox>);

impl std::fmt::Debug for InboxHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InboxHandle")
    }
}

/// Lets go of the inbox, which has the engine and by it this link: a dead process keeps no files open.
struct LetGo<'a>(&'a tokio::sync::watch::Sender<Option<InboxHandle>>);

impl Drop for LetGo<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

#[async_trait]
impl Carrier for Link {
    fn name(&self) -> &CarrierName {
        &self.smsc.name
    }

    fn takes(&self, _channel: Channel) -> bool {
        true
    }

    fn status(&self) -> LinkStatus {
        LinkStatus { up: true, detail: "always".to_owned() }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        self.inbox.send_replace(Some(InboxHandle(inbox.clone())));
        let _taken = LetGo(&self.inbox);
        loop {
            let first = self.smsc.world().unanswered.front().cloned();
            if let Some(receipt) = first
                && inbox.receipts([receipt.clone()].into()).await.is_ok()
            {
                self.fuse.through(async {}).await;
                let mut world = self.smsc.world();
                world.unanswered.retain(|left| left.carrier_id != receipt.carrier_id);
                continue;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let mut ready = self.inbox.subscribe();
        let Ok(inbox) = ready.wait_for(Option::is_some).await.map(|inbox| inbox.clone()) else {
            return;
        };
        for submission in batch {
            let outcome = self.fuse.through(async { self.smsc.take(&submission) }).await;
            self.smsc.overtake(&submission, &outcome).await;
            if let Some(InboxHandle(inbox)) = &inbox {
                inbox.outcomes(vec![outcome]).await;
            }
        }
    }

    async fn stop(&self, _grace: Duration) {}
}
