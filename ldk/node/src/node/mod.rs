//! The node: ldk-node, our book of what became of each payment, and the tasks that keep both in step.

mod channels;
mod events;
mod follow_chain;
mod hold;
mod pay;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use ldk_node::bip39::Mnemonic;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::bitcoin::{BlockHash, Network, OutPoint};
use ldk_node::config::{AnchorChannelsConfig, Config};
use ldk_node::lightning::ln::msgs::SocketAddress;
use tokio::runtime::Handle;
use tokio::sync::{RwLock, broadcast};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Hash;
use crate::book::Book;
use crate::chain::{BlockTimes, ChainSource};
use crate::clock::Clock;
use crate::database::{Database, DatabaseError, LdkStore};
use crate::ldk_log::LdkLog;
use crate::signer::Signer;

pub(crate) use channels::OpenChannel;
pub(crate) use hold::AddHold;
pub(crate) use pay::{SendPayment, Sent};

pub(crate) use follow_chain::BACKGROUND_SYNC_MIN;

/// Reports of changes that a slow reader may miss; it reads the book then.
const REPORTS_MAX: usize = 4_096;

/// After a decision the channel's two sides exchange some messages. A node that stops before their end must finish it on
/// chain if it comes back after the payment's deadline.
const DECISION_GRACE: Duration = Duration::from_secs(2);

/// What anchor channels keep on chain, each, to pay the fees of a forced end.
const ANCHOR_RESERVE_SATS: u64 = 25_000;

#[derive(Debug, Clone)]
pub struct Options {
    pub network: Network,
    pub chain: ChainSource,
    /// How often the chain is read.
    pub sync: Duration,
    /// Where other nodes connect.
    pub listen: Vec<SocketAddress>,
    pub alias: Option<String>,
    /// Gossip by rapid sync from here; from the peers if `None`.
    pub rapid_gossip: Option<String>,
    /// Nodes whose channels are used before they have confirmations.
    pub trust_0conf: Vec<PublicKey>,
    /// LDK's state and our book.
    pub database: PathBuf,
}

/// Why a call was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("unable to locate invoice")]
    NotFound,
    #[error("invoice still open")]
    StillOpen,
    #[error("invoice already canceled")]
    AlreadyCancelled,
    #[error("invoice already settled")]
    AlreadySettled,
    #[error("invoice with payment hash already exists")]
    AlreadyExists,
    #[error("payment isn't initiated")]
    NeverSent,
    #[error("payment is in transition")]
    InTransition,
    #[error("invoice is already paid")]
    AlreadyPaid,
    #[error("invoice expired")]
    Expired,
    #[error("self-payments not allowed")]
    SelfPayment,
    #[error("{0}")]
    Bad(String),
    /// It may have taken effect.
    #[error("{0}")]
    Unconfirmed(String),
    #[error("{0}")]
    Failed(String),
}

impl From<DatabaseError> for CallError {
    fn from(error: DatabaseError) -> Self {
        Self::Unconfirmed(error.to_string())
    }
}

/// The chain as the node has read it.
#[derive(Debug, Clone, Copy)]
struct Tip {
    hash: BlockHash,
    /// When the block was made.
    time: u64,
}

/// What [`Node::info`] reports.
#[derive(Debug, Clone)]
pub struct Info {
    pub node_id: PublicKey,
    pub alias: String,
    pub network: Network,
    pub height: u32,
    pub block_hash: BlockHash,
    pub block_time: u64,
    /// The chain was read lately.
    pub synced: bool,
    pub active_channels: u32,
    pub inactive_channels: u32,
    pub pending_channels: u32,
    pub peers: u32,
    pub listen: Vec<SocketAddress>,
}

#[allow(missing_debug_implementations, reason = "has the node's key")]
pub struct Node {
    ldk: Arc<ldk_node::Node>,
    book: Book,
    signer: Signer,
    clock: Clock,
    network: Network,
    alias: String,
    sync: Duration,
    times: BlockTimes,
    /// What ldk-node read last. Its own answer waits while it stops.
    best: Mutex<(BlockHash, u32)>,
    /// A deadline that was reached stays reached, whatever a reorganisation does to the height.
    highest: AtomicU32,
    tip: Mutex<Option<Tip>>,
    /// When the chain was read last, by ldk-node's own count, and by ours.
    read_at: Mutex<Option<(u64, Instant)>>,
    /// Hashes of which a hold changed.
    holds: broadcast::Sender<Hash>,
    /// Hashes of which a payment ended.
    payments: broadcast::Sender<Hash>,
    /// Channels whose funding was sent: ldk-node's number, and the funding's output.
    funded: broadcast::Sender<(u128, OutPoint)>,
    /// A payment is begun, and a failed one recorded, by one at a time.
    paying: tokio::sync::Mutex<()>,
    /// Held by each call of ldk-node; closed when the node stops, because a call after LDK's last save would cost a
    /// channel at the next start.
    calls: Arc<RwLock<Gate>>,
    /// When a payment was claimed or given back last.
    decided_at: Mutex<Option<Instant>>,
    stop: CancellationToken,
    /// Cancelled when only another start helps.
    broken: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Gate {
    Open,
    Closed,
}

impl Node {
    /// Starts the node and its tasks. It may not have read the chain yet: see [`Info::synced`].
    pub async fn start(
        options: Options,
        seed: &Mnemonic,
        clock: Clock,
    ) -> anyhow::Result<Arc<Self>> {
        let database = Database::open(&options.database)?;
        let (book, store) = (Book::new(database.clone()), LdkStore(database));
        let seed = seed.to_seed_normalized("");
        let times = BlockTimes::new(options.chain.clone())?;
        let handle = Handle::current();
        let building = options.clone();
        // ldk-node waits for its own tasks, which a worker of the runtime must not.
        let built = tokio::task::spawn_blocking(move || build(&building, store, seed, handle));
        let ldk = Arc::new(built.await??);
        let best = ldk.status().current_best_block;
        let signer = Signer::new(&seed, options.network, ldk.node_id())?;
        let node = Arc::new(Self {
            ldk: Arc::clone(&ldk),
            book,
            signer,
            clock,
            network: options.network,
            alias: options.alias.unwrap_or_default(),
            sync: options.sync,
            times,
            best: Mutex::new((best.block_hash, best.height)),
            highest: AtomicU32::new(best.height),
            tip: Mutex::default(),
            read_at: Mutex::default(),
            holds: broadcast::channel(REPORTS_MAX).0,
            payments: broadcast::channel(REPORTS_MAX).0,
            funded: broadcast::channel(REPORTS_MAX).0,
            paying: tokio::sync::Mutex::default(),
            calls: Arc::new(RwLock::new(Gate::Open)),
            decided_at: Mutex::default(),
            stop: CancellationToken::new(),
            broken: CancellationToken::new(),
            tasks: Mutex::default(),
        });
        let started = tokio::task::spawn_blocking(move || ldk.start());
        started.await?.context("the node does not start")?;
        if let Err(error) = node.resume().await {
            node.stop().await?;
            return Err(error.into());
        }
        let mut tasks = node.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(Arc::clone(&node).follow_events());
        tasks.spawn(Arc::clone(&node).follow());
        tasks.spawn(Arc::clone(&node).read_often());
        drop(tasks);
        Ok(node)
    }

    /// Ends in order: what has happened is on disk when this returns.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.stop.cancel();
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        while tasks.join_next().await.is_some() {}
        let decided_at = *self.decided_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = decided_at {
            sleep_until(at + DECISION_GRACE).await;
        }
        // Waits for the calls that run.
        *self.calls.write().await = Gate::Closed;
        let ldk = Arc::clone(&self.ldk);
        tokio::task::spawn_blocking(move || ldk.stop()).await?.context("the node does not stop")
    }

    /// Cancelled when the node stops, or shall: streams end then.
    pub const fn stopped(&self) -> &CancellationToken {
        &self.stop
    }

    /// Cancelled when the node cannot go on, and another start may.
    pub const fn broken(&self) -> &CancellationToken {
        &self.broken
    }

    pub fn node_id(&self) -> PublicKey {
        self.ldk.node_id()
    }

    pub fn info(&self) -> Info {
        let (block_hash, height) = self.best();
        let channels = self.ldk.list_channels();
        let count = |which: &dyn Fn(&ldk_node::ChannelDetails) -> bool| {
            u32::try_from(channels.iter().filter(|channel| which(channel)).count())
                .unwrap_or(u32::MAX)
        };
        let peers = self.ldk.list_peers().iter().filter(|peer| peer.is_connected).count();
        let tip = *self.tip.lock().unwrap_or_else(PoisonError::into_inner);
        Info {
            node_id: self.ldk.node_id(),
            alias: self.alias.clone(),
            network: self.network,
            height,
            block_hash,
            // Of the last block whose time is known: never younger than the newest.
            block_time: tip.map_or(0, |tip| tip.time),
            synced: self.is_synced() && tip.is_some(),
            active_channels: count(&|channel| channel.is_usable),
            inactive_channels: count(&|channel| channel.is_channel_ready && !channel.is_usable),
            pending_channels: count(&|channel| !channel.is_channel_ready),
            peers: u32::try_from(peers).unwrap_or(u32::MAX),
            listen: self.ldk.listening_addresses().unwrap_or_default(),
        }
    }

    fn best(&self) -> (BlockHash, u32) {
        *self.best.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The highest that was ever read: deadlines are compared with it.
    fn height(&self) -> u32 {
        self.highest.load(Ordering::Relaxed)
    }

    /// Takes over what ldk-node has read.
    async fn see_best(&self) -> Result<(), CallError> {
        let status = self.call(|ldk| ldk.status()).await?;
        let best = status.current_best_block;
        self.highest.fetch_max(best.height, Ordering::Relaxed);
        *self.best.lock().unwrap_or_else(PoisonError::into_inner) = (best.block_hash, best.height);
        let mut read = self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = status.latest_lightning_wallet_sync_timestamp;
        if let Some(at) = at.filter(|at| read.is_none_or(|(known, _)| known != *at)) {
            *read = Some((at, Instant::now()));
        }
        Ok(())
    }

    fn note_decision(&self) {
        let now = Some(Instant::now());
        *self.decided_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Calls ldk-node, which writes to its store, without holding up the runtime. The call is made whether or not it is
    /// awaited to its end.
    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&ldk_node::Node) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let gate = Arc::clone(&self.calls).read_owned().await;
        if *gate == Gate::Closed {
            return Err(CallError::Failed("the node stops".into()));
        }
        let ldk = Arc::clone(&self.ldk);
        let called = tokio::task::spawn_blocking(move || {
            let called = call(&ldk);
            drop(gate);
            called
        });
        called.await.map_err(|error| CallError::Unconfirmed(error.to_string()))
    }
}

fn build(
    options: &Options,
    store: LdkStore,
    seed: [u8; 64],
    handle: Handle,
) -> anyhow::Result<ldk_node::Node> {
    let config = Config {
        network: options.network,
        listening_addresses: Some(options.listen.clone()).filter(|listen| !listen.is_empty()),
        trusted_peers_0conf: options.trust_0conf.clone(),
        anchor_channels_config: Some(AnchorChannelsConfig {
            trusted_peers_no_reserve: Vec::new(),
            per_channel_reserve_sats: ANCHOR_RESERVE_SATS,
        }),
        ..Config::default()
    };
    let mut builder = ldk_node::Builder::from_config(config);
    if let Some(alias) = &options.alias {
        builder.set_node_alias(alias.clone()).context("the alias is too long (32 bytes)")?;
    }
    builder.set_runtime(handle).set_entropy_seed_bytes(seed).set_custom_logger(Arc::new(LdkLog));
    options.chain.configure(&mut builder, options.sync)?;
    match &options.rapid_gossip {
        Some(url) => builder.set_gossip_source_rgs(url.clone()),
        None => builder.set_gossip_source_p2p(),
    };
    builder.build_with_store(Arc::new(store)).context("the node cannot be opened")
}
