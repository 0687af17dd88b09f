//! Events of a session, and the reasons for its end. Events hold undecoded PDUs.

use std::io;
use std::time::Duration;

use crate::frame::FrameError;
use crate::pdu::RawPdu;
use crate::{CommandId, CommandStatus};

/// Identifies one request of the peer, which must be answered with it. Until then the request counts as
/// [unanswered](super::Session::unanswered).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the peer waits for an answer"]
pub struct Ticket {
    pub(crate) sequence: u32,
    pub(crate) command: CommandId,
    /// Memory that the request takes until it is answered.
    pub(crate) octets: u32,
}

impl Ticket {
    /// The operation to answer.
    #[must_use]
    pub const fn command(&self) -> CommandId {
        self.command
    }

    /// Lowers what the request counts with, and returns by how much.
    pub(crate) const fn shrink(&mut self, octets: u32) -> usize {
        let freed = self.octets.saturating_sub(octets);
        self.octets -= freed;
        freed as usize
    }
}

/// Why a request has no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It was never written: nothing happened, and it may be sent elsewhere.
    NeverSent,
    /// It was written and the response timer expired: it may have taken effect. A late response is reported as
    /// [`Event::LateResponse`].
    NoResponse,
    /// The connection ended before the response: it may have taken effect.
    SessionEnded,
}

/// An event of a session.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The server accepted our bind. (Consumed by [`client::connect`](crate::client::connect).)
    Bound(RawPdu),
    /// A client sent a bind. (Consumed by [`server`](crate::server).)
    BindRequested(RawPdu),
    /// The response to one of our requests, with any status. A `generic_nack` counts as one.
    Response {
        /// Token of the request.
        token: u64,
        /// Time since the request was written.
        rtt: Duration,
        /// The response.
        pdu: RawPdu,
    },
    /// A response after [`Failure::NoResponse`] was reported for the token.
    LateResponse {
        /// Token of the request.
        token: u64,
        /// The response.
        pdu: RawPdu,
    },
    /// One of our requests has failed without a response.
    Failed {
        /// Token of the request.
        token: u64,
        /// Why, and so whether it may have taken effect.
        why: Failure,
    },
    /// A request of the peer, to be answered with the ticket.
    Request {
        /// Identifies the request in its answer.
        ticket: Ticket,
        /// `deliver_sm`, `submit_sm`, `data_sm`, …
        pdu: RawPdu,
    },
    /// An `alert_notification`, which has no response.
    Alert(RawPdu),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The peer refused our bind.
    #[error("bind refused: {0}")]
    BindRefused(CommandStatus),
    /// We refused the peer's bind.
    #[error("peer's bind refused: {0}")]
    RefusedBind(CommandStatus),
    /// No bind (or no response to it) within the session-init timer.
    #[error("no bind within the session-init timer")]
    SessionInitTimeout,
    /// The peer did not answer an enquire_link and sent nothing else.
    #[error("enquire_link was not answered")]
    EnquireLinkTimeout,
    /// The peer unbound.
    #[error("unbound by the peer")]
    PeerUnbound,
    /// We unbound.
    #[error("unbound")]
    Unbound,
    /// The peer did not answer our unbind.
    #[error("unbind was not answered")]
    UnbindTimeout,
    /// The stream is not valid SMPP.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A PDU stayed incomplete for too long.
    #[error("a PDU stayed incomplete")]
    PartialPduTimeout,
    /// The peer does not read our output.
    #[error("the peer stopped reading")]
    WriteStalled,
    /// The peer closed the connection.
    #[error("connection closed by the peer")]
    PeerClosed,
    /// The connection failed.
    #[error("connection failed: {0}")]
    Io(io::ErrorKind),
    /// The peer ended the connection with a TLS alert (RFC 8446 §6.2): `CertificateRequired`, `UnknownCA`, …
    #[error("TLS alert from the peer: {0}")]
    TlsAlert(&'static str),
    /// The caller ended the session without an unbind.
    #[error("aborted")]
    Aborted,
}
