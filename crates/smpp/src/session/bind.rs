//! Binding, both sides: sending a bind and handling its response; accepting or refusing one (SMPP 3.4 §4.1).
//! The caller decides whether a peer may bind.

use std::time::Instant;

use super::{CloseReason, Event, Role, Session, State};
use crate::pdu::{
    self, BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter,
    BindTransmitterResp, EncodeError, RawPdu, TlvBuf, Tlvs, tag,
};
use crate::{CommandId, CommandStatus};

/// Direction of messages on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BindKind {
    /// The client submits.
    Transmitter,
    /// The client receives.
    Receiver,
    /// Both.
    #[default]
    Transceiver,
}

impl BindKind {
    /// Whether the client may submit.
    #[must_use]
    pub const fn may_submit(self) -> bool {
        matches!(self, Self::Transmitter | Self::Transceiver)
    }

    /// Whether the server may deliver.
    #[must_use]
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::Receiver | Self::Transceiver)
    }

    pub(crate) const fn of(command: CommandId) -> Option<Self> {
        match command {
            CommandId::BIND_TRANSMITTER => Some(Self::Transmitter),
            CommandId::BIND_RECEIVER => Some(Self::Receiver),
            CommandId::BIND_TRANSCEIVER => Some(Self::Transceiver),
            _ => None,
        }
    }
}

/// The fields of a bind, which the three kinds share.
pub type BindParameters<'a> = BindTransceiver<'a>;

impl Session {
    /// Sends the client's bind.
    ///
    /// # Errors
    /// [`EncodeError`] for a field that is too long; nothing is sent.
    pub fn bind(
        &mut self,
        kind: BindKind,
        with: BindParameters<'_>,
        now: Instant,
    ) -> Result<(), EncodeError> {
        let BindTransceiver {
            system_id,
            password,
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range,
        } = with;
        macro_rules! send {
            ($bind:ident) => {{
                let bind = $bind {
                    system_id,
                    password,
                    system_type,
                    interface_version,
                    addr_ton,
                    addr_npi,
                    address_range,
                };
                self.send_control(&bind, now)
            }};
        }
        match kind {
            BindKind::Transmitter => send!(BindTransmitter),
            BindKind::Receiver => send!(BindReceiver),
            BindKind::Transceiver => send!(BindTransceiver),
        }
    }

    /// Accepts the bind reported as [`Event::BindRequested`]. The response has our `system_id` and, for a peer of 3.4
    /// or newer, our version (SMPP 3.4 §5.3.2.25).
    ///
    /// # Errors
    /// [`EncodeError`] if our `system_id` is too long; the bind is then still undecided.
    pub fn accept_bind(&mut self, system_id: &[u8], version: u8) -> Result<(), EncodeError> {
        let Some((command, sequence)) = self.bind_pending else { return Ok(()) };
        let Some(kind) = BindKind::of(command) else { return Ok(()) };
        let mut tlvs = TlvBuf::new();
        if self.peer_version.is_some_and(|peer| peer >= 0x34) {
            tlvs.push_u8(tag::SC_INTERFACE_VERSION, version);
        }
        let (out, status, tlvs) = (&mut self.output, CommandStatus::ROK, tlvs.tlvs());
        match kind {
            BindKind::Transmitter => {
                pdu::encode(out, status, sequence, &BindTransmitterResp { system_id, tlvs })?;
            }
            BindKind::Receiver => {
                pdu::encode(out, status, sequence, &BindReceiverResp { system_id, tlvs })?;
            }
            BindKind::Transceiver => {
                pdu::encode(out, status, sequence, &BindTransceiverResp { system_id, tlvs })?;
            }
        }
        self.bind_pending = None;
        self.state = State::Bound(kind);
        Ok(())
    }

    /// Refuses the bind reported as [`Event::BindRequested`] and ends the session.
    pub fn refuse_bind(&mut self, status: CommandStatus, events: &mut Vec<Event>) {
        if let Some((command, sequence)) = self.bind_pending.take() {
            self.respond_bare(command.response(), status, sequence);
        }
        self.close(CloseReason::RefusedBind(status), events);
    }

    /// Handles a peer's bind.
    pub(super) fn on_bind(&mut self, pdu: RawPdu, events: &mut Vec<Event>) {
        let (id, sequence) = (pdu.id(), pdu.sequence());
        let refusal = match (self.role, self.state, self.bind_pending) {
            (Role::Server, State::Open, None) => None,
            (Role::Server, State::Open | State::Bound(_), _) => Some(CommandStatus::RALYBND),
            _ => Some(CommandStatus::RINVBNDSTS),
        };
        if let Some(status) = refusal {
            self.counters.misplaced += 1;
            return self.respond_bare(id.response(), status, sequence);
        }
        self.bind_pending = Some((id, sequence));
        match BindParameters::decode_body_of(&pdu) {
            Ok(bind) => {
                self.peer_version = Some(bind.interface_version);
                events.push(Event::BindRequested(pdu));
            }
            Err(error) => self.refuse_bind(error.status(), events),
        }
    }

    /// Handles the response to our bind `command`; `pdu` may be a `generic_nack`.
    pub(super) fn on_bind_response(
        &mut self,
        command: CommandId,
        pdu: RawPdu,
        events: &mut Vec<Event>,
    ) {
        let (State::Open, Some(kind)) = (self.state, BindKind::of(command)) else { return };
        if !pdu.status().is_ok() {
            return self.close(CloseReason::BindRefused(pdu.status()), events);
        }
        let body = pdu.body();
        let end = memchr::memchr(0, body).map_or(body.len(), |nul| nul + 1);
        let tlvs = Tlvs::new(body.get(end..).unwrap_or_default());
        self.peer_version = tlvs
            .get(tag::SC_INTERFACE_VERSION)
            .and_then(|tlv| tlv.integer())
            .and_then(|version| u8::try_from(version).ok());
        self.state = State::Bound(kind);
        events.push(Event::Bound(pdu));
    }
}

impl<'a> BindParameters<'a> {
    /// The parameters of a bind of any kind.
    ///
    /// # Errors
    /// [`DecodeError`](pdu::DecodeError) if it is not a bind or is incomplete.
    pub fn decode_body_of(bind: &'a RawPdu) -> Result<Self, pdu::DecodeError> {
        if !bind.id().is_bind() {
            return Err(pdu::DecodeError::WrongCommand { id: bind.id() });
        }
        pdu::Body::decode_body(bind.body())
    }
}
