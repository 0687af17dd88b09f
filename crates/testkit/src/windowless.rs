//! A message centre on raw sockets without a receipt window: it sends receipts as fast as TCP takes them, reads
//! meanwhile, never repeats a receipt, and counts what it gets. Real ones of this kind exist.

#![allow(clippy::expect_used, reason = "a fixture of tests")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use smpp::pdu::{
    self, Address, DeliverSm, EsmClass, RawPdu, SubmitSm, SubmitSmResp, TlvBuf, Tlvs, tag,
};
use smpp::{CommandId, CommandStatus, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What the centre has received.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// Sessions that were ever bound.
    pub sessions: usize,
    /// Sessions that have ended.
    pub ended: usize,
    /// How often each destination was submitted.
    pub submitted: BTreeMap<String, u32>,
    /// Receipts answered with `ESME_ROK`.
    pub taken: usize,
    /// Statuses of the other answers to receipts and other requests.
    pub refused: Vec<CommandStatus>,
    /// Answers to our `enquire_link`s.
    pub alive: usize,
}

#[derive(Debug, Default)]
struct Centre {
    counts: Mutex<Counts>,
    /// Accepted messages without a receipt: id and destination.
    owed: Mutex<Vec<(String, String)>>,
    next_id: AtomicU64,
    sessions: Mutex<Vec<Arc<Output>>>,
}

/// What a session has to write.
#[derive(Debug, Default)]
struct Output {
    octets: Mutex<BytesMut>,
    sequence: Mutex<u32>,
    grown: Notify,
}

/// A listening centre. Dropping it closes it.
#[derive(Debug)]
pub struct Windowless {
    pub port: u16,
    centre: Arc<Centre>,
    _listening: JoinSet<()>,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Windowless {
    /// # Panics
    ///
    /// If it cannot listen.
    pub async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let centre = Arc::new(Centre::default());
        let (serving, mut listening) = (centre.clone(), JoinSet::new());
        listening.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let centre = serving.clone();
                sessions.spawn(async move { centre.serve(stream).await });
            }
        });
        Self { port, centre, _listening: listening }
    }

    pub fn counts(&self) -> Counts {
        lock(&self.centre.counts).clone()
    }

    /// Accepted messages without a receipt.
    pub fn owed(&self) -> usize {
        lock(&self.centre.owed).len()
    }

    /// Sends the receipts of all accepted messages at once, in turns over the sessions.
    pub fn send_receipts(&self) {
        let owed = std::mem::take(&mut *lock(&self.centre.owed));
        self.send(&owed);
    }

    /// Sends receipts of unknown messages at once, in turns over the sessions; their ids are `flood-0`, `flood-1`, ….
    pub fn flood(&self, count: usize) {
        let receipt = |at| (format!("flood-{at}"), "4520123456".to_owned());
        self.send(&(0..count).map(receipt).collect::<Vec<_>>());
    }

    fn send(&self, receipts: &[(String, String)]) {
        let sessions = lock(&self.centre.sessions).clone();
        for (at, (id, to)) in receipts.iter().enumerate() {
            if let Some(session) = sessions.get(at % sessions.len().max(1)) {
                session.push_receipt(id, to);
            }
        }
        sessions.iter().for_each(|session| session.grown.notify_one());
    }

    /// Sends a request with this body on every session.
    pub fn send_raw(&self, id: CommandId, body: &[u8]) {
        for session in &*lock(&self.centre.sessions) {
            session.push_raw(id, session.next(), body);
            session.grown.notify_one();
        }
    }

    /// Sends an `enquire_link` on every session.
    pub fn enquire(&self) {
        for session in &*lock(&self.centre.sessions) {
            let sequence = session.next();
            session.push_raw(CommandId::ENQUIRE_LINK, sequence, b"");
            session.grown.notify_one();
        }
    }
}

impl Output {
    fn next(&self) -> u32 {
        let mut sequence = lock(&self.sequence);
        *sequence += 1;
        *sequence
    }

    fn push<'a>(&self, sequence: u32, body: &impl pdu::Body<'a>) {
        // The fields are short.
        let _ = pdu::encode(&mut lock(&self.octets), CommandStatus::ROK, sequence, body);
    }

    fn push_raw(&self, id: CommandId, sequence: u32, body: &[u8]) {
        let mut octets = lock(&self.octets);
        let start = octets.len();
        pdu::encode_bare(&mut octets, id, CommandStatus::ROK, sequence);
        octets.extend_from_slice(body);
        let octets_of_pdu = u32::try_from(octets.len() - start).unwrap_or(u32::MAX);
        if let Some(length) = octets.get_mut(start..start + 4) {
            length.copy_from_slice(&octets_of_pdu.to_be_bytes());
        }
    }

    fn push_receipt(&self, id: &str, to: &str) {
        let text = format!(
            "id:{id} sub:001 dlvrd:001 submit date:2611301200 done date:2611301201 stat:DELIVRD err:000 text:"
        );
        let mut tlvs = TlvBuf::new();
        let _ = tlvs.push_c_string(tag::RECEIPTED_MESSAGE_ID, id.as_bytes());
        tlvs.push_u8(tag::MESSAGE_STATE, 2);
        let receipt = DeliverSm {
            esm_class: EsmClass::RECEIPT,
            source: Address::international(to.as_bytes()),
            short_message: text.as_bytes(),
            tlvs: tlvs.tlvs(),
            ..DeliverSm::default()
        };
        self.push(self.next(), &receipt);
    }
}

impl Centre {
    async fn serve(&self, stream: TcpStream) {
        let (mut reader, mut writer) = stream.into_split();
        let session = Arc::new(Output::default());
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        loop {
            output.unsplit(lock(&session.octets).split());
            tokio::select! {
                read = reader.read_buf(&mut input) => {
                    if read.is_ok_and(|read| read > 0) {
                        let (frames, _) = frame::split(&mut input, 1 << 16);
                        frames.for_each(|pdu| self.take(&pdu, &session));
                    } else {
                        break;
                    }
                }
                written = writer.write_buf(&mut output), if !output.is_empty() => {
                    if written.is_err() {
                        break;
                    }
                }
                () = session.grown.notified() => {}
            }
        }
        lock(&self.sessions).retain(|open| !Arc::ptr_eq(open, &session));
        lock(&self.counts).ended += 1;
    }

    fn take(&self, pdu: &RawPdu, session: &Arc<Output>) {
        let (id, sequence) = (pdu.id(), pdu.sequence());
        if id.is_bind() {
            lock(&self.counts).sessions += 1;
            lock(&self.sessions).push(session.clone());
            return session.push_raw(id.response(), sequence, b"smsc\0");
        }
        match id {
            CommandId::SUBMIT_SM => {
                let Ok(submit) = pdu.decode::<SubmitSm<'_>>() else { return };
                let to = String::from_utf8_lossy(submit.destination.addr).into_owned();
                *lock(&self.counts).submitted.entry(to.clone()).or_default() += 1;
                let id = format!("{:x}", self.next_id.fetch_add(1, Ordering::Relaxed));
                session
                    .push(sequence, &SubmitSmResp { message_id: id.as_bytes(), tlvs: Tlvs::NONE });
                lock(&self.owed).push((id, to));
            }
            CommandId::DELIVER_SM_RESP if pdu.status().is_ok() => lock(&self.counts).taken += 1,
            CommandId::DELIVER_SM_RESP | CommandId::SUBMIT_SM_RESP => {
                lock(&self.counts).refused.push(pdu.status());
            }
            CommandId::ENQUIRE_LINK_RESP => lock(&self.counts).alive += 1,
            CommandId::ENQUIRE_LINK | CommandId::UNBIND => {
                session.push_raw(id.response(), sequence, b"");
            }
            _ => {}
        }
    }
}
