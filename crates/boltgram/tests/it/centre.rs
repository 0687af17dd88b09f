//! A message centre on a real socket that outlives the program: counts accepted messages by
//! destination, and repeats every receipt until it is acknowledged. See also [`Centre::choosy`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, DeliverSm, EsmClass, SubmitSm};
use smpp::receipt::{MessageState, NewReceipt};
use smpp::server::{BindAttempt, Handler, ServerConfig, serve};
use smpp::session::{Answers, Event, Requests, SessionConfig};
use tokio::net::TcpListener;

use crate::texts::{Coded, Shown, Texts};

#[derive(Default)]
struct Book {
    /// Accepted submit_sm by destination digits.
    taken: HashMap<String, u32>,
    /// Ids with an unacknowledged receipt.
    unanswered: VecDeque<(u64, String)>,
    /// Ids with an acknowledged receipt.
    told: HashSet<u64>,
    next_id: u64,
    choosy: bool,
    /// The status with which every submit_sm is refused, and the number of refusals.
    refusal: Option<CommandStatus>,
    refused: u32,
    /// Sends no receipts.
    silent: bool,
    /// Accepted texts, if recorded.
    texts: Option<Texts>,
    /// Bound sessions by `system_id`, and the highest total so far.
    sessions: HashMap<String, u32>,
    sessions_max: u32,
    /// By id: `system_id` of the submitting session.
    taken_by: HashMap<u64, String>,
    /// Receipts acknowledged by another `system_id` than the submitting one.
    told_to_others: u32,
}

/// A bound session.
struct Counted<'a>(&'a Centre, String);

impl<'a> Counted<'a> {
    fn new(centre: &'a Centre, system_id: String) -> Self {
        let mut book = centre.book.lock().unwrap();
        *book.sessions.entry(system_id.clone()).or_default() += 1;
        book.sessions_max = book.sessions_max.max(book.sessions.values().sum());
        Self(centre, system_id)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        *self.0.book.lock().unwrap().sessions.get_mut(&self.1).unwrap() -= 1;
    }
}

#[derive(Clone)]
pub(crate) struct Centre {
    book: Arc<Mutex<Book>>,
    address: SocketAddr,
}

impl Centre {
    pub(crate) async fn open() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), SessionConfig::default())
    }

    /// Records the accepted texts.
    pub(crate) async fn keeping() -> Self {
        let centre = Self::open().await;
        centre.book.lock().unwrap().texts = Some(Texts::default());
        centre
    }

    /// Refuses numbers that end in 01, and reports those that end in 02 as failed.
    pub(crate) async fn choosy(session: SessionConfig) -> Self {
        let centre = Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), session);
        centre.book.lock().unwrap().choosy = true;
        centre
    }

    pub(crate) async fn open_at(address: SocketAddr) -> Self {
        Self::on(TcpListener::bind(address).await.unwrap(), SessionConfig::default())
    }

    /// Opens it at an address without a listener.
    pub(crate) async fn gone() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { book: Arc::default(), address: listener.local_addr().unwrap() }
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    fn on(listener: TcpListener, session: SessionConfig) -> Self {
        let address = listener.local_addr().unwrap();
        let centre = Self { book: Arc::default(), address };
        let handler = Arc::new(centre.clone());
        let config = ServerConfig { session, ..ServerConfig::new("centre") };
        tokio::spawn(serve(listener, config, 16, handler, |connection| {
            tokio::spawn(connection);
        }));
        centre
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Queues this many receipts at once, for unknown messages.
    pub(crate) fn flood(&self, receipts: u64) {
        let mut book = self.book.lock().unwrap();
        for _ in 0..receipts {
            book.next_id += 1;
            let id = book.next_id;
            book.unanswered.push_back((id, "46701999999".to_owned()));
        }
    }

    /// Whether every receipt has been acknowledged.
    pub(crate) fn has_told_all(&self) -> bool {
        let book = self.book.lock().unwrap();
        book.told.len() as u64 == book.next_id
    }

    pub(crate) fn taken(&self) -> HashMap<String, u32> {
        self.book.lock().unwrap().taken.clone()
    }

    /// Recorded texts since the last call, by destination.
    pub(crate) fn new_texts(&self) -> HashMap<String, Shown> {
        let taken = self.book.lock().unwrap().texts.replace(Texts::default());
        taken.unwrap().shown()
    }

    /// Recorded parts since the last call, by destination.
    pub(crate) fn new_parts(&self) -> HashMap<String, Vec<Coded>> {
        let taken = self.book.lock().unwrap().texts.replace(Texts::default());
        taken.unwrap().coded()
    }

    /// Number of sessions with this `system_id`.
    pub(crate) fn sessions(&self, system_id: &str) -> u32 {
        self.book.lock().unwrap().sessions.get(system_id).copied().unwrap_or(0)
    }

    /// Highest number of sessions bound at once.
    pub(crate) fn sessions_max(&self) -> u32 {
        self.book.lock().unwrap().sessions_max
    }

    /// Receipts acknowledged by another `system_id` than the submitting one.
    pub(crate) fn told_to_others(&self) -> u32 {
        self.book.lock().unwrap().told_to_others
    }

    /// Number of destinations with an accepted message.
    pub(crate) fn taken_count(&self) -> usize {
        self.book.lock().unwrap().taken.len()
    }

    /// Refuses everything from now on.
    pub(crate) fn refuse(&self, status: CommandStatus) {
        self.book.lock().unwrap().refusal = Some(status);
    }

    pub(crate) fn refused(&self) -> u32 {
        self.book.lock().unwrap().refused
    }

    /// Accepts everything from now on, and sends no receipts.
    pub(crate) fn be_silent(&self) {
        self.book.lock().unwrap().silent = true;
    }

    /// Accepts or refuses a submit_sm; returns the id for the response.
    fn take(&self, submit: &SubmitSm<'_>, by: &str) -> Result<String, CommandStatus> {
        let mut book = self.book.lock().unwrap();
        let to = String::from_utf8(submit.destination.addr.to_vec()).unwrap();
        let chosen = (book.choosy && to.ends_with("01")).then_some(CommandStatus::RINVDSTADR);
        if let Some(status) = book.refusal.or(chosen) {
            book.refused += 1;
            return Err(status);
        }
        if let Some(texts) = &mut book.texts {
            texts.keep(&to, submit);
        }
        *book.taken.entry(to.clone()).or_default() += 1;
        book.next_id += 1;
        let id = book.next_id;
        book.taken_by.insert(id, by.to_owned());
        if !book.silent {
            book.unanswered.push_back((id, to));
        }
        Ok(id.to_string())
    }

    /// At most `room` receipts to send now.
    fn receipts(&self, room: usize) -> (Requests, Vec<(u64, String)>) {
        let mut book = self.book.lock().unwrap();
        let count = room.min(book.unanswered.len());
        let due: Vec<_> = book.unanswered.drain(..count).collect();
        let mut requests = Requests::new();
        for (id, to) in &due {
            let id_text = id.to_string();
            let fails = book.choosy && to.ends_with("02");
            let receipt = NewReceipt {
                message_id: id_text.as_bytes(),
                state: if fails { MessageState::Undeliverable } else { MessageState::Delivered },
                err: "000",
                submit_date: *b"2611010000",
                done_date: *b"2611010000",
                network_error: None,
                text: b"",
            };
            let mut text = Vec::new();
            receipt.render(&mut text);
            let deliver = DeliverSm {
                source: Address::international(to.as_bytes()),
                esm_class: EsmClass::RECEIPT,
                short_message: &text,
                ..DeliverSm::default()
            };
            requests.push(*id, &deliver).unwrap();
        }
        (requests, due)
    }

    fn put_back(&self, receipts: impl Iterator<Item = (u64, String)>) {
        self.book.lock().unwrap().unanswered.extend(receipts);
    }

    /// Answers submits, and removes acknowledged receipts.
    async fn handle(
        &self,
        batch: Vec<Event>,
        handle: &Handle,
        by: &str,
        sent: &mut HashMap<u64, String>,
    ) -> Result<(), ()> {
        let mut answers = Answers::new();
        for event in batch {
            match event {
                Event::Request { ticket, pdu } => match pdu.decode::<SubmitSm>() {
                    Ok(submit) => match self.take(&submit, by) {
                        Ok(id) => answers.submitted(ticket, id.as_bytes()).unwrap(),
                        Err(status) => answers.refuse(ticket, status),
                    },
                    Err(error) => answers.refuse(ticket, error.status()),
                },
                Event::Response { token, pdu, .. } if pdu.status() == CommandStatus::ROK => {
                    sent.remove(&token);
                    let mut book = self.book.lock().unwrap();
                    let others = book.taken_by.get(&token).is_some_and(|taker| taker != by);
                    book.told_to_others += u32::from(others);
                    book.told.insert(token);
                }
                Event::Response { token, .. } | Event::Failed { token, .. } => {
                    self.put_back(sent.remove(&token).map(|to| (token, to)).into_iter());
                }
                _ => {}
            }
        }
        handle.answer(answers).await.map_err(drop)
    }
}

impl Handler for Centre {
    async fn bind(&self, _attempt: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, peer: Peer, handle: Handle, mut events: Events) {
        let by = peer.system_id.as_str();
        let _counted = Counted::new(self, by.to_owned());
        let mut sent = HashMap::new();
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
        loop {
            let went = tokio::select! {
                batch = events.next() => match batch {
                    Some(batch) => self.handle(batch, &handle, by, &mut sent).await,
                    None => Err(()),
                },
                _ = ticks.tick() => {
                    let (requests, due) = self.receipts(handle.room());
                    sent.extend(due);
                    handle.submit(requests).await.map_err(drop)
                }
            };
            if went.is_err() {
                break;
            }
        }
        self.put_back(sent.into_iter());
    }
}
