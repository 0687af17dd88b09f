//! HTTP alone: the loader against the sink.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use crate::load::{Door, Load};
use crate::peers;
use crate::tally::Tally;

const REQUESTS: usize = 200_000;
const CONNECTIONS: [usize; 3] = [1, 16, 64];

pub(super) fn measure() -> Result<Value> {
    println!("| connections | requests/s | p50 ms | p99 ms | loader µs CPU | sink µs CPU |");
    println!("|---:|---:|---:|---:|---:|---:|");
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        let tally = Arc::new(Tally::new(REQUESTS));
        let (sink, _) = peers::start_sink(Arc::clone(&tally))?;
        let before = sink.thread.cpu();
        let to = vec![sink.address];
        let load = Load { to, door: Door::Echo, connections, rate: 0.0, tally };
        let (seen, cpu) = peers::start_load(load)?.join()?;
        let us = |seconds: f64| seconds * 1e6 / REQUESTS as f64;
        let rate = REQUESTS as f64 / seen.took.as_secs_f64();
        let (p50, p99) = (seen.latency.quantile_ms(500), seen.latency.quantile_ms(990));
        let loader = us(cpu.as_secs_f64());
        let sink = us((sink.thread.cpu() - before).as_secs_f64());
        println!("| {connections} | {rate:.0} | {p50:.2} | {p99:.2} | {loader:.1} | {sink:.1} |");
        all.push(json!({
            "connections": connections, "per_second": rate, "p50_ms": p50, "p99_ms": p99,
            "loader_us": loader, "sink_us": sink,
        }));
    }
    Ok(all.into())
}
