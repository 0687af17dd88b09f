//! Keeps one session bound while this node holds its link: connect, bind, run the session, wait, repeat. The delay
//! after a refused bind is much longer than after a lost connection, so that the account is not locked.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use smpp::client::{self, ClientConfig, ConnectError};
use smpp::link::Link;
use smpp::session::{BindKind, CloseReason};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Inner;
use super::session::Bound;

/// After a session of this duration the delays restart from the shortest.
const STABLE_AFTER: Duration = Duration::from_secs(30);

/// Time for open requests when the operator requested a new session: the peer may not answer any more.
const RECONNECT_GRACE: Duration = Duration::from_secs(5);

/// One session and its state for the operator.
#[derive(Debug)]
pub(super) struct Bind {
    kind: BindKind,
    /// Index of its link; the two sessions of a pair share one.
    pub(super) link: u32,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) bound: bool,
    /// The carrier may consider the session open.
    pub(super) open: bool,
    /// Why it is not bound.
    pub(super) detail: String,
}

impl Bind {
    pub(super) fn new(kind: BindKind, link: u32) -> Self {
        let state = State { bound: false, open: false, detail: "not running".to_owned() };
        Self { kind, link, state: Mutex::new(state) }
    }

    fn state_mut(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.state_mut().clone()
    }

    fn set_bound(&self) {
        *self.state_mut() = State { bound: true, open: true, detail: "bound".to_owned() };
    }

    fn set_connecting(&self) {
        *self.state_mut() = State { bound: false, open: true, detail: "connecting".to_owned() };
    }

    fn set_down(&self, detail: impl Into<String>) {
        *self.state_mut() = State { bound: false, open: false, detail: detail.into() };
    }

    /// Keeps the session bound until the carrier stops.
    pub(super) async fn run(&self, carrier: &Inner) {
        let closing = &carrier.lifecycle.closing;
        let (mut lost, mut refused) =
            (carrier.settings.lost.clone(), carrier.settings.refused.clone());
        let config = ClientConfig { kind: self.kind, ..carrier.settings.client.clone() };
        let name = carrier.lifecycle.name.as_str();
        let mut failing = String::new();
        let mut requests = carrier.reconnects.subscribe();
        while !closing.is_cancelled() {
            if !carrier.may_keep(self.link) {
                self.set_down("assigned to another node");
                tokio::select! {
                    () = carrier.granted(self.link) => {}
                    () = closing.cancelled() => break,
                }
            }
            requests.mark_unchanged();
            self.set_connecting();
            let connected = tokio::select! {
                connected = client::connect(&config) => connected,
                () = carrier.withdrawn(self.link) => continue,
                () = closing.cancelled() => break,
            };
            let pause = match connected {
                Ok(link) => {
                    failing.clear();
                    let begun = Instant::now();
                    let reason = self.run_session(carrier, link, requests.clone()).await;
                    carrier.interruption.note(carrier.clock.now());
                    let requested = requests.has_changed().unwrap_or(false);
                    let wished =
                        closing.is_cancelled() || !carrier.may_keep(self.link) || requested;
                    if wished {
                        tracing::info!(carrier = name, %reason, "SMPP session ended");
                    } else {
                        tracing::warn!(carrier = name, %reason, "SMPP session ended");
                    }
                    self.set_down(reason);
                    if wished {
                        continue;
                    }
                    if begun.elapsed() > STABLE_AFTER {
                        lost.reset();
                        refused.reset();
                    }
                    lost.next(carrier.draw())
                }
                Err(error) => {
                    let (why, source) = (describe(&error), std::error::Error::source(&error));
                    // Log each new error once, not each attempt.
                    if why == failing {
                        tracing::debug!(carrier = name, %error, source, "still no SMPP session");
                    } else {
                        tracing::warn!(carrier = name, %error, source, "no SMPP session");
                        failing.clone_from(&why);
                    }
                    self.set_down(why);
                    let refusal = error.is_refusal();
                    if refusal { refused.next(carrier.draw()) } else { lost.next(carrier.draw()) }
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = closing.cancelled() => {}
                _ = requests.changed() => {
                    lost.reset();
                    refused.reset();
                }
            }
        }
        self.set_down("stopped");
    }

    /// Runs a session; returns why it ended.
    async fn run_session(
        &self,
        carrier: &Inner,
        link: Link,
        mut requests: watch::Receiver<u64>,
    ) -> String {
        tracing::info!(
            carrier = carrier.lifecycle.name.as_str(),
            kind = ?link.peer.kind,
            peer_version = link.peer.interface_version,
            "SMPP session bound"
        );
        let leaving = carrier.lifecycle.closing.child_token();
        let number = u16::try_from(self.link.saturating_add(1)).unwrap_or(u16::MAX);
        let (bound, events, run) = Bound::new(carrier, number, link, leaving.clone());
        self.set_bound();
        let abort = async {
            let requested = tokio::select! {
                () = carrier.withdrawn(self.link) => false,
                _ = requests.changed() => true,
            };
            leaving.cancel();
            tokio::select! {
                () = carrier.lapsed() => {}
                () = tokio::time::sleep(RECONNECT_GRACE), if requested => {}
            }
            bound.abort();
            std::future::pending::<Infallible>().await
        };
        let lived = tokio::select! {
            lived = AssertUnwindSafe(bound.run(events, run)).catch_unwind() => lived,
            never = abort => match never {},
        };
        // Reports nothing unless the session panicked.
        bound.fail_open_jobs().await;
        carrier.defer_unserved().await;
        match lived {
            Ok(CloseReason::PeerUnbound) => "the carrier unbound".to_owned(),
            Ok(reason) => reason.to_string(),
            Err(_) => {
                tracing::error!(carrier = carrier.lifecycle.name.as_str(), "a session panicked");
                "fell".to_owned()
            }
        }
    }
}

/// One line for the link status, with the carrier's response.
fn describe(error: &ConnectError) -> String {
    match error {
        ConnectError::Refused { status } => {
            format!("refused: {}", status.name().map_or_else(|| status.to_string(), str::to_owned))
        }
        error => error.to_string(),
    }
}
