//! The session state machine for client (ESME) and server (SMSC), without I/O and with the time passed in.
//! `link` moves its octets; the caller interprets messages.
//!
//! ```text
//!          bind accepted                 unbind sent             unbind_resp, timeout
//!   Open ───────────────▶ Bound{Tx,Rx,Trx} ───────▶ Unbinding ─────────────────────▶ Closed
//!     │ refused, timeout        │ peer's unbind: drain, answer it                       ▲
//!     └────────────────────────▶┴────────── connection lost, enquire_link missed ───────┘
//! ```
//!
//! Draining: no new requests of ours are sent; open requests of both sides may still be answered, until all are or
//! [`SessionConfig::drain`] has passed. A crash at any point leaves only requests without a response: a request that
//! was passed to a session and not reported as [`Event::Response`] may have taken effect.
//!
//! Limits: our requests by the window. A server throttles a client above [`SessionConfig::inbound_window`]. A client
//! refuses none of the peer's requests, because some SMSCs never repeat what was refused: its caller stops reading
//! instead ([`Session::stop_reading`]), and the session's timers stand still until it reads again.

mod batch;
mod bind;
mod clock;
mod config;
mod event;
mod receive;
mod timers;
mod window;

use std::time::Instant;

use bytes::BytesMut;

pub use batch::{Answers, Requests};
pub use bind::{BindKind, BindParameters};
use clock::Clock;
pub use config::{SessionConfig, WINDOW_MAX};
pub use event::{CloseReason, Event, Failure, Ticket};
pub use window::SEQUENCE_MAX;
use window::Window;

use crate::{CommandId, CommandStatus, pdu};

/// The side of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An ESME: binds, submits, receives deliveries.
    Client,
    /// An SMSC: is bound to, takes submissions, delivers.
    Server,
}

/// State of a session (SMPP 3.4 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connected, not bound.
    Open,
    /// Bound, with the direction of messages.
    Bound(BindKind),
    /// We sent `unbind` and wait for its response.
    Unbinding,
    /// Ended.
    Closed(CloseReason),
}

/// Figures that are counted instead of reported as events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Responses that arrived after the response timer.
    pub late_responses: u64,
    /// Responses that match no request, or are of another kind than the request.
    pub stray_responses: u64,
    /// Requests with an unknown command id, answered with `generic_nack`.
    pub unknown_commands: u64,
    /// Requests that a server throttled because of [`SessionConfig::inbound_window`].
    pub overflowed: u64,
    /// Requests refused because they are not allowed in the state or role.
    pub misplaced: u64,
}

#[derive(Debug, Clone, Copy)]
enum DrainFor {
    OurUnbind,
    PeersUnbind { sequence: u32 },
}

/// One session. The caller passes in octets and the time and takes output and events out.
#[derive(Debug)]
pub struct Session {
    role: Role,
    config: SessionConfig,
    state: State,
    window: Window,
    output: BytesMut,
    unanswered: u32,
    unanswered_octets: usize,
    bind_pending: Option<(CommandId, u32)>,
    drain: Option<(DrainFor, Instant)>,
    peer_version: Option<u8>,
    congestion: Option<u8>,
    counters: Counters,
    opened: Instant,
    received: Instant,
    active: Instant,
    partial_since: Option<Instant>,
    enquired: Option<Instant>,
    clock: Clock,
}

impl Session {
    /// A session on a connection established `now`.
    #[must_use]
    pub fn new(role: Role, config: SessionConfig, now: Instant) -> Self {
        let config = config.within_limits();
        Self {
            role,
            state: State::Open,
            window: Window::new(config.window, config.first_sequence, now),
            config,
            output: BytesMut::new(),
            unanswered: 0,
            unanswered_octets: 0,
            bind_pending: None,
            drain: None,
            peer_version: None,
            congestion: None,
            counters: Counters::default(),
            opened: now,
            received: now,
            active: now,
            partial_since: None,
            enquired: None,
            clock: Clock::default(),
        }
    }

    /// The current state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Octets to write to the connection; the caller consumes them.
    pub const fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Our requests that await a response.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.window.in_flight()
    }

    /// The peer's requests that await our answer.
    #[must_use]
    pub const fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// Memory that they take, in octets.
    #[must_use]
    pub const fn unanswered_octets(&self) -> usize {
        self.unanswered_octets
    }

    /// The caller dropped a part of the peer's requests that is this large.
    pub(crate) const fn free(&mut self, octets: usize) {
        self.unanswered_octets = self.unanswered_octets.saturating_sub(octets);
    }

    /// The window's size in requests.
    #[must_use]
    pub const fn window(&self) -> u32 {
        self.config.window
    }

    /// Changes the window's size, clamped to 1..=[`WINDOW_MAX`]. A smaller one takes effect as responses arrive.
    pub fn set_window(&mut self, size: u32, now: Instant) {
        self.config.window = size.clamp(1, WINDOW_MAX);
        self.window.make_room(self.config.window, now);
    }

    /// Whether requests may be sent: bound and not draining.
    #[must_use]
    pub const fn accepts_requests(&self) -> bool {
        matches!(self.state, State::Bound(_)) && self.drain.is_none()
    }

    /// How many requests may be sent now.
    #[must_use]
    pub const fn room(&self) -> u32 {
        if self.accepts_requests() {
            self.config.window.saturating_sub(self.window.in_flight())
        } else {
            0
        }
    }

    /// The peer's interface version: `sc_interface_version` of a bind response, `interface_version` of a bind.
    /// `None` from a server means 3.3 or older (SMPP 3.4 §5.3.2.25).
    #[must_use]
    pub const fn peer_version(&self) -> Option<u8> {
        self.peer_version
    }

    /// The peer's latest `congestion_state`, 0–100: 80–89 is optimal load; slow down from 90 (SMPP 5.0 §4.8.4.18).
    #[must_use]
    pub const fn congestion(&self) -> Option<u8> {
        self.congestion
    }

    /// See [`Counters`].
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Sends as many requests as the window has room for, in order.
    pub fn send(&mut self, requests: &mut Requests, now: Instant) {
        let now = self.clock.at(now);
        for _ in 0..self.room() {
            let Some((entry, frame)) = requests.next() else { break };
            let sequence = self.window.insert(entry.command, entry.token, false, now);
            let start = self.output.len();
            self.output.extend_from_slice(frame);
            if let Some(place) = self.output.get_mut(start + 12..start + 16) {
                place.copy_from_slice(&sequence.to_be_bytes());
            }
            self.active = now;
        }
    }

    /// Sends answers. They do not count against the window.
    pub fn answer(&mut self, answers: &Answers, now: Instant) {
        self.unanswered = self.unanswered.saturating_sub(answers.count);
        self.unanswered_octets = self.unanswered_octets.saturating_sub(answers.octets);
        if !matches!(self.state, State::Closed(_)) {
            self.output.extend_from_slice(&answers.bytes);
            self.active = self.clock.at(now);
        }
    }

    /// Starts to unbind: drain, `unbind`, wait for its response. Idempotent. A session that is not bound closes at once.
    pub fn unbind(&mut self, now: Instant, events: &mut Vec<Event>) {
        match self.state {
            State::Open => self.close(CloseReason::Unbound, events),
            State::Bound(_) if self.drain.is_none() => {
                self.drain = Some((DrainFor::OurUnbind, now + self.config.drain));
                self.advance_drain(now, events);
            }
            _ => {}
        }
    }

    /// Ends the session because its connection has ended. The first reason is kept.
    pub fn close(&mut self, reason: CloseReason, events: &mut Vec<Event>) {
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        self.state = State::Closed(reason);
        // A later decision on the bind must not reopen the session.
        self.bind_pending = None;
        self.window
            .take_all(|token| events.push(Event::Failed { token, why: Failure::SessionEnded }));
    }

    /// Sends a control request, which does not count against the window.
    fn send_control<'a, B: pdu::Body<'a>>(
        &mut self,
        body: &B,
        now: Instant,
    ) -> Result<(), pdu::EncodeError> {
        let start = self.output.len();
        pdu::encode(&mut self.output, CommandStatus::ROK, 0, body)?;
        let sequence = self.window.insert(B::ID, 0, true, self.clock.at(now));
        if let Some(place) = self.output.get_mut(start + 12..start + 16) {
            place.copy_from_slice(&sequence.to_be_bytes());
        }
        Ok(())
    }

    fn respond_bare(&mut self, id: CommandId, status: CommandStatus, sequence: u32) {
        pdu::encode_bare(&mut self.output, id, status, sequence);
    }

    fn advance_drain(&mut self, now: Instant, events: &mut Vec<Event>) {
        let Some((purpose, deadline)) = self.drain else { return };
        if now < deadline && (self.window.in_flight() > 0 || self.unanswered > 0) {
            return;
        }
        self.drain = None;
        match purpose {
            DrainFor::OurUnbind => {
                // A bare header always encodes.
                let _ = self.send_control(&pdu::Unbind, now);
                self.state = State::Unbinding;
            }
            DrainFor::PeersUnbind { sequence } => {
                self.respond_bare(CommandId::UNBIND_RESP, CommandStatus::ROK, sequence);
                self.close(CloseReason::PeerUnbound, events);
            }
        }
    }
}
