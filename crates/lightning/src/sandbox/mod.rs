//! A simulated Lightning node for first steps and tests. It signs real BOLT 11 invoices, holds, settles and cancels
//! payments, and persists them in a journal file. It also simulates the customer's wallet ([`Sandbox::pay`]). It has no
//! peers and no money: its one channel is simulated, and its invoices are on regtest, so no other node can pay them.
//!
//! It reproduces problems of real nodes: invoices that expire and payments that are returned at their deadline without
//! notice, limited slots, lost and duplicate hints, lost responses, and settles that return `Ok` without effect. See
//! [`Faults`].

mod book;
mod chain;
mod channel;
mod control;
mod invoice;
mod journal;
mod node;
mod options;
mod payment;
mod record;
mod wallet;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::payout::NodeIdentity;
use domain::ports::{
    Channels, Clock, HoldState, Lightning, NewHold, NewPayment, NodeEvent, PayState,
    PendingInvoice, PortError, Random,
};
use domain::sale::hold::Tip;
use domain::secret::Preimage;
use tokio::sync::{Mutex, broadcast, mpsc, oneshot};

pub use book::Purse;
pub use journal::OpenError;
pub use options::{Blocks, Faults, Options};
pub use payment::{PaidOut, Route};
pub use wallet::{PayError, PayResult, PaymentState};

use node::{BLOCK_POLL, Node, take};

/// A connection to the sandbox node. A clone is another connection to the same node with its own hints.
pub struct Sandbox {
    node: Arc<Node>,
    calls: mpsc::Sender<Call>,
    hints: Mutex<Hints>,
}

type Call = Box<dyn FnOnce() + Send>;

/// Calls that wait for the node's thread.
const CALLS_MAX: usize = 64;

struct Hints {
    receiver: broadcast::Receiver<NodeEvent>,
    height: u32,
}

impl Sandbox {
    /// Opens the node with its journal at `path`, or creates it. The journal contains the node's key, so only its owner
    /// can read it, and it is locked against a second process. It blocks while reading; call it at start.
    pub fn open(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, OpenError> {
        Node::start(Some(path.as_ref()), clock, random, options).map(Self::connect)
    }

    /// A node without a journal, which ends with its last connection.
    pub fn in_memory(
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, OpenError> {
        Node::start(None, clock, random, options).map(Self::connect)
    }

    fn connect(node: Node) -> Self {
        let (calls, called) = mpsc::channel(CALLS_MAX);
        std::thread::spawn(move || run(called));
        Self::with(Arc::new(node), calls)
    }

    fn with(node: Arc<Node>, calls: mpsc::Sender<Call>) -> Self {
        let hints =
            Hints { receiver: node.hints.subscribe(), height: node.lock().book.chain.height() };
        Self { node, calls, hints: Mutex::new(hints) }
    }

    /// The node's public key in hexadecimal.
    pub fn node_id(&self) -> String {
        self.node.key.public().to_string()
    }

    /// A read: a lost response leaves nothing unknown.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        self.call(|node| {
            if take(&mut node.lock().faults.unavailable_next) {
                return Err(PortError::Unavailable("the node does not respond".into()));
            }
            work(node)
        })
        .await
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        self.ask(|node| {
            let result = work(node);
            if take(&mut node.lock().faults.lost_answers_next) {
                return Err(PortError::Unknown("the node's response was lost".into()));
            }
            result
        })
        .await
    }

    /// Runs on the node's thread. Once started it completes even if the caller is dropped, as in another process.
    async fn call<T, E>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
    {
        if !self.node.has_journal() {
            return work(&self.node);
        }
        let gone = |_| PortError::Unknown("the node panicked".into());
        let node = Arc::clone(&self.node);
        let (reply, answer) = oneshot::channel();
        let call = Box::new(move || {
            let result = work(&node);
            // Whoever has the answer may open the journal again.
            drop(node);
            drop(reply.send(result));
        });
        self.calls.send(call).await.map_err(|_| gone(()))?;
        answer.await.map_err(|_| gone(()))?
    }
}

/// The node's one thread: calls write its journal, so more would only wait for each other.
fn run(mut calls: mpsc::Receiver<Call>) {
    while let Some(call) = calls.blocking_recv() {
        // Its caller gets no answer then.
        let _ = catch_unwind(AssertUnwindSafe(call));
    }
}

#[async_trait]
impl Lightning for Sandbox {
    fn held_max(&self) -> u64 {
        self.node.options.held_max
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        self.ask(Node::tip).await
    }

    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError> {
        self.change(move |node| node.create(&hold)).await
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<HoldState, PortError> {
        self.ask(move |node| node.look_up(hash)).await
    }

    async fn settle(&self, preimage: &Preimage) -> Result<(), PortError> {
        let preimage = preimage.clone();
        self.change(move |node| node.settle(&preimage)).await
    }

    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError> {
        self.change(move |node| node.cancel(hash)).await
    }

    async fn identity(&self) -> Result<NodeIdentity, PortError> {
        self.ask(|node| Ok(node.identity())).await
    }

    async fn pay(&self, payment: NewPayment) -> Result<PayState, PortError> {
        self.change(move |node| node.receive(payment)).await
    }

    async fn pay_status(&self, hash: PaymentHash) -> Result<PayState, PortError> {
        self.ask(move |node| node.payment(hash)).await
    }

    async fn channels(&self) -> Result<Channels, PortError> {
        self.ask(Node::channels).await
    }

    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        self.ask(Node::pending).await
    }

    async fn next_event(&self) -> NodeEvent {
        let mut hints = self.hints.lock().await;
        match self.node.options.blocks {
            Blocks::Mined => hints.next().await,
            Blocks::Flow => loop {
                if let Ok(event) = tokio::time::timeout(BLOCK_POLL, hints.next()).await {
                    break event;
                }
                if let Ok(tip) = self.node.tip()
                    && tip.height > hints.height
                {
                    hints.height = tip.height;
                    break NodeEvent::LookAtAll;
                }
            },
        }
    }
}

impl Hints {
    async fn next(&mut self) -> NodeEvent {
        match self.receiver.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => NodeEvent::LookAtAll,
            // We hold the node, which holds the sender.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Clone for Sandbox {
    fn clone(&self) -> Self {
        Self::with(Arc::clone(&self.node), self.calls.clone())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("node_id", &self.node_id()).finish_non_exhaustive()
    }
}
