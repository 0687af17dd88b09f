//! One place that makes the chain, its servers and the nodes on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitcoin::{Address, Txid};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::bitcoind::Bitcoind;
use crate::chain::SharedChain;
use crate::electrum::Electrum;
use crate::esplora::Esplora;
use crate::peer::{Options, Peer};

/// Limit of every wait: a condition that does not come true in this time fails the test.
pub const WAIT: Duration = Duration::from_secs(30);

/// Confirmations that a channel needs.
pub const CONFIRMATIONS: u32 = 6;

/// A chain, its servers, and a runtime of its own for them and for the nodes.
///
/// All calls block: use it from a plain thread (`#[test]`), or from a tokio runtime of several threads.
pub struct World {
    /// The chain.
    pub chain: SharedChain,
    /// The chain as an Esplora server.
    pub esplora: Esplora,
    /// The chain as an Electrum server.
    pub electrum: Electrum,
    /// The chain as bitcoind's RPC interface.
    pub bitcoind: Bitcoind,
    runtime: Arc<Background>,
    directory: TempDir,
}

impl World {
    /// A chain of 110 blocks and its servers.
    #[must_use]
    pub fn new() -> World {
        let runtime = Background::start();
        let chain = SharedChain::new();
        let esplora = runtime.wait(Esplora::serve(chain.clone()));
        let electrum = runtime.wait(Electrum::serve(chain.clone()));
        let bitcoind = runtime.wait(Bitcoind::serve(chain.clone()));
        let directory = tempfile::Builder::new().prefix("regtest-").tempdir().expect("a directory");
        World { chain, esplora, electrum, bitcoind, runtime, directory }
    }

    /// A started node with money on the chain: 10,000,000 satoshi in two outputs, confirmed. It learns of blocks by
    /// [`Peer::sync`] alone.
    #[must_use]
    pub fn peer(&self, name: &str) -> Peer {
        self.peer_with(Options::new(name, self.esplora.source()))
    }

    /// As [`World::peer`], with options.
    #[must_use]
    pub fn peer_with(&self, options: Options) -> Peer {
        let peer = Peer::start(options, self.runtime.clone(), self.directory.path());
        for _ in 0..2 {
            self.fund(&peer.new_address(), 5_000_000);
        }
        self.mine(1);
        peer.sync();
        peer
    }

    /// A payer with a channel to the node at `id` and `address` for each of `sats`, confirmed and usable. The other node
    /// must learn of the blocks by itself and needs 25,000 satoshi on the chain for each channel.
    #[must_use]
    pub fn payer(&self, name: &str, id: &str, address: &str, sats: &[u64]) -> Peer {
        let payer = self.peer(name);
        for sats in sats {
            self.open(&payer, id, address, *sats, 0);
        }
        payer
    }

    /// Opens a channel to a node that learns of blocks by itself, and waits until it can be used.
    pub fn open(&self, from: &Peer, id: &str, address: &str, sats: u64, push_msat: u64) {
        self.open_and_mine(from, id, address, sats, push_msat);
        from.sync();
        from.wait_usable(from.channels().len());
    }

    /// Opens a channel between two nodes of this world, and waits until both can use it.
    pub fn open_between(&self, from: &Peer, to: &Peer, sats: u64, push_msat: u64) {
        self.open_and_mine(from, &to.id(), &to.address(), sats, push_msat);
        from.sync();
        to.sync();
        from.wait_usable(from.channels().len());
        to.wait_usable(to.channels().len());
    }

    fn open_and_mine(&self, from: &Peer, id: &str, address: &str, sats: u64, push_msat: u64) {
        let funding = from.open(id, address, sats, push_msat);
        self.wait_seen(&funding);
        self.mine(CONFIRMATIONS);
    }

    /// Waits until the chain or its mempool has a transaction.
    pub fn wait_seen(&self, txid: &Txid) {
        until(
            &format!(
                "transaction {txid} at the chain; refused: {:?}",
                self.chain.lock().rejected()
            ),
            || self.chain.lock().tx(txid).map(|_| ()),
        );
    }

    /// Pays an address. The payment waits in the mempool.
    pub fn fund(&self, address: &Address, sats: u64) -> Txid {
        self.chain.lock().pay(address, sats)
    }

    /// As [`World::fund`], for an address as text.
    pub fn fund_text(&self, address: &str, sats: u64) -> Txid {
        let address: Address<bitcoin::address::NetworkUnchecked> =
            address.parse().expect("an address");
        self.fund(&address.assume_checked(), sats)
    }

    /// Mines blocks.
    pub fn mine(&self, blocks: u32) {
        self.chain.lock().mine(blocks);
    }

    /// Height of the newest block.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.chain.lock().height()
    }
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

/// Asks every few milliseconds until there is an answer.
///
/// # Panics
/// After [`WAIT`], with the name of what did not come.
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(WAIT, what, ask)
}

/// As [`until`], with a limit of its own.
///
/// # Panics
/// After the limit, with the name of what did not come.
pub fn until_within<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A runtime that may be dropped anywhere, also inside another runtime.
pub(crate) struct Background(Option<Runtime>);

impl Background {
    fn start() -> Arc<Background> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Arc::new(Background(Some(runtime.expect("a runtime"))))
    }

    pub(crate) fn handle(&self) -> tokio::runtime::Handle {
        self.0.as_ref().expect("it lives until it is dropped").handle().clone()
    }

    /// Runs a future to its end, from any thread.
    fn wait<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.handle().spawn(async move { sender.send(future.await) });
        receiver.recv().expect("the future ends")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
