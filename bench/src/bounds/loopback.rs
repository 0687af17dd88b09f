//! SMPP alone: a client of crate `smpp` against the simulator, without store or receipts. Directly, with several
//! windows; and through the proxy, where window / round trip is the bound.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use smpp::client::{self, ClientConfig};
use smpp::link::{Events, Handle};
use smpp::pdu::{Address, SubmitSm};
use smpp::session::{Event, Requests};

use crate::measure::Thread;
use crate::peers;
use crate::smsc::{Centre, Manner};

const NEAR_MESSAGES: u64 = 1_000_000;
const NEAR_WINDOWS: [u32; 3] = [64, 256, 1_000];
const FAR_WINDOWS: [u32; 3] = [10, 100, 500];
const FAR_RTTS_MS: [u64; 4] = [0, 20, 40, 100];
/// Approximate duration of a run through the proxy.
const FAR_SECONDS: f64 = 3.0;

const MANNER: Manner = Manner { receipt_delay: Duration::ZERO, receipt_window: 100 };

pub(super) fn windows() -> Result<Value> {
    println!("| window | messages/s | client µs CPU | simulator µs CPU |\n|---:|---:|---:|---:|");
    let mut all = Vec::new();
    for window in NEAR_WINDOWS {
        let smsc = peers::start_smsc(Arc::new(Centre::new(MANNER)))?;
        let before = smsc.thread.cpu();
        let (took, client_cpu) = exchange(smsc.address.port(), window, NEAR_MESSAGES)?;
        let us = |cpu: Duration| cpu.as_secs_f64() * 1e6 / NEAR_MESSAGES as f64;
        let (client, server) = (us(client_cpu), us(smsc.thread.cpu() - before));
        let rate = NEAR_MESSAGES as f64 / took.as_secs_f64();
        println!("| {window} | {rate:.0} | {client:.2} | {server:.2} |");
        all.push(json!({
            "window": window, "per_second": rate, "client_us": client, "simulator_us": server,
        }));
    }
    Ok(all.into())
}

pub(super) fn round_trips() -> Result<Value> {
    println!(
        "| round trip ms | window | messages/s | window / round trip | share |\n|---:|---:|---:|---:|---:|"
    );
    let mut all = Vec::new();
    for rtt_ms in FAR_RTTS_MS {
        for window in FAR_WINDOWS {
            let smsc = peers::start_smsc(Arc::new(Centre::new(MANNER)))?;
            let (proxy, _) = peers::start_proxy(smsc.address, Duration::from_millis(rtt_ms))?;
            let bound = (rtt_ms > 0).then(|| f64::from(window) * 1e3 / rtt_ms as f64);
            let messages = bound.map_or(200_000, |bound| (bound * FAR_SECONDS) as u64);
            let (took, _) = exchange(proxy.port(), window, messages)?;
            let rate = messages as f64 / took.as_secs_f64();
            let (limit, share) = bound.map_or((String::new(), String::new()), |bound| {
                (format!("{bound:.0}"), format!("{:.2}", rate / bound))
            });
            println!("| {rtt_ms} | {window} | {rate:.0} | {limit} | {share} |");
            all.push(json!({ "rtt_ms": rtt_ms, "window": window, "per_second": rate }));
        }
    }
    Ok(all.into())
}

/// Elapsed time and the client's CPU time for this many messages and their responses.
fn exchange(port: u16, window: u32, messages: u64) -> Result<(Duration, Duration)> {
    let life = move || -> Result<_> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut config = ClientConfig::new("127.0.0.1", port, "bench", "bench");
            config.session.window = window;
            let link = client::connect(&config).await?;
            tokio::task::spawn(link.run);
            let (thread, start) = (Thread::current()?, Instant::now());
            let before = thread.cpu();
            let sending = send(link.handle.clone(), messages);
            let (sent, answered) = tokio::join!(sending, count(link.events, messages));
            sent?;
            answered?;
            Ok((start.elapsed(), thread.cpu() - before))
        })
    };
    let client = std::thread::Builder::new().name("client".to_owned()).spawn(life)?;
    client.join().map_err(|_| anyhow::anyhow!("the client panicked"))?
}

async fn send(handle: Handle, messages: u64) -> Result<()> {
    let message = SubmitSm {
        source: Address::alphanumeric(b"Boltgram"),
        destination: Address::international(b"4512345678"),
        short_message: &[b'x'; 144],
        ..SubmitSm::default()
    };
    let mut next = 0;
    while next < messages {
        let room = handle.wait_room().await? as u64;
        let end = messages.min(next + room);
        let mut requests = Requests::with_capacity(usize::try_from(room)?);
        for token in next..end {
            requests.push(token, &message)?;
        }
        next = end;
        handle.submit(requests).await?;
    }
    Ok(())
}

async fn count(mut events: Events, messages: u64) -> Result<()> {
    let mut answered = 0;
    while answered < messages {
        for event in events.next().await.context("the session ended")? {
            let Event::Response { pdu, .. } = event else { anyhow::bail!("{event:?}") };
            ensure!(pdu.message_id().len() == 16, "a response without an id");
            answered += 1;
        }
    }
    Ok(())
}
