//! A message centre in this process, on the server of crate `smpp`: it records what it receives, in order, and responds
//! as the test configures.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, DeliverSm, EsmClass, SubmitSm, TlvBuf, tag};
use smpp::server::{self, BindAttempt, Handler, ServerConfig};
use smpp::session::{Answers, BindKind, Event, Requests};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// One received `submit_sm`.
#[derive(Debug, Clone)]
pub(crate) struct Submitted {
    /// Index of the session, from 0.
    pub(crate) session: u32,
    pub(crate) to: String,
    pub(crate) short_message: Vec<u8>,
    pub(crate) validity: Vec<u8>,
    pub(crate) at: tokio::time::Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Centre {
    pub(crate) submitted: Mutex<Vec<Submitted>>,
    /// Statuses of the next responses, by destination.
    pub(crate) statuses: Mutex<HashMap<String, Vec<CommandStatus>>>,
    /// Bound sessions that receive receipts.
    receivers: Mutex<Vec<Handle>>,
    pub(crate) kinds: Mutex<Vec<BindKind>>,
    sessions: AtomicU32,
    next_id: AtomicU64,
    /// Sends no responses while set.
    pub(crate) silent: AtomicBool,
    /// Delay of the responses to a batch.
    pub(crate) delay_ms: AtomicU32,
    /// Highest number of unanswered requests on one session.
    pub(crate) in_flight_max: AtomicU32,
    /// Statuses of responses to deliver_sm.
    pub(crate) answered: Mutex<Vec<CommandStatus>>,
    pub(crate) refuse_binds: AtomicBool,
}

/// A listening centre. Dropping it closes it.
pub(crate) struct Open {
    pub(crate) centre: Arc<Centre>,
    pub(crate) port: u16,
    _tasks: Arc<Mutex<JoinSet<()>>>,
    _listening: JoinSet<()>,
}

pub(crate) async fn open(centre: Arc<Centre>, port: u16) -> Open {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    listen(centre, socket.listen(64).unwrap(), ServerConfig::new("centre"))
}

pub(crate) async fn open_tls(centre: Arc<Centre>, tls: Arc<rustls::ServerConfig>) -> Open {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listen(centre, listener, ServerConfig { tls: Some(tls), ..ServerConfig::new("centre") })
}

fn listen(centre: Arc<Centre>, listener: TcpListener, config: ServerConfig) -> Open {
    let port = listener.local_addr().unwrap().port();
    let tasks = Arc::new(Mutex::new(JoinSet::new()));
    let mut listening = JoinSet::new();
    let spawner = tasks.clone();
    let spawn = move |connection| drop(spawner.lock().unwrap().spawn(connection));
    let handler = Arc::new(CentreHandler(centre.clone()));
    listening.spawn(server::serve(listener, config, 100, handler, spawn));
    Open { centre, port, _tasks: tasks, _listening: listening }
}

impl Centre {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn to(&self, to: &str) -> Vec<Submitted> {
        let submitted = self.submitted.lock().unwrap();
        submitted.iter().filter(|known| known.to == to).cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.submitted.lock().unwrap().len()
    }

    pub(crate) fn plan(&self, to: &str, statuses: &[CommandStatus]) {
        let statuses = statuses.iter().rev().copied().collect();
        self.statuses.lock().unwrap().insert(to.to_owned(), statuses);
    }

    fn status(&self, to: &str) -> CommandStatus {
        if to.ends_with("0001") {
            return CommandStatus::RINVDSTADR;
        }
        let planned = self.statuses.lock().unwrap().get_mut(to).and_then(Vec::pop);
        planned.unwrap_or(CommandStatus::ROK)
    }

    /// Closes every connection without an unbind.
    pub(crate) fn cut(&self) {
        self.receivers.lock().unwrap().iter().for_each(Handle::abort);
    }

    /// Sends all of them at once.
    pub(crate) async fn deliver_all(&self, all: &[DeliverSm<'_>]) {
        let receiver = self.receivers.lock().unwrap().iter().find(|held| !held.is_ended()).cloned();
        let mut requests = Requests::new();
        all.iter().for_each(|deliver| requests.push(0, deliver).unwrap());
        receiver.unwrap().submit(requests).await.unwrap();
    }

    /// Sends a PDU until it is accepted.
    pub(crate) async fn deliver(&self, deliver: &DeliverSm<'_>) {
        let receiver = self.receivers.lock().unwrap().iter().find(|held| !held.is_ended()).cloned();
        let Some(receiver) = receiver else { return };
        let mut requests = Requests::new();
        requests.push(0, deliver).unwrap();
        let _ = receiver.submit(requests).await;
    }
}

struct CentreHandler(Arc<Centre>);

impl Handler for CentreHandler {
    async fn bind(&self, attempt: &BindAttempt) -> Result<(), CommandStatus> {
        let bind = attempt.parameters().map_err(|error| error.status())?;
        if self.0.refuse_binds.load(Ordering::SeqCst) || bind.password.0 != b"p" {
            return Err(CommandStatus::RINVPASWD);
        }
        Ok(())
    }

    async fn session(&self, peer: Peer, handle: Handle, mut events: Events) {
        let centre = &self.0;
        let session = centre.sessions.fetch_add(1, Ordering::SeqCst);
        centre.kinds.lock().unwrap().push(peer.kind);
        if peer.kind.may_deliver() {
            centre.receivers.lock().unwrap().push(handle.clone());
        }
        // Unaccepted receipts, by token, to be sent again.
        let mut owed: HashMap<u64, (String, Vec<u8>)> = HashMap::new();
        let mut next_token = 1;
        while let Some(batch) = events.next().await {
            let (mut answers, mut deliveries) = (Answers::new(), Vec::new());
            for event in batch {
                match event {
                    Event::Request { ticket, pdu } => {
                        let submit = pdu.decode::<SubmitSm<'_>>().unwrap();
                        let to = String::from_utf8(submit.destination.addr.to_vec()).unwrap();
                        centre.submitted.lock().unwrap().push(Submitted {
                            session,
                            to: to.clone(),
                            short_message: submit.short_message.to_vec(),
                            validity: submit.validity_period.to_vec(),
                            at: tokio::time::Instant::now(),
                        });
                        centre.in_flight_max.fetch_max(handle.unanswered(), Ordering::SeqCst);
                        if centre.silent.load(Ordering::SeqCst) {
                            let _ = ticket;
                            continue;
                        }
                        let status = centre.status(&to);
                        if !status.is_ok() {
                            answers.refuse(ticket, status);
                            continue;
                        }
                        let id = format!("{:x}", centre.next_id.fetch_add(1, Ordering::SeqCst));
                        answers.submitted(ticket, id.as_bytes()).unwrap();
                        deliveries.push((to, id.into_bytes()));
                    }
                    Event::Response { token, pdu, .. } => {
                        centre.answered.lock().unwrap().push(pdu.status());
                        let owed = owed.remove(&token);
                        if !pdu.status().is_ok() {
                            deliveries.extend(owed);
                        }
                    }
                    _ => {}
                }
            }
            let delay = centre.delay_ms.load(Ordering::SeqCst);
            if delay > 0 {
                tokio::time::sleep(Duration::from_millis(delay.into())).await;
            }
            if handle.answer(answers).await.is_err() {
                return;
            }
            let receiver = if peer.kind.may_deliver() {
                Some(handle.clone())
            } else {
                centre.receivers.lock().unwrap().iter().find(|held| !held.is_ended()).cloned()
            };
            let mut requests = Requests::new();
            for (to, id) in deliveries {
                let mut tlvs = TlvBuf::new();
                tlvs.push_c_string(tag::RECEIPTED_MESSAGE_ID, &id).unwrap();
                tlvs.push_u8(tag::MESSAGE_STATE, if to.ends_with("0002") { 5 } else { 2 });
                let receipt = DeliverSm {
                    esm_class: EsmClass::RECEIPT,
                    source: Address::international(to.as_bytes()),
                    tlvs: tlvs.tlvs(),
                    ..DeliverSm::default()
                };
                requests.push(next_token, &receipt).unwrap();
                owed.insert(next_token, (to, id));
                next_token += 1;
            }
            if let Some(receiver) = receiver.filter(|_| !requests.is_empty()) {
                let _ = receiver.submit(requests).await;
            }
        }
    }
}
