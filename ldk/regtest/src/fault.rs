//! Faults of the chain's servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// How a server of the chain misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers as it should.
    None,
    /// HTTP 503 to everything; Electrum closes the connection.
    Down,
    /// Bytes that are no answer.
    Garbage,
    /// Answers after this time.
    Slow(Duration),
}

/// The fault of a server, which a test changes.
#[derive(Clone)]
pub(crate) struct FaultSwitch(Arc<Mutex<Fault>>);

impl FaultSwitch {
    pub(crate) fn new() -> FaultSwitch {
        FaultSwitch(Arc::new(Mutex::new(Fault::None)))
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = fault;
    }

    pub(crate) fn get(&self) -> Fault {
        *self.0.lock().unwrap()
    }

    /// The answer instead of the right one, if any; waits if it is slow.
    pub(crate) async fn http(&self) -> Option<Response> {
        match self.get() {
            Fault::None => None,
            Fault::Down => Some((StatusCode::SERVICE_UNAVAILABLE, "down").into_response()),
            Fault::Garbage => Some("<html>\u{fffd}\u{0}garbage".into_response()),
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                None
            }
        }
    }
}

/// A fee rate as bitcoind writes it: bitcoin for 1,000 virtual bytes.
pub(crate) fn bitcoin_per_kvb(sat_per_vbyte: u64) -> serde_json::Value {
    let sats = sat_per_vbyte * 1_000;
    let text = format!("{}.{:08}", sats / 100_000_000, sats % 100_000_000);
    serde_json::from_str(&text).expect("a decimal number")
}
