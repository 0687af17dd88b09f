//! The outcome of a bulk run, as JSON and as a table.

use serde::{Deserialize, Serialize};

use crate::outcome::{Quantiles, shares};

/// The outcome.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BulkOutcome {
    pub version: String,
    pub recipients: usize,
    /// From the first byte of the request to the response.
    pub accept_s: f64,
    /// From the response to the last final state in the recipients' summary.
    pub through_s: f64,
    pub recipients_per_second: f64,
    pub gateway_cpu_us_per_recipient: f64,
    /// Share of the database server.
    pub database_cpu_us_per_recipient: f64,
    pub simulator_cpu_us_per_recipient: f64,
    pub idle_kib: u64,
    pub accept_peak_kib: u64,
    pub peak_kib: u64,
    /// Pages of 1,000 recipients at the beginning, middle and end, during the campaign and afterwards.
    pub page: Quantiles,
    pub page_after: [f64; 3],
    /// From a code's request to its reported delivery, during the campaign.
    pub code: Quantiles,
    pub code_accept: Quantiles,
    pub code_to_smsc: Quantiles,
    pub codes: u64,
    /// Accepted codes without a reported delivery.
    pub codes_lost: u64,
    pub strangers_cpus: f64,
    pub disk_octets: u64,
    pub delivered: u64,
    /// Submitted to the simulator more than once, or never.
    pub submitted_again: usize,
    pub never_submitted: usize,
    /// Most receipts queued at the simulator; a code's receipt queues behind them.
    pub owed_max: usize,
    /// Messages that the simulator accepted from each node.
    pub submitted_by: Vec<u64>,
    /// Final recipients at each progress query since the response.
    pub progress: Vec<u64>,
}

/// A row of the table: label, and value of each outcome.
type Row = (&'static str, fn(&BulkOutcome) -> String);

const ROWS: [Row; 21] = [
    ("recipients", |o| o.recipients.to_string()),
    ("accepted in, s", |o| format!("{:.2}", o.accept_s)),
    ("sent, with receipts, in s", |o| format!("{:.1}", o.through_s)),
    ("recipients/s", |o| format!("{:.0}", o.recipients_per_second)),
    ("gateway CPU, µs per recipient", |o| format!("{:.1}", o.gateway_cpu_us_per_recipient)),
    ("of it the database server", |o| format!("{:.1}", o.database_cpu_us_per_recipient)),
    ("simulator CPU, µs per recipient", |o| format!("{:.1}", o.simulator_cpu_us_per_recipient)),
    ("idle, after accepting, peak memory, MiB", |o| {
        let [idle, accept, peak] =
            [o.idle_kib, o.accept_peak_kib, o.peak_kib].map(|kib| kib as f64 / 1024.0);
        format!("{idle:.0}, {accept:.0}, {peak:.0}")
    }),
    ("page of 1,000 during the campaign, p50, p99, max, ms", |o| quantiles(&o.page, 1)),
    ("page of 1,000 afterwards: first, middle, last, ms", |o| {
        o.page_after.map(|ms| format!("{ms:.1}")).join(", ")
    }),
    ("codes", |o| o.codes.to_string()),
    ("code from request to reported delivery, p50, p99, max, ms", |o| quantiles(&o.code, 0)),
    ("code accepted, p50, p99, max, ms", |o| quantiles(&o.code_accept, 0)),
    ("code at the SMSC, p50, p99, max, ms", |o| quantiles(&o.code_to_smsc, 0)),
    ("most receipts queued at the SMSC", |o| o.owed_max.to_string()),
    ("disk octets written per recipient", |o| {
        (o.disk_octets / o.recipients.max(1) as u64).to_string()
    }),
    ("delivered", |o| o.delivered.to_string()),
    ("submitted again, never submitted", |o| {
        format!("{}, {}", o.submitted_again, o.never_submitted)
    }),
    ("codes without a reported delivery", |o| o.codes_lost.to_string()),
    ("submitted by each node", |o| shares(&o.submitted_by)),
    ("CPUs used by other programs", |o| format!("{:.2}", o.strangers_cpus)),
];

fn quantiles(of: &Quantiles, decimals: usize) -> String {
    [of.p50_ms, of.p99_ms, of.max_ms].map(|ms| format!("{ms:.decimals$}")).join(", ")
}

/// A Markdown table with a column per outcome; below it the ratios of rates to the first one's.
pub(crate) fn table(outcomes: &[BulkOutcome]) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        cells.map(|cell| format!("| {cell} ")).collect::<String>() + "|\n"
    };
    let row = |name: &str, value: &dyn Fn(&BulkOutcome) -> String| {
        line(&mut std::iter::once(name.to_owned()).chain(outcomes.iter().map(value)))
    };
    let mut text = row("", &|outcome| outcome.version.clone());
    text += &format!("|---|{}\n", "---:|".repeat(outcomes.len()));
    for (name, value) in ROWS {
        text += &row(name, &value);
    }
    if let [first, _, ..] = outcomes {
        text += &row("recipients/s, times the first's", &|outcome| {
            format!("{:.2}", outcome.recipients_per_second / first.recipients_per_second)
        });
    }
    text
}
