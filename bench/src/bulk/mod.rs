//! The bulk run: one request with very many numbers, followed until the last recipient is final, while one-time
//! passwords go through the same gateway.
//!
//! ```text
//! bulk  ──POST, streamed──▶ gateway ──submit_sm──▶ simulator
//!       ──GET recipients──▶         ◀─deliver_sm── (a receipt for each)
//! codes ──POST, one by one▶         ──webhook────▶ sink
//! ```

mod ask;
mod outcome;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use self::ask::{Ask, page, send};
pub(crate) use self::outcome::{BulkOutcome, table};
use crate::gateway::{self, Gateway, Kind, Setting};
use crate::histogram::Histogram;
use crate::load::Door;
use crate::number;
use crate::outcome::Quantiles;
use crate::smsc::{Centre, Manner};
use crate::tally::Tally;
use crate::{measure, peers, trial};

/// Interval of progress queries.
const LOOK: Duration = Duration::from_millis(500);
/// Interval of codes.
const CODE_EVERY: Duration = Duration::from_millis(250);
/// Time limit after the end for the delivery reports of codes.
const CODE_LATE: Duration = Duration::from_secs(5);
/// Without progress for this long, the rest counts as lost.
const STALLED: Duration = Duration::from_secs(60);
/// Size of the largest page.
const PAGE: usize = 1_000;
/// Number of codes that the account can pay.
const CODES_MAX: usize = 100_000;

/// Parameters of a bulk run.
#[derive(Debug, Clone)]
pub(crate) struct Bulk {
    pub recipients: usize,
    pub manner: Manner,
    /// The run fills in the addresses.
    pub setting: Setting,
}

/// Runs it. Stops the gateway afterwards and leaves its directory for inspection.
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
    trial::wait_bound(&centre, gateway.http.len())?;
    std::thread::sleep(trial::SETTLE);
    let idle_kib = gateway.memory_kib("VmRSS")?;
    let cpu = || -> Result<_> {
        let database = gateway.database_cpu()?;
        Ok([gateway.cpu()?, database, smsc.thread.cpu(), measure::machine_cpu()])
    };
    let (before, began, disk_before) = (cpu()?, Instant::now(), gateway.disk_octets()?);
    let own_before = measure::process_cpu(std::process::id())?;

    let ask = Ask::new(gateway.http.clone(), key);
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
        let followed = follow(&ask, &uuid, bulk.recipients, &gateway, &centre);
        stop.store(true, Ordering::Relaxed);
        (followed, codes.join())
    });
    let codes = codes.map_err(|_| anyhow::anyhow!("the codes' thread panicked"))??;
    let Followed { progress, owed_max, delivered, pages, last } = followed?;
    let through_s = last.duration_since(answered).as_secs_f64();
    let (after, watched) = (cpu()?, began.elapsed().as_secs_f64());
    let [gateway_cpu, database_cpu, smsc_cpu, machine] =
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
    let (through, sums) = (codes_told(&tally, codes.count()), tally.sums());
    let outcome = BulkOutcome {
        version: gateway.version.clone(),
        recipients: bulk.recipients,
        accept_s: accept.as_secs_f64(),
        through_s,
        recipients_per_second: bulk.recipients as f64 / through_s.max(1e-9),
        gateway_cpu_us_per_recipient: each(gateway_cpu),
        database_cpu_us_per_recipient: each(database_cpu),
        simulator_cpu_us_per_recipient: each(smsc_cpu),
        idle_kib,
        accept_peak_kib,
        peak_kib: gateway.memory_kib("VmHWM")?,
        page: Quantiles::of(&pages),
        page_after,
        code: Quantiles::of(&through),
        code_accept: Quantiles::of(&codes),
        code_to_smsc: Quantiles::of(&tally.to_smsc(bulk.recipients)),
        codes: codes.count(),
        codes_lost: codes.count().saturating_sub(through.count()),
        strangers_cpus: (machine - gateway_cpu - own).max(0.0) / watched.max(1e-9),
        disk_octets: gateway.disk_octets()?.saturating_sub(disk_before),
        delivered,
        submitted_again: sums.submitted_again,
        never_submitted: sums.never_submitted,
        owed_max,
        submitted_by: centre.submitted_by(),
        progress,
    };
    gateway.stop();
    Ok(outcome)
}

/// Time of each code until its reported delivery; waits for outstanding ones.
fn codes_told(tally: &Tally, codes: u64) -> Histogram {
    let end = Instant::now() + CODE_LATE;
    while tally.through().count() < codes && Instant::now() < end {
        std::thread::sleep(CODE_EVERY);
    }
    tally.through()
}

struct Followed {
    progress: Vec<u64>,
    owed_max: usize,
    delivered: u64,
    pages: Histogram,
    last: Instant,
}

/// Polls until all recipients are final.
fn follow(
    ask: &Ask,
    uuid: &str,
    recipients: usize,
    gateway: &Gateway,
    centre: &Centre,
) -> Result<Followed> {
    let mut followed = Followed {
        progress: Vec::new(),
        owed_max: 0,
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
        followed.owed_max = followed.owed_max.max(centre.waiting());
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

/// Sends codes one by one until stopped; returns the time that each took to be accepted.
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
