//! A message centre with moods. It keeps books: what came, what it took, whose receipts are stored.

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
pub(super) enum Mood {
    /// Takes everything at once.
    Well,
    /// `ESME_RTHROTTLED`, whatever comes.
    Throttling,
    /// Takes everything, and answers what came within a moment from its end to its beginning.
    Backwards,
    /// Takes everything, and answers so much later.
    Late(Duration),
    /// As [`Mood::Late`] by a moment, and says how full it is (`congestion_state`).
    Full(u8),
}

const MOMENT: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Books {
    mood: Mood,
    pub(super) submits: usize,
    /// When each submit came.
    pub(super) came: Vec<Instant>,
    pub(super) unanswered_max: u32,
    /// How often each destination was taken.
    pub(super) taken: HashMap<String, u32>,
    /// Destinations in the order in which they were taken.
    pub(super) order: Vec<String>,
    /// Receipts to send.
    due: VecDeque<u32>,
    /// Receipts that were answered with `ESME_ROK`.
    pub(super) stored: BTreeSet<u32>,
    /// Receipts that were answered with anything else.
    pub(super) put_off: usize,
}

pub(super) struct Centre {
    books: Mutex<Books>,
    pub(super) port: u16,
    tasks: Mutex<JoinSet<()>>,
    listening: Mutex<JoinSet<()>>,
}

/// The id that a destination's message gets, so that everybody can say whose an answer is.
pub(super) fn id_of(to: &str) -> String {
    format!("id-{to}")
}

/// The id of a receipt in a flood.
pub(super) fn flood_id(at: u32) -> String {
    format!("flood-{at}")
}

impl Centre {
    pub(super) async fn open(mood: Mood) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let books = Books {
            mood,
            submits: 0,
            came: vec![],
            unanswered_max: 0,
            taken: HashMap::new(),
            order: vec![],
            due: VecDeque::new(),
            stored: BTreeSet::new(),
            put_off: 0,
        };
        let centre = Arc::new(Self {
            books: Mutex::new(books),
            port: listener.local_addr().unwrap().port(),
            tasks: Mutex::default(),
            listening: Mutex::default(),
        });
        let mut config = ServerConfig::new("wild");
        config.session.window = 5_000;
        let (spawner, handler) = (Arc::downgrade(&centre), Arc::new(Door(centre.clone())));
        let spawn = move |connection| {
            if let Some(centre) = spawner.upgrade() {
                drop(centre.tasks.lock().unwrap().spawn(connection));
            }
        };
        let serving = server::serve(listener, config, 100, handler, spawn);
        drop(centre.listening.lock().unwrap().spawn(serving));
        centre
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    pub(super) fn mood(&self, mood: Mood) {
        self.books().mood = mood;
    }

    /// So many receipts come in, all at once, for messages nobody sent.
    pub(super) fn flood(&self, receipts: u32) {
        self.books().due.extend(0..receipts);
    }
}

struct Door(Arc<Centre>);

/// A submit that is not answered yet.
struct Held {
    due: Instant,
    ticket: Ticket,
    to: String,
    status: CommandStatus,
}

impl Handler for Door {
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

impl Door {
    fn take_in(&self, batch: Vec<Event>, handle: &Handle, held: &mut Vec<Held>) {
        let mut books = self.0.books();
        let now = Instant::now();
        for event in batch {
            match event {
                Event::Request { ticket, pdu } => {
                    let submit = pdu.decode::<SubmitSm<'_>>().unwrap();
                    let to = String::from_utf8(submit.destination.addr.to_vec()).unwrap();
                    books.submits += 1;
                    books.came.push(now);
                    let (due, status) = match books.mood {
                        Mood::Well => (now, CommandStatus::ROK),
                        Mood::Throttling => (now, CommandStatus::RTHROTTLED),
                        Mood::Backwards | Mood::Full(_) => (now + MOMENT, CommandStatus::ROK),
                        Mood::Late(by) => (now + by, CommandStatus::ROK),
                    };
                    if status.is_ok() {
                        *books.taken.entry(to.clone()).or_default() += 1;
                        books.order.push(to.clone());
                    }
                    held.push(Held { due, ticket, to, status });
                }
                Event::Response { token, pdu, .. } => {
                    let at = u32::try_from(token).unwrap();
                    if pdu.status().is_ok() {
                        books.stored.insert(at);
                    } else {
                        books.put_off += 1;
                        books.due.push_back(at);
                    }
                }
                Event::Failed { token, .. } => books.due.push_back(u32::try_from(token).unwrap()),
                _ => {}
            }
        }
        books.unanswered_max = books.unanswered_max.max(handle.unanswered());
    }

    fn answers(&self, held: &mut Vec<Held>) -> Answers {
        let now = Instant::now();
        let mut answers = Answers::new();
        let mut said = TlvBuf::new();
        if let Mood::Full(state) = self.0.books().mood {
            said.push_u8(tag::CONGESTION_STATE, state);
        }
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(held).into_iter().partition(|held| held.due <= now);
        *held = later;
        // In order it would look like any other.
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
        let mut books = self.0.books();
        let count = room.min(books.due.len());
        let mut requests = Requests::with_capacity(count);
        for at in books.due.drain(..count) {
            let mut told = TlvBuf::new();
            told.push_c_string(tag::RECEIPTED_MESSAGE_ID, flood_id(at).as_bytes()).unwrap();
            told.push_u8(tag::MESSAGE_STATE, 2);
            let receipt = DeliverSm {
                esm_class: EsmClass::RECEIPT,
                source: Address::international(b"4520123456"),
                tlvs: told.tlvs(),
                ..DeliverSm::default()
            };
            requests.push(at.into(), &receipt).unwrap();
        }
        requests
    }
}
