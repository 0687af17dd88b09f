//! A session on a connection, the same for client and server: the future that drives it, the handle to send with and
//! the receiver of events. It does not connect, listen or start tasks.

pub(crate) mod driver;
mod handle;
mod inbound_room;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use handle::{Events, Handle, SessionEnded};
pub use inbound_room::InboundRoom;

use crate::session::{BindKind, CloseReason};

/// A bound session.
#[derive(Debug)]
pub struct Link {
    /// Sends requests and answers.
    pub handle: Handle,
    /// Receives what happens on the session.
    pub events: Events,
    /// Drives the session: await it in a task. Dropping it closes the connection.
    pub run: SessionFuture,
    /// The other side, as it described itself.
    pub peer: Peer,
}

/// What the other side sent when binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its `system_id`; invalid UTF-8 is replaced.
    pub system_id: String,
    /// Its interface version, e.g. 0x34. `None` if it sent none: by the standard 3.3 or older, which is often wrong.
    pub interface_version: Option<u8>,
    /// Direction of messages.
    pub kind: BindKind,
}

/// The future that drives a session. It completes when the session has ended and all events have been received.
#[must_use = "a session lives only while this runs"]
pub struct SessionFuture(pub(crate) Pin<Box<dyn Future<Output = CloseReason> + Send>>);

impl Future for SessionFuture {
    type Output = CloseReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseReason> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for SessionFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionFuture")
    }
}
