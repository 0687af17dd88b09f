//! State that outlives a session: assigned ids and unacknowledged receipts. A receipt stays here until it is
//! acknowledged; if it is refused or its session ends first, it is sent again, as by real SMSCs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp::pdu::{Address, DeliverSm, EncodeError, EsmClass, SubmitSm, TlvBuf};
use smpp::receipt::{MessageState, NewReceipt, date};
use smpp::session::Requests;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::number;
use crate::tally::Tally;

/// Delay before a refused receipt is sent again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Settings of the simulator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Delay from accepting a message to its receipt.
    pub receipt_delay: Duration,
    /// Receipts in flight on each session.
    pub receipt_window: u32,
}

/// A receipt to send. It keeps its addresses so that it can be encoded again.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    due: Instant,
    pub(super) id: u64,
    addresses: Arc<[u8]>,
    source_octets: usize,
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub submitted: u64,
    pub receipts_taken: u64,
    pub receipts_refused: u64,
}

/// All sessions of one `system_id`.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// Open sessions.
    open: AtomicU64,
    /// Accepted messages.
    submitted: AtomicU64,
}

/// The centre.
#[derive(Debug)]
pub(crate) struct Centre {
    manner: Manner,
    tally: Mutex<Option<Arc<Tally>>>,
    owed: Mutex<VecDeque<Owed>>,
    pub(super) grown: Notify,
    next_id: AtomicU64,
    submitted: AtomicU64,
    receipts_taken: AtomicU64,
    receipts_refused: AtomicU64,
    clients: Mutex<BTreeMap<String, Arc<Client>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Centre {
    pub(crate) fn new(manner: Manner) -> Self {
        Self {
            manner,
            tally: Mutex::default(),
            owed: Mutex::default(),
            grown: Notify::new(),
            next_id: AtomicU64::new(1),
            submitted: AtomicU64::new(0),
            receipts_taken: AtomicU64::new(0),
            receipts_refused: AtomicU64::new(0),
            clients: Mutex::default(),
        }
    }

    /// Records messages in this tally from now on.
    pub(crate) fn book(&self, tally: Arc<Tally>) {
        *lock(&self.tally) = Some(tally);
    }

    pub(super) fn tally(&self) -> Option<Arc<Tally>> {
        lock(&self.tally).clone()
    }

    pub(crate) const fn receipt_window(&self) -> u32 {
        self.manner.receipt_window
    }

    /// Number of receipts not sent yet.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.owed).len()
    }

    pub(crate) fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            submitted: read(&self.submitted),
            receipts_taken: read(&self.receipts_taken),
            receipts_refused: read(&self.receipts_refused),
        }
    }

    pub(super) fn session_began(&self, system_id: &str) -> Arc<Client> {
        let client = Arc::clone(lock(&self.clients).entry(system_id.to_owned()).or_default());
        client.open.fetch_add(1, Ordering::Relaxed);
        client
    }

    /// Number of clients with a session.
    pub(crate) fn bound(&self) -> usize {
        let is_bound = |client: &&Arc<Client>| client.open.load(Ordering::Relaxed) > 0;
        lock(&self.clients).values().filter(is_bound).count()
    }

    /// Messages submitted by each client, ordered by name.
    pub(crate) fn submitted_by(&self) -> Vec<u64> {
        let of = |client: &Arc<Client>| client.submitted.load(Ordering::Relaxed);
        lock(&self.clients).values().map(of).collect()
    }

    /// Accepts a message. Returns its id, and its receipt if one was requested.
    pub(super) fn take(
        &self,
        sm: &SubmitSm<'_>,
        now: Instant,
        tally: Option<&Tally>,
        owed: &mut Vec<Owed>,
    ) -> [u8; 16] {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.submitted.fetch_add(1, Ordering::Relaxed);
        if let Some(tally) = tally {
            tally.submitted(number::index_of(sm.destination.addr));
        }
        if sm.registered_delivery.wants(true) {
            owed.push(Owed {
                due: now + self.manner.receipt_delay,
                id,
                addresses: [sm.source.addr, sm.destination.addr].concat().into(),
                source_octets: sm.source.addr.len(),
            });
        }
        id_text(id)
    }

    /// Queues receipts.
    pub(super) fn owe(&self, owed: Vec<Owed>) {
        if !owed.is_empty() {
            lock(&self.owed).extend(owed);
            self.grown.notify_one();
        }
    }

    /// Queues an unacknowledged receipt again.
    pub(super) fn owe_again(&self, mut owed: Owed, refused: bool) {
        if refused {
            self.receipts_refused.fetch_add(1, Ordering::Relaxed);
            owed.due = Instant::now() + AGAIN_AFTER;
        }
        // The queue is ordered by time.
        let mut queue = lock(&self.owed);
        let place = queue.partition_point(|other| other.due <= owed.due);
        queue.insert(place, owed);
        drop(queue);
        self.grown.notify_one();
    }

    pub(super) fn taken(&self) {
        self.receipts_taken.fetch_add(1, Ordering::Relaxed);
    }

    /// At most `room` due receipts, or the time of the next one.
    pub(super) fn due(&self, room: usize, now: Instant) -> Result<Vec<Owed>, Option<Instant>> {
        let mut queue = lock(&self.owed);
        let due = queue.iter().take(room).take_while(|owed| owed.due <= now).count();
        if due == 0 {
            Err(queue.front().map(|owed| owed.due))
        } else {
            Ok(queue.drain(..due).collect())
        }
    }
}

impl Client {
    pub(super) fn handed_over(&self, messages: u64) {
        self.submitted.fetch_add(messages, Ordering::Relaxed);
    }

    pub(super) fn session_ended(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sixteen characters that no parser reads as a number.
fn id_text(id: u64) -> [u8; 16] {
    let mut text = *b"b000000000000000";
    let mut rest = id;
    for digit in text[1..].iter_mut().rev() {
        *digit = b"0123456789abcdef"[(rest & 15) as usize];
        rest >>= 4;
    }
    text
}

/// Adds the receipt to a batch, with its id as the token.
pub(super) fn write(
    owed: &Owed,
    clock_s: i64,
    texts: &mut (Vec<u8>, TlvBuf),
    requests: &mut Requests,
) -> Result<(), EncodeError> {
    let id = id_text(owed.id);
    let today = date(clock_s);
    let receipt = NewReceipt {
        message_id: &id,
        state: MessageState::Delivered,
        err: "000",
        submit_date: today,
        done_date: today,
        network_error: None,
        text: b"",
    };
    let (text, tlvs) = texts;
    text.clear();
    tlvs.clear();
    receipt.render(text);
    receipt.tlvs(tlvs)?;
    let (source, destination) = owed.addresses.split_at(owed.source_octets);
    let deliver = DeliverSm {
        source: Address::international(destination),
        destination: Address::unknown(source),
        esm_class: EsmClass::RECEIPT,
        short_message: text,
        tlvs: tlvs.tlvs(),
        ..DeliverSm::default()
    };
    requests.push(owed.id, &deliver)
}

#[cfg(test)]
mod tests {
    use super::{Centre, Manner, id_text};

    #[test]
    fn clients_are_told_apart_while_they_are_bound_and_afterwards() {
        let manner = Manner { receipt_delay: Default::default(), receipt_window: 1 };
        let centre = Centre::new(manner);
        let [two, one, again] = ["two", "one", "two"].map(|name| centre.session_began(name));
        assert_eq!(centre.bound(), 2);
        two.handed_over(3);
        again.handed_over(4);
        one.handed_over(1);
        again.session_ended();
        assert_eq!((centre.bound(), centre.submitted_by()), (2, vec![1, 7]));
        two.session_ended();
        assert_eq!((centre.bound(), centre.submitted_by()), (1, vec![1, 7]));
    }

    #[test]
    fn ids_differ_and_are_no_numbers() {
        assert_eq!(&id_text(0x1f), b"b00000000000001f");
        assert_ne!(id_text(1), id_text(2));
    }
}
