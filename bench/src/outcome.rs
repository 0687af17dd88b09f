//! What a trial showed, as JSON and as a table with the ratios to Kannel of the same run.

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

/// What a trial showed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub gateway: String,
    pub version: String,
    pub messages: usize,
    pub connections: usize,
    pub window: u32,
    /// 0 = as fast as answers came.
    pub rate: f64,
    pub rtt_ms: f64,
    pub kannel_dlr: Option<String>,
    /// From the first request to the last final state told.
    pub seconds: f64,
    /// Final states told in that time.
    pub per_second: f64,
    /// Requests answered with yes, in the loader's own time.
    pub accepted_per_second: f64,
    /// From request to answer.
    pub accept: Quantiles,
    /// From request to final state told.
    pub through: Quantiles,
    pub gateway_cpu_s: f64,
    pub gateway_cpu_s_per_thousand: f64,
    /// Of it the database's server.
    pub database_cpu_s_per_thousand: f64,
    /// Gateway, loader, simulator, sink and proxy.
    pub all_cpu_s_per_thousand: f64,
    pub load_cpu_s: f64,
    pub smsc_cpu_s: f64,
    pub sink_cpu_s: f64,
    pub proxy_cpu_s: f64,
    /// What the rest of the machine took at the same time: noise.
    pub strangers_cpu_s: f64,
    /// How long CPU time was counted.
    pub watched_s: f64,
    /// What a fixed piece of work cost before and after, nanoseconds: how fast the processor was.
    pub work_ns: [f64; 2],
    /// Caused to be written to disks by the gateway.
    pub disk_octets: u64,
    pub idle_kib: u64,
    pub peak_kib: u64,
    /// Each second.
    pub memory_kib: Vec<u64>,
    pub requests_refused: u64,
    pub requests_broken: u64,
    /// The first refusal.
    pub example: Option<String>,
    pub sink_connections: u64,
    pub receipts_refused: u64,
    /// What the SMSC took from each node.
    pub submitted_by: Vec<u64>,
    pub sums: Sums,
}

impl Outcome {
    /// How many CPUs the rest of the machine kept busy meanwhile.
    pub(crate) fn strangers_cpus(&self) -> f64 {
        self.strangers_cpu_s / self.watched_s.max(1e-9)
    }
}

/// A row of the table: its name, and each outcome's value, to be set against the first's (`true`: more is better).
type Row = (&'static str, fn(&Outcome) -> f64, Option<bool>, usize);

const ROWS: [Row; 20] = [
    ("messages told their final state", |o| o.sums.told as f64, None, 0),
    ("messages/s end to end", |o| o.per_second, Some(true), 0),
    ("messages/s accepted", |o| o.accepted_per_second, Some(true), 0),
    ("CPU s per 1,000 messages, gateway", |o| o.gateway_cpu_s_per_thousand, Some(false), 4),
    ("of it the database's server", |o| o.database_cpu_s_per_thousand, None, 4),
    ("CPU s per 1,000 messages, all", |o| o.all_cpu_s_per_thousand, Some(false), 4),
    ("accept p50, ms", |o| o.accept.p50_ms, Some(false), 2),
    ("accept p99, ms", |o| o.accept.p99_ms, Some(false), 2),
    ("accept max, ms", |o| o.accept.max_ms, None, 2),
    ("request to final state p50, ms", |o| o.through.p50_ms, Some(false), 1),
    ("request to final state p99, ms", |o| o.through.p99_ms, Some(false), 1),
    ("idle memory, MiB", |o| o.idle_kib as f64 / 1024.0, Some(false), 1),
    ("peak memory, MiB", |o| o.peak_kib as f64 / 1024.0, Some(false), 1),
    (
        "disk KiB written for each message",
        |o| o.disk_octets as f64 / 1024.0 / o.sums.told.max(1) as f64,
        Some(false),
        1,
    ),
    ("call-backs for each message", |o| calls(o) / o.sums.told.max(1) as f64, Some(false), 2),
    (
        "call-backs for each connection",
        |o| calls(o) / o.sink_connections.max(1) as f64,
        Some(true),
        1,
    ),
    ("loader CPU s per 1,000", |o| o.load_cpu_s / o.sums.told.max(1) as f64 * 1e3, None, 4),
    (
        "simulator and sink CPU s per 1,000",
        |o| (o.smsc_cpu_s + o.sink_cpu_s) / o.sums.told.max(1) as f64 * 1e3,
        None,
        4,
    ),
    ("CPUs busy with strangers meanwhile", Outcome::strangers_cpus, None, 2),
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

/// What each node handed over, in parts of a hundred; empty for one node.
pub(crate) fn shares(submitted_by: &[u64]) -> String {
    let sum = submitted_by.iter().sum::<u64>().max(1) as f64;
    let share = |count: &u64| format!("{:.1} %", *count as f64 / sum * 100.0);
    match submitted_by {
        [] | [_] => String::new(),
        several => several.iter().map(share).collect::<Vec<_>>().join(", "),
    }
}

/// A Markdown table; with several outcomes the last columns are ratios to the first, above 1 when better.
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
        lines.push(format!("| handed over by each node |{}", cells.collect::<String>()));
    }
    lines.join("\n")
}

/// What should not have happened, one line each; empty when all went well.
pub(crate) fn complaints(outcome: &Outcome) -> Vec<String> {
    let sums = &outcome.sums;
    let mut complaints = Vec::new();
    let mut check = |count: usize, what: &str| {
        if count > 0 {
            complaints.push(format!("{}: {count} {what}", outcome.gateway));
        }
    };
    check(sums.lost, "accepted and never told a final state");
    check(sums.told_again, "final states told again");
    check(sums.failed, "told as failed");
    check(sums.strangers, "told or sent and never accepted");
    check(sums.never_submitted, "accepted and never handed to the SMSC");
    check(sums.submitted_again, "handed to the SMSC again");
    check(outcome.messages - sums.accepted.min(outcome.messages), "not accepted");
    check(usize::try_from(outcome.requests_broken).unwrap_or(0), "requests broken");
    check(
        usize::try_from(outcome.requests_refused).unwrap_or(0),
        "requests refused and asked again",
    );
    if let Some(example) = &outcome.example {
        complaints.push(format!("{}: for example: {example}", outcome.gateway));
    }
    complaints
}
