//! Windows and round trips: how much of window / round trip a gateway gets out of a carrier that is far away.

use std::time::Duration;

use anyhow::Result;

use crate::outcome::{Outcome, complaints};
use crate::trial::{self, Trial};

/// A trial lasts about this long.
const SECONDS: f64 = 5.0;
/// Without a distance there is no bound to compute the number of messages from.
const NEAR_MESSAGES: usize = 30_000;

/// One trial for each pair. `most_per_second` is what the gateway is known to reach on this machine: more than that
/// cannot come from a larger window, and the number of messages follows from it.
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
