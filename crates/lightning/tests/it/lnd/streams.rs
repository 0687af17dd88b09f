//! LND's streams of single invoices (`invoicesrpc.SubscribeSingleInvoice`): the current state first, then every change, and
//! the end after a final one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use domain::id::PaymentHash;
use domain::ports::{HoldState, Lightning, NodeEvent};
use futures_util::stream;
use serde_json::json;
use tokio::sync::broadcast;

use super::fake::{Shared, StoredInvoice, refuse};
use super::handlers;

/// What is wrong with the streams that begin from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Faultless,
    /// Lines come in pieces of this many bytes.
    Pieces(usize),
    /// Lines come together with the next one, and end in the middle of it.
    CutAfterEveryLine,
    /// This line comes in place of the first state.
    Says(&'static str),
    /// The response never begins.
    Silent,
    /// A line without an end.
    Endless,
}

#[derive(Clone)]
pub(crate) struct Streams {
    pub(crate) manner: Arc<Mutex<Manner>>,
    open: Arc<Mutex<BTreeMap<PaymentHash, usize>>>,
    opened: Arc<AtomicUsize>,
    changes: broadcast::Sender<PaymentHash>,
}

impl Default for Streams {
    fn default() -> Self {
        let (changes, _) = broadcast::channel(4_096);
        Self { manner: Arc::default(), open: Arc::default(), opened: Arc::default(), changes }
    }
}

impl Streams {
    pub(crate) fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The invoices of the streams that are open.
    pub(crate) fn open(&self) -> Vec<PaymentHash> {
        self.open.lock().unwrap().keys().copied().collect()
    }

    /// Streams that were opened so far.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

/// Passes the node's changes to the streams.
pub(crate) async fn watch(shared: Shared) {
    let node = shared.node().await;
    loop {
        if let NodeEvent::Changed(hash) = node.next_event().await {
            let _nobody = shared.streams.changes.send(hash);
        }
    }
}

/// One that is open, until it is dropped.
struct Open {
    streams: Streams,
    hash: PaymentHash,
}

impl Open {
    fn new(streams: &Streams, hash: PaymentHash) -> Self {
        *streams.open.lock().unwrap().entry(hash).or_default() += 1;
        streams.opened.fetch_add(1, Ordering::SeqCst);
        Self { streams: streams.clone(), hash }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap();
        let left = open.get_mut(&self.hash).unwrap();
        *left -= 1;
        if *left == 0 {
            open.remove(&self.hash);
        }
    }
}

/// The invoice's states, one after the other.
struct States {
    shared: Shared,
    stored: StoredInvoice,
    changes: broadcast::Receiver<PaymentHash>,
    last: Option<HoldState>,
    _open: Open,
}

impl States {
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(HoldState::Settled | HoldState::Cancelled) = self.last {
                return None;
            }
            let state = self.shared.node().await.lookup(self.stored.hash).await.unwrap();
            if self.last != Some(state) {
                self.last = Some(state);
                let line = json!({ "result": handlers::invoice(&self.stored, state) });
                return Some(format!("{line}\n"));
            }
            loop {
                match self.changes.recv().await {
                    Ok(hash) if hash != self.stored.hash => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                }
            }
        }
    }
}

pub(crate) async fn subscribe(State(shared): State<Shared>, Path(hash): Path<String>) -> Response {
    let hash = PaymentHash::from_slice(&URL_SAFE.decode(&hash).unwrap()).unwrap();
    let stored = shared.stored.lock().unwrap().iter().find(|stored| stored.hash == hash).cloned();
    let Some(stored) = stored else { return refuse(404, "unable to locate invoice") };
    let changes = shared.streams.changes.subscribe();
    let open = Open::new(&shared.streams, hash);
    let manner = *shared.streams.manner.lock().unwrap();
    let states = States { shared, stored, changes, last: None, _open: open };
    match manner {
        Manner::Faultless => body(states, usize::MAX),
        Manner::Pieces(bytes) => body(states, bytes),
        Manner::CutAfterEveryLine => {
            let mut states = states;
            let line = states.next().await.unwrap_or_default();
            line.into_response()
        }
        Manner::Says(line) => format!("{line}\n").into_response(),
        Manner::Silent => {
            let _kept = states;
            std::future::pending().await
        }
        Manner::Endless => {
            let chunk = Bytes::from_static(&[b' '; 64 * 1_024]);
            let chunks = stream::unfold((chunk, states), |(chunk, states)| async move {
                Some((Ok::<_, Infallible>(chunk.clone()), (chunk, states)))
            });
            Body::from_stream(chunks).into_response()
        }
    }
}

/// Lines in pieces of at most so many bytes.
fn body(states: States, bytes: usize) -> Response {
    let chunks = stream::unfold((states, Bytes::new()), move |(mut states, mut rest)| async move {
        if rest.is_empty() {
            rest = Bytes::from(states.next().await?);
        } else {
            // So that the pieces leave one by one.
            tokio::task::yield_now().await;
        }
        let piece = rest.split_to(bytes.min(rest.len()));
        Some((Ok::<_, Infallible>(piece), (states, rest)))
    });
    Body::from_stream(chunks).into_response()
}
