//! What a session tells its caller, and why it ended. Events hold PDUs undecoded.

use std::io;
use std::time::Duration;

use crate::frame::FrameError;
use crate::pdu::RawPdu;
use crate::{CommandId, CommandStatus};

/// The right, and the duty, to answer one request of the peer's. Until it is used the request counts against
/// [`SessionConfig::inbound_window`](super::SessionConfig::inbound_window).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the peer waits for an answer"]
pub struct Ticket {
    pub(crate) sequence: u32,
    pub(crate) command: CommandId,
}

impl Ticket {
    /// Which operation is to be answered.
    #[must_use]
    pub const fn command(&self) -> CommandId {
        self.command
    }
}

/// Why a request of ours has no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It was never written: nothing happened, it may be sent elsewhere.
    NeverSent,
    /// It was written, the response timer ran out: it may have happened. A late response may still come as
    /// [`Event::LateResponse`].
    NoResponse,
    /// It was handed to the connection, which ended before the response: it may have happened.
    SessionEnded,
}

/// One thing that happened on a session.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A client's bind was taken. (Consumed by [`client::connect`](crate::client::connect).)
    Bound(RawPdu),
    /// A client asks a server to bind. (Consumed by [`server`](crate::server).)
    BindRequested(RawPdu),
    /// The response to a request of ours, good or bad: see its status. A `generic_nack` counts as one.
    Response {
        /// The caller's.
        token: u64,
        /// From handing over to the connection until now.
        rtt: Duration,
        /// The response.
        pdu: RawPdu,
    },
    /// A response after [`Failure::NoResponse`] was reported for the token.
    LateResponse {
        /// The caller's.
        token: u64,
        /// The response.
        pdu: RawPdu,
    },
    /// A request of ours will have no response.
    Failed {
        /// The caller's.
        token: u64,
        /// Why, and so whether it may have happened.
        why: Failure,
    },
    /// A request of the peer's, to be answered with the ticket.
    Request {
        /// For the answer.
        ticket: Ticket,
        /// `deliver_sm`, `submit_sm`, `data_sm`, …
        pdu: RawPdu,
    },
    /// An `alert_notification`, which has no answer.
    Alert(RawPdu),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The peer refused our bind.
    #[error("bind refused: {0}")]
    BindRefused(CommandStatus),
    /// We refused the peer's bind.
    #[error("bind turned away: {0}")]
    BindTurnedAway(CommandStatus),
    /// No bind (or no response to it) within the session-init timer.
    #[error("not bound in time")]
    SessionInitTimeout,
    /// The peer did not answer an enquire_link and said nothing else.
    #[error("enquire_link was not answered")]
    EnquireLinkTimeout,
    /// The peer unbound.
    #[error("unbound by the peer")]
    PeerUnbound,
    /// We unbound.
    #[error("unbound")]
    Unbound,
    /// We unbound and the peer did not answer.
    #[error("unbind was not answered")]
    UnbindTimeout,
    /// The stream is not SMPP any more.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A PDU was begun and not finished in time.
    #[error("a PDU was left unfinished")]
    PartialPduTimeout,
    /// The peer does not read what we write.
    #[error("the peer stopped reading")]
    WriteStalled,
    /// The peer closed the connection.
    #[error("connection closed by the peer")]
    PeerClosed,
    /// The connection failed.
    #[error("connection failed: {0}")]
    Io(io::ErrorKind),
    /// The caller asked for an end without an unbind.
    #[error("aborted")]
    Aborted,
}
