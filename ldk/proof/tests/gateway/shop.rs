//! A chain, a node, a Boltgram that sells for its payments, and a payer with channels to the node.

use regtest::peer::{RESERVE_SATS, payment_hash};
use regtest::world::until;
use regtest::{Options, Outcome, Peer, Source, World};
use tempfile::TempDir;

use crate::boltgram::Boltgram;
use crate::customer::{Customer, Order};
use crate::node::{NODE_PROGRAM, Node};
use crate::programs::program;

/// A number whose texts are delivered.
pub(crate) const DELIVERED: &str = "+4520120009";
/// A number whose texts fail.
pub(crate) const FAILED: &str = "+4520120002";
/// A number whose texts get no receipt, so that their payment stays held.
pub(crate) const SILENT: &str = "+4520120003";

/// Price of a text.
pub(crate) const PRICE_MSAT: u64 = 1_000_000;

/// Simulated carrier and supplier: only the money is real.
const CARRIER: &str = "[[carriers]]\nname = \"sandbox\"\nkind = \"sandbox\"\n\
                       [[routes]]\nprefix = \"\"\ncarriers = [\"sandbox\"]\n";

/// Blocks before the node's deadline at which Boltgram decides.
const ACTION_MARGIN: u32 = 6;

// What is dropped first ends first.
pub(crate) struct Shop {
    pub(crate) boltgram: Boltgram,
    pub(crate) node: Node,
    pub(crate) payer: Peer,
    pub(crate) world: World,
    /// It lives as long as the programs.
    #[expect(dead_code, reason = "its end removes the directory")]
    directory: TempDir,
}

impl Shop {
    /// A shop that sells, over Esplora. `config` is added to Boltgram's configuration; the payer has a channel of each size.
    pub(crate) fn open(config: &str, channels: &[u64]) -> Self {
        let mut shop = Self::prepare(config, channels, |world| world.esplora.source());
        shop.boltgram.start();
        shop
    }

    /// A shop whose Boltgram is not started yet.
    pub(crate) fn prepare(
        config: &str,
        channels: &[u64],
        source: impl Fn(&World) -> Source,
    ) -> Self {
        let mut shop = Self::build(source);
        shop.node.start();
        let (url, data) = (shop.node.url(), shop.node.data());
        shop.boltgram.configure(&format!(
            "{config}\n{CARRIER}[lightning]\nbackend = \"lnd\"\nurl = \"{url}\"\nmacaroon_file = \"{}\"\ntls_cert_file = \"{}\"\n",
            data.join("boltgram.macaroon").display(),
            data.join("tls.cert").display(),
        ));
        shop.fill(channels);
        shop
    }

    /// A shop that sells, and whose Boltgram runs the node.
    pub(crate) fn supervised(config: &str, channels: &[u64]) -> Self {
        let mut shop = Self::build(|world| world.esplora.source());
        let (esplora, node) = (shop.world.esplora.url(), &shop.node);
        shop.boltgram.configure(&format!(
            "{config}\n{CARRIER}[lightning]\nbackend = \"ldk\"\n[lightning.node]\nprogram = \"{}\"\ndata = \"{}\"\n\
             network = \"regtest\"\nrest = \"{}\"\nlisten = [\"{}\"]\nesplora = \"{esplora}\"\nsync = \"1s\"\n",
            program("BOLTGRAM_NODE", NODE_PROGRAM).display(),
            node.data().display(),
            node.rest(),
            node.address(),
        ));
        shop.boltgram.start();
        shop.fill(channels);
        shop
    }

    fn build(source: impl Fn(&World) -> Source) -> Self {
        let world = World::new();
        let directory = tempfile::tempdir().unwrap();
        let node = Node::new(directory.path(), source(&world));
        let boltgram = Boltgram::new(directory.path());
        let payer = world.peer("payer");
        Self { boltgram, node, payer, world, directory }
    }

    /// Gives the node its reserve, and the payer its channels.
    fn fill(&self, channels: &[u64]) {
        // A channel needs a reserve; a scenario may add one.
        self.world.fund_text(&self.node.run(&["new-address"]), 10 * RESERVE_SATS);
        self.world.mine(1);
        until("the node has money on the chain", || {
            let balance = self.node.get("/v1/balance/blockchain");
            (balance["confirmed_balance"] != "0").then_some(())
        });
        for sats in channels {
            self.open_channel(&self.payer, *sats, 0);
        }
    }

    pub(crate) fn node_id(&self) -> String {
        self.node.get("/v1/getinfo")["identity_pubkey"].as_str().unwrap().to_owned()
    }

    /// Opens a channel to the node and waits until it can be used.
    pub(crate) fn open_channel(&self, from: &Peer, sats: u64, push_msat: u64) {
        self.world.open(from, &self.node_id(), &self.node.address(), sats, push_msat);
    }

    /// Another node with a channel to ours.
    pub(crate) fn peer(&self, name: &str, sats: u64, push_msat: u64) -> Peer {
        let peer = self.world.peer(name);
        self.open_channel(&peer, sats, push_msat);
        peer
    }

    /// A node of the world that forwards to private channels, with a channel to ours.
    pub(crate) fn provider(&self, sats: u64) -> Peer {
        let options = Options::new("provider", self.world.esplora.source());
        let provider = self.world.peer_with(Options { forwards_privately: true, ..options });
        self.open_channel(&provider, sats, 0);
        provider
    }

    pub(crate) fn customer(&self) -> &Customer {
        self.boltgram.customer()
    }

    /// Pays an order, and waits until Boltgram shows it as paid.
    pub(crate) fn pay(&self, order: &Order) -> [u8; 32] {
        let hash = self.payer.pay(&order.invoice).unwrap();
        self.customer().await_paid(order);
        hash
    }

    /// Waits until the payer has the proof that its payment was taken, and checks it.
    pub(crate) fn await_taken(&self, hash: &[u8; 32]) {
        assert_eq!(payment_hash(&self.payer.wait_paid(hash)), *hash);
    }

    /// Waits until the payer's payment failed because the payee refused it.
    pub(crate) fn await_returned(&self, hash: &[u8; 32]) {
        let Outcome::Failed { .. } = self.payer.wait_outcome(hash) else {
            panic!("the payment was taken");
        };
    }

    /// Waits until the payer can spend exactly so much.
    pub(crate) fn await_spendable(&self, msat: u64) {
        let mut last = 0;
        until(&format!("the payer can spend {msat} msat, not {last}"), || {
            last = self.payer.spendable_msat();
            (last == msat).then_some(())
        });
    }

    /// A text without a receipt, whose payment is held now.
    pub(crate) fn hold(&self) -> (Order, [u8; 32]) {
        let order = self.customer().buy_text(SILENT);
        let hash = self.pay(&order);
        self.customer().await_status(&order, |status| {
            status["smsStatus"] == "sent" || status["smsStatus"] == "created"
        });
        (order, hash)
    }

    /// A text that is sold, paid, delivered and settled.
    pub(crate) fn sell(&self) {
        let (before, settled) = (self.payer.spendable_msat(), self.customer().ended("settled"));
        let order = self.customer().buy_text(DELIVERED);
        let hash = self.pay(&order);
        self.customer().await_delivered(&order);
        self.await_taken(&hash);
        self.await_spendable(before - PRICE_MSAT);
        self.customer().await_ended("settled", settled + 1);
    }

    /// Mines to the height at which Boltgram decides about a held payment; all nodes see it.
    pub(crate) fn mine_to_action(&self, hash: &[u8; 32]) {
        self.mine_to(self.node.deadline(hash) - ACTION_MARGIN);
    }

    /// Mines to a height that node and payer see.
    pub(crate) fn mine_to(&self, height: u32) {
        self.world.mine(height - self.world.height());
        self.node.await_height(height);
    }

    /// Connects the payer to the node again.
    pub(crate) fn reconnect(&self) {
        self.payer.reconnect(&self.node_id(), &self.node.address());
    }

    /// No channel was closed, and Boltgram's books are in order.
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.payer.closed_channels(), Vec::<String>::new());
        let checked = self.boltgram.run(&["ledger", "check"]);
        assert!(checked.ends_with("the ledger is sound"), "{checked}");
    }
}
