//! CPU time of a message in the SMPP carrier: that of the whole process, minus that of the same messages between crate
//! `smpp`'s own client and server. Run it alone and in release:
//!
//! ```text
//! cargo test --release -p carriers --test it -- --ignored --nocapture smpp_speed
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{Carrier, InboundRefusal, Inbox, Outcome, PortError, Receipt, UnreadReceipt};
use domain::routing::CarrierName;
use serde_json::json;
use smpp::CommandStatus;
use smpp::client::{self, ClientConfig};
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, SubmitSm};
use smpp::server::{self, BindAttempt, Handler, ServerConfig};
use smpp::session::{Answers, Event, Requests};
use testkit::carrier_conformance::{key, submission};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::smpp::{carrier, to};

const MESSAGES: usize = 300_000;
const WINDOW: u32 = 500;

/// Accepts everything.
struct Quick;

impl Handler for Quick {
    async fn bind(&self, _attempt: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, _peer: Peer, handle: Handle, mut events: Events) {
        while let Some(batch) = events.next().await {
            let mut answers = Answers::new();
            for event in batch {
                if let Event::Request { ticket, .. } = event {
                    answers.submitted(ticket, b"0123456789abcdef").unwrap();
                }
            }
            if handle.answer(answers).await.is_err() {
                return;
            }
        }
    }
}

async fn listening() -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    let config = ServerConfig::new("quick");
    let sessions = std::sync::Mutex::new(JoinSet::new());
    let spawn = move |session| drop(sessions.lock().unwrap().spawn(session));
    tasks.spawn(server::serve(listener, config, 10, Arc::new(Quick), spawn));
    (port, tasks)
}

#[derive(Default)]
struct Counting {
    outcomes: AtomicUsize,
    calls: AtomicUsize,
}

#[async_trait]
impl Inbox for Counting {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        self.outcomes.fetch_add(outcomes.len(), Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    async fn receipts(&self, _receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        Ok(())
    }

    async fn inbound(&self, _parts: Vec<InboundPart>) -> Result<(), PortError> {
        Ok(())
    }

    async fn unread(&self, _receipts: Vec<UnreadReceipt>) -> Result<(), PortError> {
        Ok(())
    }

    fn refused(&self, _carrier: &CarrierName, _why: InboundRefusal, _count: u64) {}
}

/// CPU time of this process so far, in steps of 10 ms.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 =
        [fields[11], fields[12]].map(|field| field.parse::<u64>().unwrap()).iter().sum();
    Duration::from_millis(ticks * 10)
}

fn nanos_each(spent: Duration) -> u128 {
    spent.as_nanos() / MESSAGES as u128
}

async fn between_sessions() -> (Duration, Duration) {
    let (port, _serving) = listening().await;
    let mut config = ClientConfig::new("127.0.0.1", port, "u", "p");
    config.session.window = WINDOW;
    let link = client::connect(&config).await.unwrap();
    let (handle, mut events) = (link.handle, link.events);
    let mut running = JoinSet::new();
    running.spawn(link.run);
    let (begun, before) = (Instant::now(), processor_time());
    let sender = handle.clone();
    running.spawn(async move {
        let mut sent = 0;
        while sent < MESSAGES {
            let count = sender.wait_room().await.unwrap().min(MESSAGES - sent);
            let mut requests = Requests::with_capacity(count);
            let submit = SubmitSm {
                destination: Address::international(b"4520123456"),
                short_message: b"Din kode er 1234",
                ..SubmitSm::default()
            };
            (0..count).for_each(|token| requests.push(token as u64, &submit).unwrap());
            sender.submit(requests).await.unwrap();
            sent += count;
        }
        std::future::pending().await
    });
    let mut answered = 0;
    while answered < MESSAGES {
        answered += events.next().await.unwrap().len();
    }
    (begun.elapsed(), processor_time() - before)
}

async fn through_the_carrier() -> (Duration, Duration, usize) {
    let (port, _serving) = listening().await;
    let carrier = carrier(port, json!({ "window": WINDOW }));
    let inbox = Arc::new(Counting::default());
    let (runs, run_inbox): (_, Arc<dyn Inbox>) = (carrier.clone(), inbox.clone());
    let mut running = JoinSet::new();
    running.spawn(async move { runs.run(run_inbox).await });
    while !carrier.status().up {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let one = |number: usize| submission(key(u32::try_from(number).unwrap()), to("4520123456"));
    let work: Vec<_> = (0..MESSAGES).map(one).collect();
    let (begun, before) = (Instant::now(), processor_time());
    for batch in work.chunks(1_000) {
        carrier.submit(batch.to_vec()).await;
    }
    while inbox.outcomes.load(Ordering::Relaxed) < MESSAGES {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (begun.elapsed(), processor_time() - before, inbox.calls.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement; run it alone and in release"]
async fn cost_of_a_message() {
    let (took, bare) = between_sessions().await;
    println!("sessions alone: {} ns of processor a message, in {took:?}", nanos_each(bare));
    let (took, spent, calls) = through_the_carrier().await;
    println!("carrier:        {} ns of processor a message, in {took:?}", nanos_each(spent));
    println!("its own share:  {} ns", nanos_each(spent.saturating_sub(bare)));
    println!("outcomes reported in {calls} calls");
    assert!(nanos_each(spent.saturating_sub(bare)) < 10_000, "more than ten microseconds");
}
