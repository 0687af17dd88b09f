//! A message centre with switchable modes, which records what it received, accepted, and whose receipts are stored.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, DeliverSm, EsmClass, SubmitSm, SubmitSmResp, TlvBuf, tag};
use smpp::server::{self, BindAttempt, Handler, ServerConfig};
use smpp::session::{Answers, Event, Requests, Ticket};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Accepts everything at once.
    Well,
    /// Answers everything with `ESME_RTHROTTLED`.
    Throttling,
    /// Accepts everything and answers in reverse order.
    Backwards,
    /// Accepts everything and answers after this delay.
    Late(Duration),
    /// Accepts everything after a short delay and reports this `congestion_state`.
    Full(u8),
    /// Answers after this delay: `ESME_RMSGQFUL` for one destination, and accepts the others.
    FullFor(&'static str, Duration),
    /// Answers everything with `ESME_RMSGQFUL`.
    FullForAll,
    /// Needs this interval between two parts that it accepts, and throttles the others.
    Interval(Duration),
}

const MOMENT: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Records {
    mode: Mode,
    pub(super) submits: usize,
    /// When each submit arrived.
    pub(super) came: Vec<Instant>,
    accepted_at: Option<Instant>,
    pub(super) unanswered_max: u32,
    /// How often each destination was accepted.
    pub(super) taken: HashMap<String, u32>,
    /// Destinations in the order of acceptance.
    pub(super) order: Vec<String>,
    /// Receipts to send.
    due: VecDeque<u32>,
    /// Receipts answered with `ESME_ROK`.
    pub(super) stored: BTreeSet<u32>,
    /// Receipts answered with another status.
    pub(super) put_off: usize,
}

pub(super) struct Centre {
    records: Mutex<Records>,
    pub(super) port: u16,
    tasks: Mutex<JoinSet<()>>,
    listening: Mutex<JoinSet<()>>,
}

/// The message id of a destination, which identifies it in responses.
pub(super) fn id_of(to: &str) -> String {
    format!("id-{to}")
}

/// The id of a receipt in a flood.
pub(super) fn flood_id(at: u32) -> String {
    format!("flood-{at}")
}

impl Centre {
    pub(super) async fn open(mode: Mode) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let records = Records {
            mode,
            submits: 0,
            came: vec![],
            accepted_at: None,
            unanswered_max: 0,
            taken: HashMap::new(),
            order: vec![],
            due: VecDeque::new(),
            stored: BTreeSet::new(),
            put_off: 0,
        };
        let centre = Arc::new(Self {
            records: Mutex::new(records),
            port: listener.local_addr().unwrap().port(),
            tasks: Mutex::default(),
            listening: Mutex::default(),
        });
        let mut config = ServerConfig::new("wild");
        config.session.window = smpp::session::WINDOW_MAX;
        let (spawner, handler) = (Arc::downgrade(&centre), Arc::new(CentreHandler(centre.clone())));
        let spawn = move |connection| {
            if let Some(centre) = spawner.upgrade() {
                drop(centre.tasks.lock().unwrap().spawn(connection));
            }
        };
        let serving = server::serve(listener, config, 100, handler, spawn);
        drop(centre.listening.lock().unwrap().spawn(serving));
        centre
    }

    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap()
    }

    pub(super) fn mode(&self, mode: Mode) {
        self.records().mode = mode;
    }

    /// Sends receipts, all at once, for unknown messages.
    pub(super) fn flood(&self, receipts: u32) {
        self.records().due.extend(0..receipts);
    }
}

struct CentreHandler(Arc<Centre>);

/// An unanswered submit.
struct Held {
    due: Instant,
    ticket: Ticket,
    to: String,
    status: CommandStatus,
}

impl Handler for CentreHandler {
    async fn bind(&self, _attempt: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, _peer: Peer, handle: Handle, mut events: Events) {
        let mut held = Vec::new();
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        loop {
            tokio::select! {
                batch = events.next() => {
                    let Some(batch) = batch else { return };
                    self.take_in(batch, &handle, &mut held);
                }
                _ = ticks.tick() => {}
            }
            if handle.answer(self.answers(&mut held)).await.is_err() {
                return;
            }
            let _ = handle.submit(self.receipts(handle.room())).await;
        }
    }
}

impl CentreHandler {
    fn take_in(&self, batch: Vec<Event>, handle: &Handle, held: &mut Vec<Held>) {
        let mut records = self.0.records();
        let now = Instant::now();
        for event in batch {
            match event {
                Event::Request { ticket, pdu } => {
                    let submit = pdu.decode::<SubmitSm<'_>>().unwrap();
                    let to = String::from_utf8(submit.destination.addr.to_vec()).unwrap();
                    records.submits += 1;
                    records.came.push(now);
                    let (due, status) = match records.mode {
                        Mode::Well => (now, CommandStatus::ROK),
                        Mode::Throttling => (now, CommandStatus::RTHROTTLED),
                        Mode::Backwards | Mode::Full(_) => (now + MOMENT, CommandStatus::ROK),
                        Mode::Late(by) => (now + by, CommandStatus::ROK),
                        Mode::FullFor(full, by) if to == full => {
                            (now + by, CommandStatus::RMSGQFUL)
                        }
                        Mode::FullFor(_, by) => (now + by, CommandStatus::ROK),
                        Mode::FullForAll => (now, CommandStatus::RMSGQFUL),
                        Mode::Interval(interval) => {
                            let early = records.accepted_at.is_some_and(|at| now < at + interval);
                            let status =
                                if early { CommandStatus::RTHROTTLED } else { CommandStatus::ROK };
                            (now, status)
                        }
                    };
                    if status.is_ok() {
                        records.accepted_at = Some(now);
                        *records.taken.entry(to.clone()).or_default() += 1;
                        records.order.push(to.clone());
                    }
                    held.push(Held { due, ticket, to, status });
                }
                Event::Response { token, pdu, .. } => {
                    let at = u32::try_from(token).unwrap();
                    if pdu.status().is_ok() {
                        records.stored.insert(at);
                    } else {
                        records.put_off += 1;
                        records.due.push_back(at);
                    }
                }
                Event::Failed { token, .. } => records.due.push_back(u32::try_from(token).unwrap()),
                _ => {}
            }
        }
        records.unanswered_max = records.unanswered_max.max(handle.unanswered());
    }

    fn answers(&self, held: &mut Vec<Held>) -> Answers {
        let now = Instant::now();
        let mut answers = Answers::new();
        let mut said = TlvBuf::new();
        if let Mode::Full(state) = self.0.records().mode {
            said.push_u8(tag::CONGESTION_STATE, state);
        }
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(held).into_iter().partition(|held| held.due <= now);
        *held = later;
        // Reversed, so that the order differs.
        for Held { ticket, to, status, .. } in due.into_iter().rev() {
            if status.is_ok() {
                let (id, tlvs) = (id_of(&to), said.tlvs());
                let resp = SubmitSmResp { message_id: id.as_bytes(), tlvs };
                answers.push(ticket, status, &resp).unwrap();
            } else {
                answers.refuse(ticket, status);
            }
        }
        answers
    }

    fn receipts(&self, room: usize) -> Requests {
        let mut records = self.0.records();
        let count = room.min(records.due.len());
        let mut requests = Requests::with_capacity(count);
        for at in records.due.drain(..count) {
            let mut tlvs = TlvBuf::new();
            tlvs.push_c_string(tag::RECEIPTED_MESSAGE_ID, flood_id(at).as_bytes()).unwrap();
            tlvs.push_u8(tag::MESSAGE_STATE, 2);
            let receipt = DeliverSm {
                esm_class: EsmClass::RECEIPT,
                source: Address::international(b"4520123456"),
                tlvs: tlvs.tlvs(),
                ..DeliverSm::default()
            };
            requests.push(at.into(), &receipt).unwrap();
        }
        requests
    }
}
