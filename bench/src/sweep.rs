//! Throughput by window and round trip, as a share of window / round trip.

use std::time::Duration;

use anyhow::Result;

use crate::outcome::{Outcome, complaints};
use crate::trial::{self, Trial};

/// Approximate duration of a trial.
const SECONDS: f64 = 5.0;
/// Without a round trip there is no bound from which to compute the number of messages.
const NEAR_MESSAGES: usize = 30_000;

/// Runs one trial per pair. `most_per_second` is the gateway's known maximum on this machine; it bounds the number of
/// messages.
pub(crate) fn run(
    base: &Trial,
    windows: &[u32],
    rtts_ms: &[u64],
    most_per_second: f64,
) -> Result<Vec<Outcome>> {
    println!(
        "| round trip ms | window | messages/s | window / round trip | share |\n|---:|---:|---:|---:|---:|"
    );
    let mut outcomes = Vec::new();
    for &rtt_ms in rtts_ms {
        for &window in windows {
            let bound = (rtt_ms > 0).then(|| f64::from(window) * 1e3 / rtt_ms as f64);
            let expected = bound.unwrap_or(f64::INFINITY).min(most_per_second);
            let mut trial = base.clone();
            trial.rtt = Duration::from_millis(rtt_ms);
            trial.setting.window = window;
            trial.messages = bound.map_or(NEAR_MESSAGES, |_| (expected * SECONDS) as usize);
            let outcome = trial::run(&trial)?;
            let (limit, share) = bound.map_or((String::new(), String::new()), |bound| {
                (format!("{bound:.0}"), format!("{:.2}", outcome.per_second / bound))
            });
            println!("| {rtt_ms} | {window} | {:.0} | {limit} | {share} |", outcome.per_second);
            complaints(&outcome).iter().for_each(|complaint| eprintln!("{complaint}"));
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}
