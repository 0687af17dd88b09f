//! Message centres that misbehave as real ones do, at scale: memory and log stay bounded, other links are unaffected, and
//! operation is normal again afterwards.
//!
//! Except in [`peer`], tokio's clock is paused and advanced in small steps ([`pass`]) while the sockets are real:
//! between two steps everything that needs no timer happens.

mod answers;
mod centre;
mod congested;
mod flood;
mod full_queue;
mod peer;
mod slow_inbox;
mod stops_reading;
mod throttled;
mod unreachable;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ports::{Carrier, Outcome, Submission, SubmissionKey};
use testkit::carrier_conformance::{Running, key, submission};
use tokio::task::JoinSet;
use tracing::subscriber::DefaultGuard;

use crate::smpp::to;

/// Step of the clock: less than any timer of a session.
const STEP: Duration = Duration::from_millis(20);

/// How often every task is polled between two steps.
const TURNS: u32 = 20;

/// Advances the paused clock.
async fn pass(time: Duration) {
    let until = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < until {
        step().await;
    }
}

async fn step() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(STEP).await;
}

/// Advances the paused clock until a condition holds.
async fn pass_until(what: &str, limit: Duration, condition: impl Fn() -> bool) -> Duration {
    let begun = tokio::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < limit, "{what} did not come within {limit:?}");
        step().await;
    }
    begun.elapsed()
}

/// Captures the log lines of this thread while it is held.
struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen() -> Self {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Writer(written.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        Self { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// Asserts that at most `most` lines were logged.
    fn assert_lines(&self, most: usize) {
        let text = self.text();
        let lines = text.lines().count();
        assert!(lines <= most, "{lines} lines: {text:.4000}");
    }
}

/// The destination of submission `number`, by which the centre's records and the outcomes are matched.
fn number(number: u32) -> String {
    format!("4520{number:06}")
}

fn one(at: u32) -> Submission {
    submission(key(at), to(&number(at)))
}

/// Submits one by one, as fast as the carrier accepts.
struct Feeder {
    handed: Arc<AtomicUsize>,
    _feeding: JoinSet<()>,
}

impl Feeder {
    fn begin(running: &Running, numbers: std::ops::Range<u32>) -> Self {
        let handed = Arc::new(AtomicUsize::new(0));
        let (count, carrier) = (handed.clone(), running.carrier.clone());
        let mut feeding = JoinSet::new();
        feeding.spawn(async move {
            for at in numbers {
                carrier.submit(vec![one(at)]).await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { handed, _feeding: feeding }
    }

    fn handed(&self) -> usize {
        self.handed.load(Ordering::SeqCst)
    }
}

fn outcome_of(outcomes: &[Outcome], key: SubmissionKey) -> &Outcome {
    let mut all = outcomes.iter().filter(|outcome| outcome.key == key);
    let (Some(outcome), None) = (all.next(), all.next()) else {
        panic!("{key:?} has no outcome or two")
    };
    outcome
}

/// Asserts that a message through another carrier's link takes no longer than usual.
async fn assert_quick(other: &Running, at: u32) {
    let carrier: Arc<dyn Carrier> = other.carrier.clone();
    carrier.submit(vec![one(at)]).await;
    let answered = || !other.inbox.outcomes_of(key(at)).is_empty();
    pass_until("the other link", Duration::from_millis(200), answered).await;
    let outcome = other.inbox.outcomes_of(key(at)).remove(0);
    assert_eq!(outcome.end, domain::ports::End::Accepted);
}
