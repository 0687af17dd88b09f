//! The outcome of a trial, as JSON and as a table with the ratios to the run's first gateway.

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::tally::Sums;

/// A distribution of durations, milliseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Quantiles {
    pub(crate) fn of(histogram: &Histogram) -> Self {
        Self {
            p50_ms: histogram.quantile_ms(500),
            p99_ms: histogram.quantile_ms(990),
            max_ms: histogram.max_ms(),
        }
    }
}

/// The outcome of a trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub gateway: String,
    pub version: String,
    pub messages: usize,
    pub connections: usize,
    pub window: u32,
    /// 0 = as fast as responses arrived.
    pub rate: f64,
    pub rtt_ms: f64,
    pub kannel_dlr: Option<String>,
    /// From the first request to the last reported final state.
    pub seconds: f64,
    /// Final states reported in that time, per second.
    pub per_second: f64,
    /// Accepted requests per second of the loader's own time.
    pub accepted_per_second: f64,
    /// From request to response.
    pub accept: Quantiles,
    /// From request to reported final state.
    pub through: Quantiles,
    pub gateway_cpu_s: f64,
    pub gateway_cpu_s_per_thousand: f64,
    /// Share of the database server.
    pub database_cpu_s_per_thousand: f64,
    /// Gateway, loader, simulator, sink and proxy.
    pub all_cpu_s_per_thousand: f64,
    pub load_cpu_s: f64,
    pub smsc_cpu_s: f64,
    pub sink_cpu_s: f64,
    pub proxy_cpu_s: f64,
    /// CPU time of all other programs meanwhile: noise.
    pub strangers_cpu_s: f64,
    /// Duration over which CPU time was counted.
    pub watched_s: f64,
    /// Nanoseconds of a fixed piece of work before and after: the processor's speed.
    pub work_ns: [f64; 2],
    /// Octets that the gateway wrote to disk.
    pub disk_octets: u64,
    pub idle_kib: u64,
    pub peak_kib: u64,
    /// Sampled each second.
    pub memory_kib: Vec<u64>,
    pub requests_refused: u64,
    pub requests_broken: u64,
    /// The first refusal.
    pub example: Option<String>,
    pub sink_connections: u64,
    pub receipts_refused: u64,
    /// Messages that the SMSC accepted from each node.
    pub submitted_by: Vec<u64>,
    pub sums: Sums,
}

impl Outcome {
    /// CPUs used by other programs meanwhile.
    pub(crate) fn strangers_cpus(&self) -> f64 {
        self.strangers_cpu_s / self.watched_s.max(1e-9)
    }
}

/// A row of the table: label, value, and how to compare it with the first outcome's (`true`: more is better).
type Row = (&'static str, fn(&Outcome) -> f64, Option<bool>, usize);

const ROWS: [Row; 20] = [
    ("messages with a reported final state", |o| o.sums.told as f64, None, 0),
    ("messages/s end to end", |o| o.per_second, Some(true), 0),
    ("messages/s accepted", |o| o.accepted_per_second, Some(true), 0),
    ("CPU s per 1,000 messages, gateway", |o| o.gateway_cpu_s_per_thousand, Some(false), 4),
    ("of it the database server", |o| o.database_cpu_s_per_thousand, None, 4),
    ("CPU s per 1,000 messages, all", |o| o.all_cpu_s_per_thousand, Some(false), 4),
    ("accept p50, ms", |o| o.accept.p50_ms, Some(false), 2),
    ("accept p99, ms", |o| o.accept.p99_ms, Some(false), 2),
    ("accept max, ms", |o| o.accept.max_ms, None, 2),
    ("request to final state p50, ms", |o| o.through.p50_ms, Some(false), 1),
    ("request to final state p99, ms", |o| o.through.p99_ms, Some(false), 1),
    ("idle memory, MiB", |o| o.idle_kib as f64 / 1024.0, Some(false), 1),
    ("peak memory, MiB", |o| o.peak_kib as f64 / 1024.0, Some(false), 1),
    (
        "disk KiB written per message",
        |o| o.disk_octets as f64 / 1024.0 / o.sums.told.max(1) as f64,
        Some(false),
        1,
    ),
    ("call-backs per message", |o| calls(o) / o.sums.told.max(1) as f64, Some(false), 2),
    ("call-backs per connection", |o| calls(o) / o.sink_connections.max(1) as f64, Some(true), 1),
    ("loader CPU s per 1,000", |o| o.load_cpu_s / o.sums.told.max(1) as f64 * 1e3, None, 4),
    (
        "simulator and sink CPU s per 1,000",
        |o| (o.smsc_cpu_s + o.sink_cpu_s) / o.sums.told.max(1) as f64 * 1e3,
        None,
        4,
    ),
    ("CPUs used by other programs", Outcome::strangers_cpus, None, 2),
    (
        "a fixed piece of work, ns (before and after)",
        |o| o.work_ns.iter().sum::<f64>() / 2.0,
        None,
        2,
    ),
];

fn calls(outcome: &Outcome) -> f64 {
    let sums = &outcome.sums;
    (sums.told + sums.told_again + sums.interim) as f64
}

/// Percentage of messages submitted by each node; empty for one node.
pub(crate) fn shares(submitted_by: &[u64]) -> String {
    let sum = submitted_by.iter().sum::<u64>().max(1) as f64;
    let share = |count: &u64| format!("{:.1} %", *count as f64 / sum * 100.0);
    match submitted_by {
        [] | [_] => String::new(),
        several => several.iter().map(share).collect::<Vec<_>>().join(", "),
    }
}

/// A Markdown table; with several outcomes the last columns are ratios to the first, above 1 if better.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut lines = vec![String::from("| |"), String::from("|---|")];
    for (n, outcome) in outcomes.iter().enumerate() {
        lines[0].push_str(&format!(" {} |", outcome.version));
        lines[1].push_str("---:|");
        if n > 0 {
            lines[0].push_str(" times better |");
            lines[1].push_str("---:|");
        }
    }
    for (name, value, better, decimals) in ROWS {
        let mut line = format!("| {name} |");
        for (n, outcome) in outcomes.iter().enumerate() {
            let value_here = value(outcome);
            line.push_str(&format!(" {value_here:.decimals$} |"));
            if n > 0 {
                let first = value(&outcomes[0]);
                let ratio =
                    better.map(|more| if more { value_here / first } else { first / value_here });
                line.push_str(&ratio.map_or(" |".to_owned(), |ratio| format!(" **{ratio:.2}** |")));
            }
        }
        lines.push(line);
    }
    if outcomes.iter().any(|outcome| outcome.submitted_by.len() > 1) {
        let ratio = |n| if n > 0 { " |" } else { "" };
        let cells = outcomes.iter().enumerate();
        let cells = cells.map(|(n, o)| format!(" {} |{}", shares(&o.submitted_by), ratio(n)));
        lines.push(format!("| submitted by each node |{}", cells.collect::<String>()));
    }
    lines.join("\n")
}

/// Errors, one line each; empty if there were none.
pub(crate) fn complaints(outcome: &Outcome) -> Vec<String> {
    let sums = &outcome.sums;
    let mut complaints = Vec::new();
    let mut check = |count: usize, what: &str| {
        if count > 0 {
            complaints.push(format!("{}: {count} {what}", outcome.gateway));
        }
    };
    check(sums.lost, "accepted without a reported final state");
    check(sums.told_again, "final states reported again");
    check(sums.failed, "reported as failed");
    check(sums.strangers, "reported or submitted, but never accepted");
    check(sums.never_submitted, "accepted and never submitted to the SMSC");
    check(sums.submitted_again, "submitted to the SMSC again");
    check(outcome.messages - sums.accepted.min(outcome.messages), "not accepted");
    check(usize::try_from(outcome.requests_broken).unwrap_or(0), "requests broken");
    check(usize::try_from(outcome.requests_refused).unwrap_or(0), "requests refused and repeated");
    if let Some(example) = &outcome.example {
        complaints.push(format!("{}: for example: {example}", outcome.gateway));
    }
    complaints
}
