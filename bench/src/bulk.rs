//! The bulk run: one request for very many numbers, followed until the last of them is final, while one-time passwords
//! go through the same house.
//!
//! ```text
//! bulk  ──POST, streamed──▶ gateway ──submit_sm──▶ simulator
//!       ──GET recipients──▶         ◀─deliver_sm── (a receipt for each)
//! codes ──POST, one by one▶         ──webhook────▶ sink
//! ```

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gateway::{self, Gateway, Kind, Setting};
use crate::histogram::Histogram;
use crate::http::Message;
use crate::load::Door;
use crate::number;
use crate::outcome::Quantiles;
use crate::smsc::{Centre, Manner};
use crate::tally::Tally;
use crate::{measure, peers, trial};

/// One part in every alphabet.
const TEXT: &str =
    "Big sale this Saturday at all our stores. Come early. Reply STOP to hear no more of us.";
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(500);
/// Between two codes.
const CODE_EVERY: Duration = Duration::from_millis(250);
/// No progress for this long, and the rest counts as lost.
const STALLED: Duration = Duration::from_secs(60);
/// Of the largest page that is read.
const PAGE: usize = 1_000;
/// The account can pay so many codes.
const CODES_MAX: usize = 100_000;

/// What is done.
#[derive(Debug, Clone)]
pub(crate) struct Bulk {
    pub recipients: usize,
    pub manner: Manner,
    /// Addresses are filled in here.
    pub setting: Setting,
}

/// What it showed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BulkOutcome {
    pub version: String,
    pub recipients: usize,
    /// From the first byte of the request to the answer.
    pub accept_s: f64,
    /// From the answer to the last final state, as the recipients' summary says it.
    pub through_s: f64,
    pub recipients_per_second: f64,
    pub gateway_cpu_us_per_recipient: f64,
    pub simulator_cpu_us_per_recipient: f64,
    pub idle_kib: u64,
    pub accept_peak_kib: u64,
    pub peak_kib: u64,
    /// A page of 1,000 recipients: at the beginning, in the middle and at the end, while it runs and afterwards.
    pub page: Quantiles,
    pub page_after: [f64; 3],
    /// From a code's request to its delivery told, while the bulk message ran.
    pub code: Quantiles,
    pub code_accept: Quantiles,
    pub code_to_smsc: Quantiles,
    pub codes: u64,
    pub strangers_cpus: f64,
    pub disk_octets: u64,
    pub delivered: u64,
    /// Handed to the simulator more than once, or never.
    pub submitted_again: usize,
    pub never_submitted: usize,
    /// Final recipients at each look, from the answer on.
    pub progress: Vec<u64>,
}

/// Runs it. The gateway is stopped afterwards, its directory left to be looked at.
pub(crate) fn run(bulk: &Bulk) -> Result<BulkOutcome> {
    let messages = bulk.recipients + CODES_MAX;
    let tally = Arc::new(Tally::new(messages));
    let centre = Arc::new(Centre::new(bulk.manner));
    centre.book(Arc::clone(&tally));
    let smsc = peers::start_smsc(Arc::clone(&centre))?;
    let (sink, _) = peers::start_sink(Arc::clone(&tally))?;
    let (smsc_address, callback) = (smsc.address, sink.address);
    let setting = Setting { smsc: smsc_address, callback, messages, ..bulk.setting.clone() };
    let gateway = gateway::start(Kind::Boltgram, &setting)?;
    let Door::Orders { key, .. } = gateway.door.clone() else { bail!("no key") };
    trial::wait_bound(&centre)?;
    std::thread::sleep(trial::SETTLE);
    let idle_kib = gateway.memory_kib("VmRSS")?;
    let cpu = || -> Result<_> {
        Ok([gateway.cpu()?, smsc.thread.cpu(), sink.thread.cpu(), measure::machine_cpu()])
    };
    let (before, began, disk_before) = (cpu()?, Instant::now(), gateway.disk_octets()?);
    let own_before = measure::process_cpu(std::process::id())?;

    let ask = Ask { to: gateway.http, key };
    let (uuid, accept) = send(&ask, bulk.recipients)?;
    let accept_peak_kib = gateway.memory_kib("VmHWM")?;
    println!("{} recipients accepted in {:.2} s", bulk.recipients, accept.as_secs_f64());
    let answered = Instant::now();
    for index in 0..bulk.recipients {
        tally.accepted(index);
    }
    let stop = AtomicBool::new(false);
    let (followed, codes) = std::thread::scope(|scope| {
        let codes = scope.spawn(|| send_codes(&ask, callback, &tally, bulk.recipients, &stop));
        let followed = follow(&ask, &uuid, bulk.recipients, &gateway);
        stop.store(true, Ordering::Relaxed);
        (followed, codes.join())
    });
    let codes = codes.map_err(|_| anyhow::anyhow!("the codes' thread panicked"))??;
    let Followed { progress, delivered, pages, last } = followed?;
    let through_s = last.duration_since(answered).as_secs_f64();
    let (after, watched) = (cpu()?, began.elapsed().as_secs_f64());
    let [gateway_cpu, smsc_cpu, _, machine] =
        std::array::from_fn(|n| after[n].saturating_sub(before[n]).as_secs_f64());
    let own = (measure::process_cpu(std::process::id())? - own_before).as_secs_f64();
    let each = |seconds: f64| seconds * 1e6 / bulk.recipients as f64;

    let mut page_after = [0.0; 3];
    for (at, took) in [0, bulk.recipients / 2, bulk.recipients.saturating_sub(PAGE)]
        .into_iter()
        .zip(&mut page_after)
    {
        *took = page(&ask, &uuid, at)?.1.as_secs_f64() * 1e3;
    }
    let sums = tally.sums();
    let outcome = BulkOutcome {
        version: gateway.version.clone(),
        recipients: bulk.recipients,
        accept_s: accept.as_secs_f64(),
        through_s,
        recipients_per_second: bulk.recipients as f64 / through_s.max(1e-9),
        gateway_cpu_us_per_recipient: each(gateway_cpu),
        simulator_cpu_us_per_recipient: each(smsc_cpu),
        idle_kib,
        accept_peak_kib,
        peak_kib: gateway.memory_kib("VmHWM")?,
        page: Quantiles::of(&pages),
        page_after,
        code: Quantiles::of(&tally.through()),
        code_accept: Quantiles::of(&codes),
        code_to_smsc: Quantiles::of(&tally.to_smsc(bulk.recipients)),
        codes: codes.count(),
        strangers_cpus: (machine - gateway_cpu - own).max(0.0) / watched.max(1e-9),
        disk_octets: gateway.disk_octets()?.saturating_sub(disk_before),
        delivered,
        submitted_again: sums.submitted_again,
        never_submitted: sums.never_submitted,
        progress,
    };
    gateway.stop();
    Ok(outcome)
}

/// Asks the gateway, a connection for each question.
#[derive(Debug)]
struct Ask {
    to: SocketAddr,
    key: String,
}

impl Ask {
    fn request(
        &self,
        line: &str,
        length: usize,
        write: impl FnOnce(&mut TcpStream) -> std::io::Result<()>,
    ) -> Result<(Value, Duration)> {
        let mut stream = TcpStream::connect(self.to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STALLED))?;
        let began = Instant::now();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: gateway\r\nX-API-Key: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.key
        )?;
        // A refusal may come before all is written.
        let written = write(&mut stream);
        let mut answer = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = stream.read(&mut buffer)?;
            answer.extend_from_slice(&buffer[..read]);
            if let Some(message) = Message::read(&answer)? {
                let took = began.elapsed();
                let text = String::from_utf8_lossy(message.body);
                ensure!(message.status() == 200, "{line}: {} {text}", message.status());
                return Ok((serde_json::from_slice(message.body)?, took));
            }
            if read == 0 {
                written?;
                bail!("{line}: the connection ended");
            }
        }
    }

    fn get(&self, path: &str) -> Result<(Value, Duration)> {
        self.request(&format!("GET {path}"), 0, |_| Ok(()))
    }
}

/// The message's name, and the time from the first byte to the answer.
fn send(ask: &Ask, recipients: usize) -> Result<(String, Duration)> {
    let (head, tail) = (r#"{"sender":"BENCH","msisdns":["#, format!(r#"],"content":"{TEXT}"}}"#));
    // Each number with its quotes, and commas between them.
    let length = head.len() + recipients * 13 + recipients.saturating_sub(1) + tail.len();
    let (answer, took) = ask.request("POST /api/v2/sms/send", length, |stream| {
        let mut part = Vec::with_capacity(128 * 1024);
        part.extend_from_slice(head.as_bytes());
        for index in 0..recipients {
            if index > 0 {
                part.push(b',');
            }
            part.push(b'"');
            part.extend_from_slice(&number::digits_of(index));
            part.push(b'"');
            if part.len() > 120 * 1024 {
                stream.write_all(&part)?;
                part.clear();
            }
        }
        part.extend_from_slice(tail.as_bytes());
        stream.write_all(&part)
    })?;
    let uuid = answer["uuid"].as_str().context("an answer without a uuid")?;
    Ok((uuid.to_owned(), took))
}

struct Followed {
    progress: Vec<u64>,
    delivered: u64,
    pages: Histogram,
    last: Instant,
}

/// Looks until all are final.
fn follow(ask: &Ask, uuid: &str, recipients: usize, gateway: &Gateway) -> Result<Followed> {
    let mut followed = Followed {
        progress: Vec::new(),
        delivered: 0,
        pages: Histogram::default(),
        last: Instant::now(),
    };
    let mut turn = 0;
    loop {
        std::thread::sleep(LOOK);
        turn += 1;
        let at = [0, recipients / 2, recipients.saturating_sub(PAGE)][turn % 3];
        let (body, took) = page(ask, uuid, at)?;
        followed.pages.record(took);
        let count = |wanted: &dyn Fn(&str) -> bool| -> u64 {
            let rows = body["summary"].as_array().into_iter().flatten();
            let of = rows.filter(|row| row["status"].as_str().is_some_and(wanted));
            of.filter_map(|row| row["count"].as_u64()).sum()
        };
        let ended = count(&|status| status != "pending");
        followed.delivered = count(&|status| status == "success");
        if followed.progress.last() != Some(&ended) {
            followed.last = Instant::now();
        }
        followed.progress.push(ended);
        if ended >= recipients as u64 {
            return Ok(followed);
        }
        if followed.last.elapsed() > STALLED {
            println!("no progress for {STALLED:?}: {ended} of {recipients} are final");
            return Ok(followed);
        }
        if turn % 20 == 0 {
            let memory = gateway.memory_kib("VmRSS")? / 1024;
            println!("{ended} of {recipients} final, {memory} MiB");
        }
    }
}

/// A page of recipients behind `after`.
fn page(ask: &Ask, uuid: &str, after: usize) -> Result<(Value, Duration)> {
    ask.get(&format!("/api/v2/sms/{uuid}/recipients?after={after}&limit={PAGE}"))
}

/// One code after the other until it is told to stop; how long each took to be accepted.
fn send_codes(
    ask: &Ask,
    callback: SocketAddr,
    tally: &Tally,
    first: usize,
    stop: &AtomicBool,
) -> Result<Histogram> {
    let mut codes = Histogram::default();
    for index in first..first + CODES_MAX {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let digits = number::digits_of(index);
        let phone = std::str::from_utf8(&digits)?;
        let body = format!(
            r#"{{"phone":"+{phone}","message":"Your code is 314159.","immediate":true,"webhookEvents":"final","webhookUrl":"http://{callback}/b/{index}"}}"#
        );
        tally.sending(index);
        let (_, took) = ask.request("POST /createsendorder", body.len(), |stream| {
            stream.write_all(body.as_bytes())
        })?;
        tally.accepted(index);
        codes.record(took);
        std::thread::sleep(CODE_EVERY);
    }
    Ok(codes)
}

impl BulkOutcome {
    /// A Markdown table.
    pub(crate) fn table(&self) -> String {
        let mib = |kib: u64| kib as f64 / 1024.0;
        let [first, middle, last] = self.page_after;
        let rows = [
            ("recipients", format!("{}", self.recipients)),
            ("accepted in, s", format!("{:.2}", self.accept_s)),
            ("sent and receipted in, s", format!("{:.1}", self.through_s)),
            ("recipients/s", format!("{:.0}", self.recipients_per_second)),
            ("gateway CPU, µs a recipient", format!("{:.1}", self.gateway_cpu_us_per_recipient)),
            (
                "simulator CPU, µs a recipient",
                format!("{:.1}", self.simulator_cpu_us_per_recipient),
            ),
            ("idle, after accepting, peak memory, MiB", {
                let (idle, accept) = (mib(self.idle_kib), mib(self.accept_peak_kib));
                format!("{idle:.0}, {accept:.0}, {:.0}", mib(self.peak_kib))
            }),
            ("page of 1,000 meanwhile, p50, p99, max, ms", {
                let Quantiles { p50_ms, p99_ms, max_ms } = self.page;
                format!("{p50_ms:.1}, {p99_ms:.1}, {max_ms:.1}")
            }),
            ("page of 1,000 afterwards: first, middle, last, ms", {
                format!("{first:.1}, {middle:.1}, {last:.1}")
            }),
            ("code from request to delivery told, p50, p99, max, ms", {
                let Quantiles { p50_ms, p99_ms, max_ms } = self.code;
                format!("{p50_ms:.0}, {p99_ms:.0}, {max_ms:.0} ({} codes)", self.codes)
            }),
            ("code accepted, p50, p99, max, ms", {
                let Quantiles { p50_ms, p99_ms, max_ms } = self.code_accept;
                format!("{p50_ms:.0}, {p99_ms:.0}, {max_ms:.0}")
            }),
            ("code at the SMSC, p50, p99, max, ms", {
                let Quantiles { p50_ms, p99_ms, max_ms } = self.code_to_smsc;
                format!("{p50_ms:.0}, {p99_ms:.0}, {max_ms:.0}")
            }),
            ("disk octets written for each recipient", {
                format!("{}", self.disk_octets / self.recipients.max(1) as u64)
            }),
            ("delivered", format!("{}", self.delivered)),
            ("handed over again, never", {
                format!("{}, {}", self.submitted_again, self.never_submitted)
            }),
            ("CPUs busy with strangers", format!("{:.2}", self.strangers_cpus)),
        ];
        let lines = rows.iter().map(|(name, value)| format!("| {name} | {value} |\n"));
        format!("| {} | |\n|---|---:|\n{}", self.version, lines.collect::<String>())
    }
}
