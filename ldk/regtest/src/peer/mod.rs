//! A Lightning node of the other side: it pays, receives, holds and forwards. It runs in the test's process, over a store
//! in memory that it keeps when it is stopped and started.
//!
//! All calls block, from any thread.

/// Payments that are not what the invoice says.
mod dishonest;
/// What happened at the node: outcomes, holds, receipts.
mod journal;
/// The options of a node, and how it is built from them.
mod options;
/// Payments out and in.
mod payments;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bitcoin::secp256k1::PublicKey;
use bitcoin::{Address, Txid};
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::{ChannelDetails, Node};

pub use journal::{Held, Outcome};
pub use options::{Options, RESERVE_SATS, Source};
pub use payments::payment_hash;

use crate::store::MemoryStore;
use crate::world::{Background, until};
use journal::SharedJournal;

/// A node of the other side. It stops when it is dropped.
pub struct Peer {
    options: Options,
    port: u16,
    seed: [u8; 64],
    store: MemoryStore,
    directory: PathBuf,
    runtime: Arc<Background>,
    journal: SharedJournal,
    running: Option<Running>,
}

struct Running {
    node: Arc<Node>,
    ending: Arc<AtomicBool>,
    events: JoinHandle<()>,
}

impl Peer {
    pub(crate) fn start(options: Options, runtime: Arc<Background>, parent: &Path) -> Peer {
        let directory = parent.join(&options.name);
        let seed = options::seed(&options.name);
        let mut peer = Peer {
            options,
            port: free_port(),
            seed,
            store: MemoryStore::default(),
            directory,
            runtime,
            journal: SharedJournal::default(),
            running: None,
        };
        peer.start_again();
        peer
    }

    /// Starts a stopped node, with all that it knew.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "{} runs already", self.options.name);
        let node = Arc::new(apart(|| {
            let node = self.options.build(
                &self.seed,
                self.port,
                &self.directory,
                &self.store,
                self.runtime.handle(),
            );
            node.start().expect("the node starts");
            node
        }));
        let ending = Arc::new(AtomicBool::new(false));
        let events = {
            let (node, ending, journal) = (node.clone(), ending.clone(), self.journal.clone());
            std::thread::spawn(move || {
                while !ending.load(Ordering::Relaxed) {
                    match node.next_event() {
                        Some(event) => {
                            journal.record(event);
                            node.event_handled().expect("the store works");
                        }
                        None => std::thread::sleep(Duration::from_millis(3)),
                    }
                }
            })
        };
        self.running = Some(Running { node, ending, events });
    }

    /// Stops the node in order. Calls that need it panic until [`Peer::start_again`].
    pub fn stop(&mut self) {
        let Some(Running { node, ending, events }) = self.running.take() else { return };
        ending.store(true, Ordering::Relaxed);
        let _ = events.join();
        apart(move || {
            let _ = node.stop();
            drop(node);
        });
    }

    fn node(&self) -> &Node {
        &self.running.as_ref().unwrap_or_else(|| panic!("{} is stopped", self.options.name)).node
    }

    /// Its node id in hex.
    #[must_use]
    pub fn id(&self) -> String {
        self.node_id().to_string()
    }

    /// Its node id.
    #[must_use]
    pub fn node_id(&self) -> PublicKey {
        self.node().node_id()
    }

    /// Where other nodes reach it: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A new address of its wallet.
    #[must_use]
    pub fn new_address(&self) -> Address {
        self.node().onchain_payment().new_address().expect("an address")
    }

    /// Satoshi in its wallet on the chain, confirmed or not.
    #[must_use]
    pub fn onchain_sats(&self) -> u64 {
        self.node().list_balances().total_onchain_balance_sats
    }

    /// Learns of new blocks; tries for as long as [`crate::world::WAIT`].
    pub fn sync(&self) {
        until(&format!("{} learns of new blocks", self.options.name), || self.try_sync().ok());
    }

    /// Learns of new blocks, once.
    ///
    /// # Errors
    /// ldk-node's text, for example while the chain's server is down.
    pub fn try_sync(&self) -> Result<(), String> {
        apart(|| self.node().sync_wallets()).map_err(|e| e.to_string())
    }

    /// Connects to a node; it stays a peer.
    ///
    /// # Errors
    /// ldk-node's text.
    pub fn connect(&self, id: &str, address: &str) -> Result<(), String> {
        let (id, address) = (parse_id(id), parse_address(address));
        apart(|| self.node().connect(id, address, true)).map_err(|e| e.to_string())
    }

    /// Connects again and again until every channel can be used: after a restart of either side.
    pub fn reconnect(&self, id: &str, address: &str) {
        until(&format!("{} reaches {address} again", self.options.name), || {
            let _ = self.connect(id, address);
            self.channels().iter().all(|channel| channel.is_usable).then_some(())
        });
    }

    /// Opens a channel and gives its funding transaction, which [`crate::World::wait_seen`] can wait for.
    #[must_use]
    pub fn open(&self, id: &str, address: &str, sats: u64, push_msat: u64) -> Txid {
        let (id, address) = (parse_id(id), parse_address(address));
        let config = self.options.channel_config();
        let channel =
            apart(|| self.node().open_channel(id, address, sats, Some(push_msat), Some(config)));
        let channel =
            channel.unwrap_or_else(|e| panic!("{} opens a channel: {e}", self.options.name));
        until("the channel's funding transaction", || {
            let closed = self.journal.closed();
            assert!(closed.is_empty(), "a channel was closed: {closed:?}");
            let found = self.channels().into_iter().find(|c| c.user_channel_id == channel)?;
            Some(found.funding_txo?.txid)
        })
    }

    /// Its channels.
    #[must_use]
    pub fn channels(&self) -> Vec<ChannelDetails> {
        self.node().list_channels()
    }

    /// Waits until so many channels can be used.
    pub fn wait_usable(&self, channels: usize) {
        until(&format!("{channels} channels of {} can be used", self.options.name), || {
            (self.channels().iter().filter(|c| c.is_usable).count() >= channels).then_some(())
        });
    }

    /// Waits until it knows, for all its channels, what the other side takes for forwarding: its invoices then lead
    /// through private channels.
    pub fn wait_route_hints(&self) {
        until(&format!("{} knows its peers' forwarding fees", self.options.name), || {
            self.channels()
                .iter()
                .all(|c| c.counterparty_forwarding_info_fee_base_msat.is_some())
                .then_some(())
        });
    }

    /// What it could send over its channels now, in millisatoshi. Payments that are held are not in it.
    #[must_use]
    pub fn spendable_msat(&self) -> u64 {
        self.channels().iter().map(|channel| channel.outbound_capacity_msat).sum()
    }

    /// Closes every channel, alone if `force`.
    pub fn close_channels(&self, force: bool) {
        for channel in self.channels() {
            let (id, peer) = (channel.user_channel_id, channel.counterparty_node_id);
            let closed = apart(|| match force {
                true => self.node().force_close_channel(&id, peer, None),
                false => self.node().close_channel(&id, peer),
            });
            closed.expect("the channel closes");
        }
    }

    /// Why channels were closed, so far.
    #[must_use]
    pub fn closed_channels(&self) -> Vec<String> {
        self.journal.closed()
    }

    /// Fees that it earned by forwarding so far, in millisatoshi.
    #[must_use]
    pub fn forwarding_fees_msat(&self) -> u64 {
        self.journal.forwarding_fees_msat()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A TCP port of 127.0.0.1 that is free now.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it listens").port()
}

/// Runs a blocking call of ldk-node on a thread that belongs to no runtime.
fn apart<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(call).join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn parse_id(id: &str) -> PublicKey {
    id.parse().unwrap_or_else(|e| panic!("node id {id}: {e}"))
}

fn parse_address(address: &str) -> SocketAddress {
    address.parse().unwrap_or_else(|e| panic!("address {address}: {e:?}"))
}
