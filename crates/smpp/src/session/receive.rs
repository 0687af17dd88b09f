//! Input: octets become PDUs, PDUs become events and answers. Message bodies are not decoded.

use std::time::Instant;

use bytes::BytesMut;

use super::window::Answered;
use super::{CloseReason, DrainFor, Event, Role, Session, State, Ticket};
use crate::pdu::{RawPdu, Tlvs, tag};
use crate::{CommandId, CommandStatus, frame};

/// Alerts have no response and so no flow control: they are dropped above this number of pending events.
const ALERT_BACKLOG_MAX: usize = 4_096;

/// Memory that a request takes besides its octets, while it is decoded and copied to be stored.
const REQUEST_OVERHEAD_OCTETS: u32 = 512;

impl Session {
    /// Takes all whole PDUs from `input` and leaves the start of the next one there.
    pub fn receive(&mut self, input: &mut BytesMut, now: Instant, events: &mut Vec<Event>) {
        let (frames, error) = frame::split(input, self.config.pdu_octets_max);
        let mut whole = false;
        for pdu in frames {
            if matches!(self.state, State::Closed(_)) {
                return;
            }
            whole = true;
            self.on_pdu(pdu, now, events);
        }
        let at = self.clock.at(now);
        if whole {
            self.received = at;
            self.enquired = None;
            self.partial_since = None;
        }
        if let Some(error) = error {
            self.respond_bare(frame::FrameError::ID, error.status(), error.sequence);
            return self.close(CloseReason::Frame(error), events);
        }
        if input.is_empty() {
            self.partial_since = None;
        } else {
            self.partial_since.get_or_insert(at);
        }
        self.advance_drain(now, events);
    }

    #[inline]
    fn on_pdu(&mut self, pdu: RawPdu, now: Instant, events: &mut Vec<Event>) {
        if pdu.id().is_response() {
            self.on_response(pdu, now, events);
        } else {
            self.on_request(pdu, now, events);
        }
    }

    #[inline]
    fn on_response(&mut self, pdu: RawPdu, now: Instant, events: &mut Vec<Event>) {
        let nack = pdu.id() == CommandId::GENERIC_NACK;
        let claimed = (!nack).then(|| CommandId(pdu.id().0 & !CommandId::GENERIC_NACK.0));
        let now = self.clock.at(now);
        match self.window.answer(pdu.sequence(), claimed, now) {
            Answered::Request { token, rtt } => {
                self.update_congestion(&pdu);
                self.active = now;
                events.push(Event::Response { token, rtt, pdu });
            }
            Answered::Late { token } => {
                self.counters.late_responses += 1;
                events.push(Event::LateResponse { token, pdu });
            }
            Answered::Stray => self.counters.stray_responses += 1,
            Answered::Control(CommandId::UNBIND) => self.close(CloseReason::Unbound, events),
            Answered::Control(CommandId::ENQUIRE_LINK) => self.update_congestion(&pdu),
            Answered::Control(bind) => self.on_bind_response(bind, pdu, events),
        }
    }

    fn on_request(&mut self, pdu: RawPdu, now: Instant, events: &mut Vec<Event>) {
        let (id, sequence) = (pdu.id(), pdu.sequence());
        match id {
            CommandId::ENQUIRE_LINK => {
                self.respond_bare(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK, sequence);
            }
            CommandId::UNBIND => self.on_unbind(sequence, now, events),
            CommandId::OUTBIND => self.counters.misplaced += 1,
            CommandId::ALERT_NOTIFICATION => {
                if events.len() < ALERT_BACKLOG_MAX && matches!(self.state, State::Bound(_)) {
                    events.push(Event::Alert(pdu));
                }
            }
            id if id.is_bind() => self.on_bind(pdu, events),
            id if id.name().is_none() => {
                self.counters.unknown_commands += 1;
                self.respond_bare(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, sequence);
            }
            _ => match self.refusal(id) {
                Some(status) => self.respond_bare(id.response(), status, sequence),
                None => {
                    self.active = self.clock.at(now);
                    let octets = u32::try_from(pdu.bytes().len()).unwrap_or(u32::MAX);
                    let octets = octets.saturating_add(REQUEST_OVERHEAD_OCTETS);
                    self.unanswered += 1;
                    self.unanswered_octets += octets as usize;
                    let ticket = Ticket { sequence, command: id, octets };
                    events.push(Event::Request { ticket, pdu });
                }
            },
        }
    }

    /// The status with which to refuse a request of the peer, if any.
    fn refusal(&mut self, id: CommandId) -> Option<CommandStatus> {
        let allowed = match (self.role, self.state) {
            (Role::Server, State::Unbinding) => return Some(CommandStatus::RSYSERR),
            // Some carriers send receipts on any bind; accept them instead of losing them. What crosses our unbind is
            // accepted too.
            (Role::Client, State::Bound(_) | State::Unbinding) => {
                matches!(id, CommandId::DELIVER_SM | CommandId::DATA_SM)
            }
            (Role::Server, State::Bound(kind)) => kind.may_submit() && id != CommandId::DELIVER_SM,
            _ => false,
        };
        let unbound_by_peer = matches!(self.drain, Some((DrainFor::PeersUnbind { .. }, _)));
        if !allowed || unbound_by_peer {
            self.counters.misplaced += 1;
            return Some(CommandStatus::RINVBNDSTS);
        }
        if self.role == Role::Server && self.unanswered >= self.config.inbound_window {
            self.counters.overflowed += 1;
            let is_submit = id == CommandId::SUBMIT_SM;
            return Some(if is_submit {
                CommandStatus::RTHROTTLED
            } else {
                CommandStatus::RSYSERR
            });
        }
        None
    }

    fn on_unbind(&mut self, sequence: u32, now: Instant, events: &mut Vec<Event>) {
        if let State::Bound(_) = self.state {
            // This overrides our own draining unbind: the peer will not answer any more.
            self.drain = Some((DrainFor::PeersUnbind { sequence }, now + self.config.drain));
            return self.advance_drain(now, events);
        }
        self.respond_bare(CommandId::UNBIND_RESP, CommandStatus::ROK, sequence);
        self.close(CloseReason::PeerUnbound, events);
    }

    /// Reads `congestion_state`, allowed in any response (SMPP 5.0 §4.8.4.18), which follows the message id.
    #[inline]
    fn update_congestion(&mut self, pdu: &RawPdu) {
        let body = pdu.body();
        let tail = match pdu.id() {
            CommandId::SUBMIT_SM_RESP | CommandId::DATA_SM_RESP | CommandId::DELIVER_SM_RESP => {
                let Some(nul) = memchr::memchr(0, body) else { return };
                body.get(nul + 1..).unwrap_or_default()
            }
            CommandId::ENQUIRE_LINK_RESP => body,
            _ => return,
        };
        if tail.is_empty() {
            return;
        }
        let state = Tlvs::new(tail).get(tag::CONGESTION_STATE).and_then(|tlv| tlv.integer());
        if let Some(state) = state.and_then(|state| u8::try_from(state).ok()) {
            self.congestion = Some(state.min(100));
        }
    }
}
