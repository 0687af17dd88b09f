//! Streams of single invoices (`GET /v2/invoices/subscribe/{r_hash}`), the only ones by which LND reports that a payment is
//! held. Each gives the current state first, so that nothing is missed between two of them.
//!
//! ```text
//! follow ── open ── OPEN ── (silence, for as long as nobody pays) ── ACCEPTED ── hint, end
//!             ^        │                                             SETTLED, CANCELED ── hint, end
//!             └─ wait ─┘ cut, refused, or not readable
//! ```
//!
//! At most [`STREAMS_MAX`] are open; the one that was followed the longest ago ends when there would be more. What is not
//! followed is found by the poll of held payments. A stream ends with the first change: later ones are awaited by those
//! who made them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use domain::id::PaymentHash;
use domain::ports::PortError;
use reqwest::{Response, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::client::{CallError, Refusal, Rest, broken};
use super::wire::{Message, StreamedInvoice};

/// Each is a connection of its own. LND's own limit of files leaves room for several times as many.
pub(super) const STREAMS_MAX: usize = 200;

/// Streams that are being opened: a node that just started gets no flood of connections.
const OPENING_MAX: usize = 16;

/// Hints that nobody has read yet; a stream waits for room.
const HINTS_MAX: usize = 256;

/// A line is one invoice; with all 483 parts that a channel can carry it has about 200 KiB.
const LINE_BYTES_MAX: usize = 2 * 1_024 * 1_024;

/// Between two attempts; it doubles with each. After so many the invoice has expired, or the poll finds its payment.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
const ATTEMPTS_MAX: u32 = 100;

/// A stream that lasted so long was a good one: the next attempt counts as the first.
const LASTING: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Streams {
    rest: Arc<Rest>,
    /// Limit of the time until the first line.
    timeout: Duration,
    followed: Arc<Mutex<Followed>>,
    opening: Arc<Semaphore>,
    hints: mpsc::Sender<PaymentHash>,
}

#[derive(Debug, Default)]
struct Followed {
    by_hash: HashMap<PaymentHash, Stream>,
    /// The longest ago first.
    by_turn: BTreeMap<u64, PaymentHash>,
    turn: u64,
}

#[derive(Debug)]
struct Stream {
    turn: u64,
    task: AbortHandle,
}

impl Streams {
    /// With the receiver of their hints.
    pub(super) fn new(rest: Arc<Rest>, timeout: Duration) -> (Self, mpsc::Receiver<PaymentHash>) {
        let (hints, receiver) = mpsc::channel(HINTS_MAX);
        let (followed, opening) = (Arc::default(), Arc::new(Semaphore::new(OPENING_MAX)));
        (Self { rest, timeout, followed, opening, hints }, receiver)
    }

    /// Follows the invoice, or makes it the one that was followed last.
    pub(super) fn follow(&self, hash: PaymentHash) {
        let Ok(runtime) = Handle::try_current() else { return };
        let mut followed = lock(&self.followed);
        if followed.touch(hash) {
            return;
        }
        while followed.by_hash.len() >= STREAMS_MAX {
            followed.end_oldest();
        }
        let (rest, opening, hints) =
            (Arc::clone(&self.rest), Arc::clone(&self.opening), self.hints.clone());
        let (all, limit) = (Arc::clone(&self.followed), self.timeout);
        // The lock is held, so the task cannot end before it is known.
        let task = runtime.spawn(async move {
            if follow(&rest, hash, &opening, limit).await {
                // There is a receiver, or nobody who cares.
                let _closed = hints.send(hash).await;
            }
            lock(&all).forget(hash, tokio::task::id());
        });
        followed.insert(hash, task.abort_handle());
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        lock(&self.followed).by_hash.values().for_each(|stream| stream.task.abort());
    }
}

fn lock(followed: &Mutex<Followed>) -> MutexGuard<'_, Followed> {
    followed.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Followed {
    fn touch(&mut self, hash: PaymentHash) -> bool {
        let Some(stream) = self.by_hash.get_mut(&hash) else { return false };
        self.by_turn.remove(&stream.turn);
        self.turn += 1;
        stream.turn = self.turn;
        self.by_turn.insert(self.turn, hash);
        true
    }

    fn insert(&mut self, hash: PaymentHash, task: AbortHandle) {
        self.turn += 1;
        self.by_turn.insert(self.turn, hash);
        self.by_hash.insert(hash, Stream { turn: self.turn, task });
    }

    fn end_oldest(&mut self) {
        let Some((_, hash)) = self.by_turn.pop_first() else { return };
        if let Some(stream) = self.by_hash.remove(&hash) {
            stream.task.abort();
        }
    }

    /// Unless another task follows the invoice by now.
    fn forget(&mut self, hash: PaymentHash, task: tokio::task::Id) {
        if self.by_hash.get(&hash).is_some_and(|stream| stream.task.id() == task)
            && let Some(stream) = self.by_hash.remove(&hash)
        {
            self.by_turn.remove(&stream.turn);
        }
    }
}

/// Follows the invoice over as many streams as it takes; returns whether it changed.
async fn follow(rest: &Rest, hash: PaymentHash, opening: &Semaphore, limit: Duration) -> bool {
    let (mut attempts, mut pause) = (0, PAUSE_MIN);
    while attempts < ATTEMPTS_MAX {
        let began = Instant::now();
        match until_changed(rest, hash, opening, limit).await {
            Ok(()) => return true,
            Err(CallError::Refusal(Refusal::NotFound)) => return false,
            Err(error) => tracing::debug!(%hash, ?error, "the stream of an invoice ended"),
        }
        if began.elapsed() >= LASTING {
            (attempts, pause) = (0, PAUSE_MIN);
        }
        sleep(pause).await;
        (attempts, pause) = (attempts + 1, PAUSE_MAX.min(2 * pause));
    }
    tracing::warn!(%hash, "LND's streams keep failing; this invoice's payment is found by polling");
    false
}

/// Reads one stream until the invoice is not open any more.
async fn until_changed(
    rest: &Rest,
    hash: PaymentHash,
    opening: &Semaphore,
    limit: Duration,
) -> Result<(), CallError> {
    let silent = |_| PortError::Unavailable("LND's stream gave no state".into());
    let begin = async {
        let path = format!("/v2/invoices/subscribe/{}", URL_SAFE.encode(hash.as_bytes()));
        let mut lines = Lines { response: rest.open_stream(&path).await?, buffer: Vec::new() };
        let first = lines.next(rest).await?;
        Ok::<_, CallError>((first, lines))
    };
    let permit = opening.acquire().await;
    let (mut invoice, mut lines) = timeout(limit, begin).await.map_err(silent)??;
    drop(permit);
    while invoice.is_open() {
        invoice = lines.next(rest).await?;
    }
    Ok(())
}

/// The messages of a stream, which may come in any pieces.
struct Lines {
    response: Response,
    buffer: Vec<u8>,
}

impl Lines {
    async fn next(&mut self, rest: &Rest) -> Result<StreamedInvoice, CallError> {
        let unusable = |why: String| CallError::Port(PortError::Unavailable(why));
        let mut searched = 0;
        loop {
            let ends = self.buffer[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(length) = ends.map(|at| searched + at) {
                let line: Vec<_> = self.buffer.drain(..=length).collect();
                return read(rest, &line);
            }
            searched = self.buffer.len();
            if searched > LINE_BYTES_MAX {
                return Err(unusable("a line of LND's stream is too long".into()));
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|error| broken(error, PortError::Unavailable))? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Err(unusable("LND ended its stream".into())),
            }
        }
    }
}

fn read(rest: &Rest, line: &[u8]) -> Result<StreamedInvoice, CallError> {
    match serde_json::from_slice::<Message<StreamedInvoice>>(line) {
        Ok(Message { result: Some(invoice), .. }) => Ok(invoice),
        Ok(Message { error: Some(failure), .. } | Message { failure, .. }) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Err(rest.refused(status, &failure.message, PortError::Unavailable))
        }
        Err(error) => {
            let why = format!("unexpected line of LND's stream: {error}");
            Err(PortError::Unavailable(why).into())
        }
    }
}
