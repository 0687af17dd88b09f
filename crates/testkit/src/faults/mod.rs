//! A TCP proxy that fails on command, to stand between a program and whatever it talks to: a message
//! centre, a database, a customer's server. It knows octets and nothing of what they mean.
//!
//! ```no_run
//! use std::time::Duration;
//! use testkit::faults::{Fault, Proxy, Toward};
//!
//! # async fn shown(server: std::net::SocketAddr) {
//! let proxy = Proxy::to(server).await; // a free port; connect to proxy.address()
//!
//! // Once, at an octet: counted over all connections from now on. The octet itself still arrives.
//! proxy.after(120, Toward::Server, Fault::Cut);
//! proxy.struck(1).await; // wait until it has happened (give it a limit of your own)
//!
//! // At once, to every open connection.
//! proxy.now(Toward::Client, Fault::HalfClose);
//! proxy.now(Toward::Server, Fault::Stall);
//!
//! // For as long as it is so, new connections too.
//! proxy.refuse();
//! proxy.delay(Toward::Client, Duration::from_millis(40));
//!
//! proxy.mend(); // what stalled flows again, nothing fails any more; what was cut stays cut
//! # }
//! ```
//!
//! To sweep a conversation, run it once through a proxy that does nothing, read how many octets
//! [`Proxy::passed`] each way, and run it again for every octet (or every step) with a fault there.

mod carry;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where octets go. The client is who connected to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    Server,
    Client,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Both ends are reset.
    Cut,
    /// The receiver is told that no more comes, and what comes is lost; the other way goes on.
    HalfClose,
    /// Nothing goes this way any more, on no connection, and nobody is told, until
    /// [`Proxy::mend`].
    Stall,
}

/// One of the two ways, over all connections.
#[derive(Debug, Default)]
struct Way {
    passed: u64,
    /// What happens when so many octets have passed.
    armed: Option<(u64, Fault)>,
    stalled: bool,
    /// How often all connections were half-closed.
    closed: u64,
    delay: Duration,
}

#[derive(Debug, Default)]
struct State {
    to_server: Way,
    to_client: Way,
    refusing: bool,
    /// How often all connections were cut.
    cut: u64,
    accepted: u64,
    open: u64,
    struck: u64,
}

impl State {
    const fn way(&self, toward: Toward) -> &Way {
        match toward {
            Toward::Server => &self.to_server,
            Toward::Client => &self.to_client,
        }
    }

    const fn way_mut(&mut self, toward: Toward) -> &mut Way {
        match toward {
            Toward::Server => &mut self.to_server,
            Toward::Client => &mut self.to_client,
        }
    }
}

/// Forwards while it lives; dropped, it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    _forwarding: JoinSet<()>,
}

impl Proxy {
    /// A proxy on a free port of the loopback.
    ///
    /// # Panics
    /// When there is no such port.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("its number");
        let state = watch::Sender::new(State::default());
        let mut forwarding = JoinSet::new();
        forwarding.spawn(carry::serve(listener, server, state.clone()));
        Self { address, state, _forwarding: forwarding }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Fails once, on the connection and behind the octet that is the `octets`th from now on its
    /// way; 0 is before the next one. It takes the place of one that is still to come that way.
    pub fn after(&self, octets: u64, toward: Toward, fault: Fault) {
        self.state.send_modify(|state| {
            let way = state.way_mut(toward);
            way.armed = Some((way.passed.saturating_add(octets), fault));
        });
    }

    /// Fails now, on every connection that is open. `toward` does not matter to a cut.
    pub fn now(&self, toward: Toward, fault: Fault) {
        self.state.send_modify(|state| {
            state.struck += 1;
            match fault {
                Fault::Cut => state.cut += 1,
                Fault::HalfClose => state.way_mut(toward).closed += 1,
                Fault::Stall => state.way_mut(toward).stalled = true,
            }
        });
    }

    /// Resets whoever connects.
    pub fn refuse(&self) {
        self.state.send_modify(|state| state.refusing = true);
    }

    /// What is read from now on arrives so much later; order and bandwidth stay.
    pub fn delay(&self, toward: Toward, delay: Duration) {
        self.state.send_modify(|state| state.way_mut(toward).delay = delay);
    }

    pub fn mend(&self) {
        self.state.send_modify(|state| {
            state.refusing = false;
            for toward in [Toward::Server, Toward::Client] {
                let way = state.way_mut(toward);
                (way.armed, way.stalled, way.delay) = (None, false, Duration::ZERO);
            }
        });
    }

    /// Octets that went this way, over all connections since the beginning.
    pub fn passed(&self, toward: Toward) -> u64 {
        self.state.borrow().way(toward).passed
    }

    /// Connections taken since the beginning, without those refused.
    pub fn accepted(&self) -> u64 {
        self.state.borrow().accepted
    }

    /// Connections that are open.
    pub fn open(&self) -> u64 {
        self.state.borrow().open
    }

    /// Waits until at least so many faults have happened since the beginning.
    pub async fn struck(&self, times: u64) {
        // The sender is ours, so this never ends for another reason.
        let _ = self.state.subscribe().wait_for(|state| state.struck >= times).await;
    }
}
