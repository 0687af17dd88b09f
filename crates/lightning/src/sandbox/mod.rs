//! A Lightning node for trying things out and for tests: it signs real BOLT 11 invoices, holds
//! payments, settles and cancels them, and keeps them in a journal file so that it outlives the
//! program, as a node in a process of its own would. It also plays the customer's wallet
//! ([`Sandbox::pay`]). No channels, no peers and no money: its invoices are of regtest, so no other
//! node ever pays them.
//!
//! It reproduces what is unpleasant at real nodes: invoices that expire and payments that go back
//! at their deadline without a word, a limited number of slots, hints that are lost or come twice,
//! answers that are lost, settles that are answered `Ok` and did not happen. See [`Faults`].

mod book;
mod chain;
mod control;
mod invoice;
mod journal;
mod node;
mod options;
mod record;
mod wallet;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::ports::{
    Clock, HoldState, Lightning, NewHold, NodeEvent, PendingInvoice, PortError, Random,
};
use domain::sale::hold::Tip;
use domain::secret::Preimage;
use tokio::sync::{Mutex, broadcast};

pub use book::Purse;
pub use journal::OpenError;
pub use options::{Blocks, Faults, Options};
pub use wallet::{PayError, PayResult, PaymentState};

use node::{BLOCK_LOOK, Node, take};

/// A connection to the sandbox node. A clone is another connection to the same node, with hints of
/// its own.
pub struct Sandbox {
    node: Arc<Node>,
    hints: Mutex<Hints>,
}

struct Hints {
    receiver: broadcast::Receiver<NodeEvent>,
    height: u32,
}

impl Sandbox {
    /// The node whose journal is at `path`, a new one if there is none. The journal holds the
    /// node's key: it is readable by its owner only, and locked against a second program. Blocks
    /// while it reads; call it at start.
    pub fn open(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, OpenError> {
        Node::start(Some(path.as_ref()), clock, random, options).map(Self::connect)
    }

    /// A node that forgets everything when the last connection goes.
    pub fn in_memory(
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, OpenError> {
        Node::start(None, clock, random, options).map(Self::connect)
    }

    fn connect(node: impl Into<Arc<Node>>) -> Self {
        let node = node.into();
        let hints =
            Hints { receiver: node.hints.subscribe(), height: node.lock().book.chain.height() };
        Self { node, hints: Mutex::new(hints) }
    }

    /// The node's public key in hex, which its invoices are signed with.
    pub fn node_id(&self) -> String {
        self.node.key.public().to_string()
    }

    /// A question: when its answer is lost nothing is unknown.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        self.call(|node| {
            if take(&mut node.lock().faults.unavailable_next) {
                return Err(PortError::Unavailable("the node does not answer".into()));
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
                return Err(PortError::Unknown("the node's answer was lost".into()));
            }
            result
        })
        .await
    }

    /// Runs where waiting for the disk keeps nobody else waiting. Once begun it ends, even when the
    /// caller goes away: as with a node in another process.
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
        let node = Arc::clone(&self.node);
        let done = tokio::task::spawn_blocking(move || work(&node)).await;
        done.unwrap_or_else(|_| Err(PortError::Unknown("the node broke down".into()).into()))
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

    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        self.ask(Node::pending).await
    }

    async fn next_event(&self) -> NodeEvent {
        let mut hints = self.hints.lock().await;
        match self.node.options.blocks {
            Blocks::Mined => hints.next().await,
            Blocks::Flow => loop {
                if let Ok(event) = tokio::time::timeout(BLOCK_LOOK, hints.next()).await {
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
            // The node holds the sending end, and we hold the node.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Clone for Sandbox {
    fn clone(&self) -> Self {
        Self::connect(Arc::clone(&self.node))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("node_id", &self.node_id()).finish_non_exhaustive()
    }
}
