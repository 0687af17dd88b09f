//! The session machine without I/O: two machines, or one with hand-made PDUs, and the time passed in.

mod limits;
mod rules;
mod timers;
mod window;

use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp::pdu::{self, BindTransceiver, RawPdu, SubmitSmResp, Tlvs};
use smpp::session::{BindKind, CloseReason, Event, Requests, Role, Session, SessionConfig, State};
use smpp::{CommandId, CommandStatus, frame};

use crate::loopback::submit;

pub(super) const S: Duration = Duration::from_secs(1);

/// A machine, its clock and its events.
pub(super) struct Bench {
    pub(super) session: Session,
    pub(super) now: Instant,
    pub(super) events: Vec<Event>,
}

impl Bench {
    pub(super) fn open(role: Role, config: SessionConfig) -> Self {
        let now = Instant::now();
        Self { session: Session::new(role, config, now), now, events: Vec::new() }
    }

    /// A bound transceiver client.
    pub(super) fn client(config: SessionConfig) -> Self {
        let mut bench = Self::open(Role::Client, config);
        bench.session.bind(BindKind::Transceiver, BindTransceiver::default(), bench.now).unwrap();
        let bind = bench.sent().remove(0);
        bench.hear_with(
            CommandId::BIND_TRANSCEIVER_RESP,
            CommandStatus::ROK,
            bind.sequence(),
            b"smsc\0",
        );
        assert!(matches!(bench.events[..], [Event::Bound(_)]));
        bench.events.clear();
        bench
    }

    pub(super) fn server(config: SessionConfig, kind: CommandId) -> Self {
        let mut bench = Self::open(Role::Server, config);
        bench.hear_with(kind, CommandStatus::ROK, 1, b"u\0p\0\0\x34\0\0\0");
        assert!(matches!(bench.events[..], [Event::BindRequested(_)]));
        bench.session.accept_bind(b"smsc", 0x34).unwrap();
        bench.events.clear();
        bench.sent();
        bench
    }

    pub(super) fn hear(&mut self, id: CommandId, status: CommandStatus, sequence: u32) {
        self.hear_with(id, status, sequence, b"");
    }

    pub(super) fn hear_with(
        &mut self,
        id: CommandId,
        status: CommandStatus,
        sequence: u32,
        body: &[u8],
    ) {
        let mut input = BytesMut::new();
        pdu::encode_bare(&mut input, id, status, sequence);
        input.extend_from_slice(body);
        let length = (input.len() as u32).to_be_bytes();
        input[..4].copy_from_slice(&length);
        self.session.receive(&mut input, self.now, &mut self.events);
    }

    pub(super) fn hear_body<'a>(&mut self, sequence: u32, body: &impl pdu::Body<'a>) {
        let mut input = BytesMut::new();
        pdu::encode(&mut input, CommandStatus::ROK, sequence, body).unwrap();
        self.session.receive(&mut input, self.now, &mut self.events);
    }

    pub(super) fn answer_to(&mut self, sequence: u32, message_id: &[u8]) {
        self.hear_body(sequence, &SubmitSmResp { message_id, tlvs: Tlvs::NONE });
    }

    /// PDUs written since the last call.
    pub(super) fn sent(&mut self) -> Vec<RawPdu> {
        let (frames, error) = frame::split(self.session.output(), 1 << 20);
        assert_eq!(error, None);
        frames.collect()
    }

    pub(super) fn submit(&mut self, tokens: std::ops::Range<u64>) -> Requests {
        let mut requests = Requests::new();
        for token in tokens {
            requests.push(token, &submit(b"text")).unwrap();
        }
        self.session.send(&mut requests, self.now);
        requests
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now, &mut self.events);
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        match self.session.state() {
            State::Closed(reason) => Some(reason),
            _ => None,
        }
    }
}

pub(super) fn config(window: u32) -> SessionConfig {
    SessionConfig { window, ..SessionConfig::default() }
}
