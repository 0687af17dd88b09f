//! A session on a connection, the same for client and server: the future that drives it and the caller's two ends.
//! It does not connect, listen or start tasks.

pub(crate) mod driver;
mod handle;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use handle::{Events, Handle, SessionEnded};

use crate::session::{BindKind, CloseReason};

/// A bound session.
#[derive(Debug)]
pub struct Link {
    /// Sends requests and answers.
    pub handle: Handle,
    /// Tells what happens.
    pub events: Events,
    /// Must be run (awaited in a task of the caller's) for anything to happen. Dropping it cuts the connection.
    pub run: Run,
    /// The other side.
    pub peer: Peer,
}

/// What the other side said of itself when binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its `system_id`, non-UTF-8 replaced.
    pub system_id: String,
    /// 0x34 and the like; `None` when it did not say (then 3.3 or older by the standard, often untrue).
    pub interface_version: Option<u8>,
    /// Which way messages go.
    pub kind: BindKind,
}

/// The future that is a session. It ends when the session has and every event was taken.
#[must_use = "a session lives only while this runs"]
pub struct Run(pub(crate) Pin<Box<dyn Future<Output = CloseReason> + Send>>);

impl Future for Run {
    type Output = CloseReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseReason> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Run")
    }
}
