//! Nodes of others that ours pays: a hub that takes a fee, and a payee behind it.

use std::collections::HashMap;

use regtest::{Options, Peer, Source, World};
use testkit::lightning_conformance::Route;

/// What the hub takes.
pub(crate) const FEE_MSAT: i64 = 1_500;

const CHANNEL_SATS: u64 = 5_000_000;

pub(crate) struct Others {
    hub: Peer,
    payee: Peer,
    route: Route,
    /// Invoices of the payee, with their preimages.
    invoices: HashMap<[u8; 32], ([u8; 32], u64)>,
}

impl Others {
    /// `id` and `address` are of the node under test, which reads the chain when `read_chain` is called.
    pub(crate) fn start(world: &World, id: &str, address: &str, read_chain: &dyn Fn()) -> Self {
        let options = |name: &str| Options::new(name, Source::Esplora(world.esplora.url()));
        let hub = Options {
            base_fee_msat: u32::try_from(FEE_MSAT).unwrap(),
            forwards_privately: true,
            ..options("hub")
        };
        let (hub, payee) = (world.peer_with(hub), world.peer_with(options("payee")));
        world.open_between(&hub, &payee, CHANNEL_SATS, 0);
        let funding = hub.open(id, address, CHANNEL_SATS - 1_000_000, 2_000_000_000);
        world.wait_seen(&funding);
        world.mine(6);
        hub.sync();
        payee.sync();
        read_chain();
        hub.wait_usable(2);
        payee.wait_route_hints();
        Self { hub, payee, route: Route::Found, invoices: HashMap::new() }
    }

    pub(crate) fn reconnect(&self, id: &str, address: &str) {
        self.hub.reconnect(id, address);
    }

    pub(crate) fn invoice(&mut self, preimage: [u8; 32], msat: u64, expiry_s: u32) -> String {
        let hash = regtest::peer::payment_hash(&preimage);
        self.invoices.insert(hash, (preimage, msat));
        self.payee.hold_invoice_expiring(msat, "another's", &hash, expiry_s)
    }

    pub(crate) fn set_route(&mut self, route: Route) {
        self.route = route;
    }

    /// Does with payments that have come as the route says.
    pub(crate) fn act(&self) {
        for (hash, (preimage, _)) in &self.invoices {
            if self.payee.held(hash).is_none() || self.payee.received(hash).is_some() {
                continue;
            }
            match self.route {
                Route::Found => self.payee.claim(preimage),
                Route::None => self.payee.fail(hash),
                Route::Stuck => {}
            }
        }
    }

    /// Ends one payment that is stuck.
    pub(crate) fn end(&self, hash: &[u8; 32], arrived: bool) {
        let preimage = self.invoices[hash].0;
        let _held = self.payee.wait_held(hash);
        if arrived {
            self.payee.claim(&preimage);
            let _msat = self.payee.wait_received(hash);
        } else {
            self.payee.fail(hash);
        }
    }

    /// Payments that arrived, and their sum.
    pub(crate) fn arrived(&self) -> (u64, u64) {
        let arrived = self.invoices.keys().filter_map(|hash| self.payee.received(hash));
        arrived.fold((0, 0), |(count, sum), msat| (count + 1, sum + msat))
    }
}
