//! One trial: a gateway between loader, simulator and sink, from the first request to the last reported final state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::gateway::{self, Gateway, Kind, Setting};
use crate::load::{Load, Seen};
use crate::outcome::{Outcome, Quantiles};
use crate::smsc::{Centre, Manner};
use crate::tally::Tally;
use crate::{measure, peers};

/// Parameters of a trial.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    pub kind: Kind,
    pub messages: usize,
    pub connections: usize,
    /// Messages per second; 0 = as fast as responses arrive.
    pub rate: f64,
    /// Round trip to the simulator; zero for no proxy.
    pub rtt: Duration,
    pub manner: Manner,
    /// The trial fills in the addresses.
    pub setting: Setting,
}

/// Interval of progress checks.
const LOOK: Duration = Duration::from_millis(5);
/// Time limit for the gateway's bind.
const BOUND_WITHIN: Duration = Duration::from_secs(30);
/// Idle time before memory is read and load begins.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);
/// Without a final state for this long, the rest counts as lost.
const STALLED: Duration = Duration::from_secs(30);
/// Wait for repeats after the last final state.
const GRACE: Duration = Duration::from_secs(1);
const MEMORY_EVERY: Duration = Duration::from_secs(1);

/// Runs it. Stops the gateway afterwards and leaves its directory for inspection.
pub(crate) fn run(trial: &Trial) -> Result<Outcome> {
    let tally = Arc::new(Tally::new(trial.messages));
    let centre = Arc::new(Centre::new(trial.manner));
    centre.book(Arc::clone(&tally));
    let smsc = peers::start_smsc(Arc::clone(&centre))?;
    let (sink, calls) = peers::start_sink(Arc::clone(&tally))?;
    let far = !trial.rtt.is_zero();
    let proxy = far.then(|| peers::start_proxy(smsc.address, trial.rtt)).transpose()?;
    let setting = Setting {
        smsc: proxy.as_ref().map_or(smsc.address, |(address, _)| *address),
        callback: sink.address,
        messages: trial.messages,
        ..trial.setting.clone()
    };
    let gateway = gateway::start(trial.kind, &setting)?;
    wait_bound(&centre, gateway.http.len())?;
    std::thread::sleep(SETTLE);
    let work_before = measure::work_ns();
    let idle_kib = gateway.memory_kib("VmRSS")?;

    let cpu = || -> Result<_> {
        let proxy = proxy.as_ref().map_or(Duration::ZERO, |(_, threads)| threads.cpu());
        let [smsc, sink] = [&smsc, &sink].map(|peer| peer.thread.cpu());
        let database = gateway.database_cpu()?;
        Ok([gateway.cpu()?, smsc, sink, proxy, measure::machine_cpu(), database])
    };
    let disk_before = gateway.disk_octets()?;
    let (before, began) = (cpu()?, Instant::now());
    let (door, to, connections) = (gateway.door.clone(), gateway.http.clone(), trial.connections);
    let load = Load { to, door, connections, rate: trial.rate, tally: Arc::clone(&tally) };
    let (seen, load_cpu, memory_kib) = watch(&gateway, &tally, load)?;
    std::thread::sleep(GRACE);
    let (after, watched_s) = (cpu()?, began.elapsed().as_secs_f64());
    let [gateway_cpu, smsc_cpu, sink_cpu, proxy_cpu, machine_cpu, database_cpu] =
        std::array::from_fn(|n| after[n].saturating_sub(before[n]).as_secs_f64());
    let load_cpu = load_cpu.as_secs_f64();
    let ours = gateway_cpu + smsc_cpu + sink_cpu + proxy_cpu + load_cpu;

    let (sums, span) = (tally.sums(), tally.span().as_secs_f64());
    let told = sums.told.max(1) as f64;
    let outcome = Outcome {
        gateway: format!("{:?}", trial.kind).to_lowercase(),
        version: gateway.version.clone(),
        messages: trial.messages,
        connections: trial.connections,
        window: trial.setting.window,
        rate: trial.rate,
        rtt_ms: trial.rtt.as_secs_f64() * 1e3,
        kannel_dlr: (trial.kind == Kind::Kannel).then(|| trial.setting.kannel_dlr.clone()),
        seconds: span,
        per_second: sums.told as f64 / span.max(1e-9),
        accepted_per_second: sums.accepted as f64 / seen.took.as_secs_f64().max(1e-9),
        accept: Quantiles::of(&seen.latency),
        through: Quantiles::of(&tally.through()),
        gateway_cpu_s: gateway_cpu,
        gateway_cpu_s_per_thousand: gateway_cpu / told * 1e3,
        database_cpu_s_per_thousand: database_cpu / told * 1e3,
        all_cpu_s_per_thousand: ours / told * 1e3,
        load_cpu_s: load_cpu,
        smsc_cpu_s: smsc_cpu,
        sink_cpu_s: sink_cpu,
        proxy_cpu_s: proxy_cpu,
        strangers_cpu_s: (machine_cpu - ours).max(0.0),
        watched_s,
        work_ns: [work_before, measure::work_ns()],
        disk_octets: gateway.disk_octets()?.saturating_sub(disk_before),
        idle_kib,
        peak_kib: gateway.memory_kib("VmHWM")?,
        memory_kib,
        requests_refused: seen.refused,
        requests_broken: seen.broken,
        example: seen.example,
        sink_connections: calls.connections(),
        receipts_refused: centre.counts().receipts_refused,
        submitted_by: centre.submitted_by(),
        sums,
    };
    gateway.stop();
    Ok(outcome)
}

/// Waits until each node has bound.
pub(crate) fn wait_bound(centre: &Centre, nodes: usize) -> Result<()> {
    let end = Instant::now() + BOUND_WITHIN;
    while centre.bound() < nodes {
        if Instant::now() > end {
            bail!("the gateway did not bind to the simulator within {BOUND_WITHIN:?}");
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Runs the load until every accepted message has a reported final state, or progress stops. Samples memory meanwhile.
fn watch(gateway: &Gateway, tally: &Tally, load: Load) -> Result<(Seen, Duration, Vec<u64>)> {
    let mut memory_kib = Vec::new();
    let loader = peers::start_load(load)?;
    let (mut told, mut progress, mut sampled) = (0, Instant::now(), Instant::now());
    loop {
        std::thread::sleep(LOOK);
        let now = Instant::now();
        let current = (tally.told_count(), tally.accepted_count());
        if loader.is_done() && current.0 >= current.1 {
            break;
        }
        if current.0 + current.1 != told {
            (told, progress) = (current.0 + current.1, now);
        }
        // The loader's own time limit is longer than this.
        if now > progress + STALLED && loader.is_done() {
            break;
        }
        if now > sampled + MEMORY_EVERY {
            sampled = now;
            memory_kib.push(gateway.memory_kib("VmRSS")?);
        }
    }
    let (seen, cpu) = loader.join()?;
    Ok((seen, cpu, memory_kib))
}
