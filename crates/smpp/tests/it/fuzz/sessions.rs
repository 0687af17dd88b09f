//! Any sequence of octets, time, requests and answers on a session: it never panics, never exceeds its window, writes
//! only whole PDUs, sets deadlines only in the future, and gives every request exactly one outcome.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{BufMut, BytesMut};
use smpp::pdu::{BindTransceiver, SubmitSm};
use smpp::session::{
    Answers, BindKind, CloseReason, Event, Failure, Requests, Role, SEQUENCE_MAX, Session,
    SessionConfig, State, Ticket,
};
use smpp::{CommandId, CommandStatus, frame};

const S: Duration = Duration::from_secs(1);
/// Commands that a peer may send, indexed by the input's octet; the last one is unknown.
const COMMANDS: [u32; 20] = [
    0x0000_0009,
    0x8000_0009,
    0x0000_0002,
    0x8000_0002,
    0x0000_0001,
    0x0000_0004,
    0x8000_0004,
    0x0000_0005,
    0x8000_0005,
    0x0000_0103,
    0x8000_0103,
    0x0000_0006,
    0x8000_0006,
    0x0000_0015,
    0x8000_0015,
    0x8000_0000,
    0x0000_000B,
    0x0000_0102,
    0x0000_0003,
    0x0001_0200,
];
const STATUSES: [u32; 4] = [0, 0x58, 0x14, 0x0E];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Answered,
    GivenUp,
    Late,
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A length octet and that many octets, or fewer at the end of the input.
    fn run(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.octet()? % 48);
        let (taken, rest) = self.0.split_at(self.0.len().min(length));
        self.0 = rest;
        Some(taken)
    }
}

struct World {
    session: Session,
    now: Instant,
    stream: BytesMut,
    pending: Requests,
    tickets: Vec<Ticket>,
    fates: BTreeMap<u64, Fate>,
    sequences: Vec<u32>,
    next_token: u64,
    heard: usize,
    answered: usize,
    inbound_window: u32,
    is_client: bool,
}

pub(crate) fn run(data: &[u8]) {
    let mut input = Input(data);
    let Some(mut world) = World::new(&mut input) else { return };
    while world.step(&mut input).is_some() {}
    let mut events = Vec::new();
    world.session.close(CloseReason::PeerClosed, &mut events);
    world.look(events);
    assert!(world.fates.values().all(|fate| *fate != Fate::Open), "{:?}", world.fates);
    assert_eq!(world.session.in_flight(), 0);
}

impl World {
    fn new(input: &mut Input<'_>) -> Option<Self> {
        let (flags, window, inbound) = (input.octet()?, input.octet()?, input.octet()?);
        let role = if flags & 1 == 0 { Role::Client } else { Role::Server };
        let config = SessionConfig {
            window: u32::from(window % 9),
            inbound_window: u32::from(inbound % 9),
            enquire_link: (flags & 2 == 0).then_some(5 * S),
            inactivity: (flags & 4 != 0).then_some(9 * S),
            response: 3 * S,
            drain: if flags & 8 == 0 { 2 * S } else { Duration::ZERO },
            stall: 4 * S,
            first_sequence: if flags & 16 == 0 { 1 } else { SEQUENCE_MAX - 2 },
            pdu_octets_max: 2_048,
            ..SessionConfig::default()
        };
        let now = Instant::now() + Duration::from_secs(86_400);
        let inbound_window = config.inbound_window.max(1);
        let mut session = Session::new(role, config, now);
        if role == Role::Client {
            let kind = [BindKind::Transceiver, BindKind::Transmitter, BindKind::Receiver]
                [usize::from(flags >> 5) % 3];
            session.bind(kind, BindTransceiver::default(), now).ok()?;
        }
        let mut world = Self {
            session,
            now,
            stream: BytesMut::new(),
            pending: Requests::new(),
            tickets: Vec::new(),
            fates: BTreeMap::new(),
            sequences: Vec::new(),
            next_token: 0,
            heard: 0,
            answered: 0,
            inbound_window,
            is_client: role == Role::Client,
        };
        world.look(Vec::new());
        Some(world)
    }

    /// One step; `None` at the end of the input.
    fn step(&mut self, input: &mut Input<'_>) -> Option<()> {
        let mut events = Vec::new();
        match input.octet()? % 12 {
            0 => self.stream.extend_from_slice(input.run()?),
            1..=4 => self.pdu(input)?,
            5 => self.now += Duration::from_millis(u64::from(input.octet()?) * 40),
            6 => {
                let wake = self.session.deadline().unwrap_or(self.now);
                self.now = self.now.max(wake);
            }
            7 => self.queue(input.octet()? % 12),
            8 => self.answer(input.octet()?),
            9 => self.session.set_window(u32::from(input.octet()? % 40), self.now),
            10 => self.session.unbind(self.now, &mut events),
            _ => match input.octet()? % 8 {
                0 => self.session.close(CloseReason::Aborted, &mut events),
                1 => self.session.refuse_bind(CommandStatus::RBINDFAIL, &mut events),
                2 if self.session.is_reading() => self.session.stop_reading(self.now),
                2 => drop(self.session.resume_reading(self.now)),
                _ => self.session.accept_bind(b"smsc", 0x34).expect("it fits"),
            },
        }
        self.round(&mut events);
        self.look(events);
        Some(())
    }

    /// What the driver does on each wake-up.
    fn round(&mut self, events: &mut Vec<Event>) {
        let before: Vec<u64> = self.pending.tokens().collect();
        self.session.send(&mut self.pending, self.now);
        let placed = before.len() - self.pending.len();
        for token in &before[..placed] {
            assert_eq!(self.fates.insert(*token, Fate::Open), None);
        }
        if placed > 0 {
            assert!(self.session.in_flight() <= self.session.window(), "window exceeded");
        }
        self.session.tick(self.now, events);
        if !matches!(self.session.state(), State::Closed(_)) {
            if self.session.is_reading() {
                let (frames, _) = frame::split(&mut self.stream.clone(), 2_048);
                self.heard += frames.filter(|pdu| !pdu.id().is_response()).count();
                self.session.receive(&mut self.stream, self.now, events);
            }
            self.session.tick(self.now, events);
        }
        if !matches!(self.session.state(), State::Closed(_)) {
            let wake = self.session.deadline();
            assert!(wake.is_none_or(|wake| wake > self.now), "busy loop: {:?}", self.session);
        }
    }

    fn pdu(&mut self, input: &mut Input<'_>) -> Option<()> {
        let id = COMMANDS[usize::from(input.octet()?) % COMMANDS.len()];
        let (status, pick) = (input.octet()?, input.octet()?);
        let status = if status < 128 { 0 } else { STATUSES[usize::from(status) % 4] };
        let known = self.sequences.len();
        let sequence = match pick {
            255 => u32::MAX,
            254 => SEQUENCE_MAX,
            253 => 0,
            pick if known > 0 && pick < 192 => self.sequences[usize::from(pick) % known],
            pick => u32::from(pick),
        };
        let body = input.run()?;
        self.stream.put_u32(u32::try_from(body.len()).ok()? + 16);
        for word in [id, status, sequence] {
            self.stream.put_u32(word);
        }
        self.stream.extend_from_slice(body);
        Some(())
    }

    fn queue(&mut self, count: u8) {
        if !self.pending.is_empty() {
            return;
        }
        self.pending = Requests::new();
        for _ in 0..count {
            let body = SubmitSm { short_message: b"x", ..SubmitSm::default() };
            self.pending.push(self.next_token, &body).expect("it fits");
            self.next_token += 1;
        }
    }

    fn answer(&mut self, how: u8) {
        let mut answers = Answers::new();
        for _ in 0..=how % 4 {
            if self.tickets.is_empty() {
                break;
            }
            let ticket = self.tickets.swap_remove(usize::from(how) % self.tickets.len());
            match ticket.command() {
                CommandId::SUBMIT_SM if how < 200 => {
                    answers.submitted(ticket, b"id").expect("it fits");
                }
                CommandId::DELIVER_SM | CommandId::DATA_SM => {
                    answers.deliver(ticket, CommandStatus::ROK);
                }
                _ => answers.refuse(ticket, CommandStatus::RSYSERR),
            }
        }
        self.session.answer(&answers, self.now);
    }

    /// Checks the session's output and events.
    fn look(&mut self, events: Vec<Event>) {
        let (frames, error) = frame::split(self.session.output(), 1 << 20);
        assert_eq!(error, None);
        for pdu in frames {
            if pdu.id().is_response() {
                self.answered += 1;
            } else {
                assert!((1..=SEQUENCE_MAX).contains(&pdu.sequence()));
                self.sequences.push(pdu.sequence());
            }
            assert!(pdu.decode_any().is_ok(), "{pdu:?}");
        }
        assert!(self.session.output().is_empty(), "half a PDU was written");
        for event in events {
            let (token, from, to) = match event {
                Event::Response { token, .. } => (token, Fate::Open, Fate::Answered),
                Event::Failed { token, why: Failure::NoResponse } => {
                    (token, Fate::Open, Fate::GivenUp)
                }
                Event::Failed { token, .. } => (token, Fate::Open, Fate::Answered),
                Event::LateResponse { token, .. } => (token, Fate::GivenUp, Fate::Late),
                Event::Request { ticket, .. } => {
                    self.tickets.push(ticket);
                    continue;
                }
                Event::Bound(_) | Event::BindRequested(_) | Event::Alert(_) => continue,
            };
            assert_eq!(self.fates.insert(token, to), Some(from), "token {token}");
        }
        let open = self.fates.values().filter(|fate| **fate == Fate::Open).count();
        assert_eq!(self.session.in_flight() as usize, open);
        assert_eq!(self.session.unanswered() as usize, self.tickets.len());
        assert!(self.is_client || self.session.unanswered() <= self.inbound_window);
        // An unreadable stream gets one nack.
        assert!(self.answered <= self.heard + 1, "more responses than requests");
    }
}
