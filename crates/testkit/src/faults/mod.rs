//! A TCP proxy that fails on command, between a program and its peer: a message centre, a database, a customer's server.
//!
//! ```no_run
//! use std::time::Duration;
//! use testkit::faults::{Fault, Proxy, Toward};
//!
//! # async fn shown(server: std::net::SocketAddr) {
//! let proxy = Proxy::to(server).await; // a free port; connect to proxy.address()
//!
//! // Once, at an octet, counted over all connections from now on. The octet itself is forwarded.
//! proxy.after(120, Toward::Server, Fault::Cut);
//! proxy.struck(1).await; // wait until it has happened (add a timeout)
//!
//! // At once, to every open connection.
//! proxy.now(Toward::Client, Fault::HalfClose);
//! proxy.now(Toward::Server, Fault::Stall);
//!
//! // Until it is changed, for new connections, too.
//! proxy.refuse();
//! proxy.delay(Toward::Client, Duration::from_millis(40));
//!
//! proxy.mend(); // stalled data flow again and nothing fails any more; closed connections stay closed
//! # }
//! ```
//!
//! To sweep a conversation, run it once through a proxy without faults, read the octets [`Proxy::passed`] in each
//! direction, and run it again with a fault at every octet (or step).

mod carry;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Direction of octets. The client is the side that connected to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    Server,
    Client,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Both ends are reset.
    Cut,
    /// This direction is closed, and further octets are lost; the other one continues.
    HalfClose,
    /// Nothing is forwarded in this direction on any connection until [`Proxy::mend`].
    Stall,
}

/// One direction, over all connections.
#[derive(Debug, Default)]
struct Way {
    passed: u64,
    /// The fault after this number of octets.
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

/// Forwards until it is dropped, which closes all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    _forwarding: JoinSet<()>,
}

impl Proxy {
    /// A proxy on a free port of the loopback interface.
    ///
    /// # Panics
    /// If there is no free port.
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

    /// Fails once after the `octets`th octet from now in this direction, on its connection; 0 is before the next octet.
    /// It replaces a pending fault of this direction.
    pub fn after(&self, octets: u64, toward: Toward, fault: Fault) {
        self.state.send_modify(|state| {
            let way = state.way_mut(toward);
            way.armed = Some((way.passed.saturating_add(octets), fault));
        });
    }

    /// Fails now on every open connection. A cut ignores `toward`.
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

    /// Resets new connections.
    pub fn refuse(&self) {
        self.state.send_modify(|state| state.refusing = true);
    }

    /// Delays the data read from now on; order and bandwidth stay.
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

    /// Octets forwarded in this direction over all connections.
    pub fn passed(&self, toward: Toward) -> u64 {
        self.state.borrow().way(toward).passed
    }

    /// Accepted connections in total, without refused ones.
    pub fn accepted(&self) -> u64 {
        self.state.borrow().accepted
    }

    /// Open connections.
    pub fn open(&self) -> u64 {
        self.state.borrow().open
    }

    /// Waits until at least this many faults have happened in total.
    pub async fn struck(&self, times: u64) {
        // `self` owns the sender, so this cannot fail.
        let _ = self.state.subscribe().wait_for(|state| state.struck >= times).await;
    }
}
