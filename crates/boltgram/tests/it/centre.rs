//! A message centre on a real socket that outlives the program: counts what it takes by
//! destination, and repeats every receipt until it is answered.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, DeliverSm, EsmClass, SubmitSm};
use smpp::receipt::{MessageState, NewReceipt};
use smpp::server::{BindAttempt, Handler, ServerConfig, serve};
use smpp::session::{Answers, Event, Requests};
use tokio::net::TcpListener;

#[derive(Default)]
struct Book {
    /// By destination digits: how often a submit_sm was answered with an id.
    taken: HashMap<String, u32>,
    /// Ids whose receipt is not answered yet.
    unanswered: VecDeque<(u64, String)>,
    next_id: u64,
}

#[derive(Clone)]
pub(crate) struct Centre {
    book: Arc<Mutex<Book>>,
    address: SocketAddr,
}

impl Centre {
    pub(crate) async fn open() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) async fn open_at(address: SocketAddr) -> Self {
        Self::on(TcpListener::bind(address).await.unwrap())
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let centre = Self { book: Arc::default(), address };
        let handler = Arc::new(centre.clone());
        tokio::spawn(serve(listener, ServerConfig::new("centre"), 16, handler, |connection| {
            tokio::spawn(connection);
        }));
        centre
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn taken(&self) -> HashMap<String, u32> {
        self.book.lock().unwrap().taken.clone()
    }

    /// Takes a submit_sm; the answer carries the id.
    fn take(&self, submit: &SubmitSm<'_>) -> String {
        let mut book = self.book.lock().unwrap();
        let to = String::from_utf8(submit.destination.addr.to_vec()).unwrap();
        *book.taken.entry(to.clone()).or_default() += 1;
        book.next_id += 1;
        let id = book.next_id;
        book.unanswered.push_back((id, to));
        id.to_string()
    }

    /// Receipts to send now, at most `room`.
    fn receipts(&self, room: usize) -> (Requests, Vec<(u64, String)>) {
        let mut book = self.book.lock().unwrap();
        let count = room.min(book.unanswered.len());
        let due: Vec<_> = book.unanswered.drain(..count).collect();
        let mut requests = Requests::new();
        for (id, to) in &due {
            let id_text = id.to_string();
            let receipt = NewReceipt {
                message_id: id_text.as_bytes(),
                state: MessageState::Delivered,
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

    /// Answers submits, and forgets the receipts that were acknowledged.
    async fn handle(
        &self,
        batch: Vec<Event>,
        handle: &Handle,
        sent: &mut HashMap<u64, String>,
    ) -> Result<(), ()> {
        let mut answers = Answers::new();
        for event in batch {
            match event {
                Event::Request { ticket, pdu } => match pdu.decode::<SubmitSm>() {
                    Ok(submit) => {
                        answers.submitted(ticket, self.take(&submit).as_bytes()).unwrap();
                    }
                    Err(error) => answers.refuse(ticket, error.status()),
                },
                Event::Response { token, pdu, .. } if pdu.status() == CommandStatus::ROK => {
                    sent.remove(&token);
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

    async fn session(&self, _peer: Peer, handle: Handle, mut events: Events) {
        let mut sent = HashMap::new();
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
        loop {
            let went = tokio::select! {
                batch = events.next() => match batch {
                    Some(batch) => self.handle(batch, &handle, &mut sent).await,
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
