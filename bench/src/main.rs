//! `bench`: measures Boltgram, Kannel and the bounds of this machine. README.md explains the figures. The only gateway
//! code used here is crate `smpp`, for the simulator.

mod bounds;
mod bulk;
mod cli;
mod compare;
mod gateway;
mod histogram;
mod http;
mod load;
mod measure;
mod number;
mod outcome;
mod peers;
mod proxy;
mod sink;
mod smsc;
mod sweep;
mod tally;
mod trial;

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde::Serialize;

use cli::{Cli, Command, DoorKind, LoadArgs, MannerArgs};
use load::{Door, Load};
use outcome::Quantiles;
use smsc::{Centre, Manner};
use tally::Tally;

fn main() -> ExitCode {
    match perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform() -> Result<()> {
    match Cli::parse().command {
        Command::Run(run) => compare::gateways(&run),
        Command::Bulk(bulk) => compare::stores(&bulk),
        Command::Nodes(nodes) => compare::nodes(&nodes),
        Command::Sweep(sweep) => {
            println!("{}\n", measure::machine());
            let [base] = &compare::trials(&sweep.common, sweep.gateway)?[..] else {
                bail!("a sweep takes one --store");
            };
            let outcomes = sweep::run(base, &sweep.windows, &sweep.rtts_ms, sweep.most_per_second)?;
            write_json(sweep.common.json.as_deref(), &outcomes)
        }
        Command::Bounds { json } => {
            println!("{}", measure::machine());
            let figures = bounds::run(Path::new("work"))?;
            write_json(json.as_deref(), &figures)
        }
        Command::Smsc { listen, manner } => {
            block_on(smsc::run(listen, Arc::new(Centre::new(manner.into()))))
        }
        Command::Sink { listen, messages } => block_on(sink::run(listen, messages)),
        Command::Load(load) => block_on(load_alone(load)),
        Command::Proxy { listen, to, rtt_ms } => {
            proxy::run(listen, to, Duration::from_millis(rtt_ms))
        }
    }
}

fn block_on(future: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

impl From<MannerArgs> for Manner {
    fn from(args: MannerArgs) -> Self {
        let receipt_delay = Duration::from_millis(args.receipt_delay_ms);
        Self { receipt_delay, receipt_window: args.receipt_window }
    }
}

async fn load_alone(args: LoadArgs) -> Result<()> {
    let LoadArgs { to, callback, connections, rate, .. } = args;
    let door = match args.door {
        DoorKind::Orders => Door::Orders { key: args.key, callback },
        DoorKind::Numbers => Door::Numbers { key: args.key, callback },
        DoorKind::Query => Door::Query { user: args.user, key: args.key },
        DoorKind::Kannel => Door::Kannel { callback },
        DoorKind::Echo => Door::Echo,
    };
    let tally = Arc::new(Tally::new(args.messages));
    let to = vec![to];
    let seen = load::run(Load { to, door, connections, rate, tally: Arc::clone(&tally) }).await?;
    let Quantiles { p50_ms, p99_ms, max_ms } = Quantiles::of(&seen.latency);
    let accepted = tally.accepted_count();
    println!(
        "{accepted} accepted in {:.2} s, {:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, max {max_ms:.2} ms; \
         {} refused, {} broken; own cpu {:.2} s",
        seen.took.as_secs_f64(),
        accepted as f64 / seen.took.as_secs_f64(),
        seen.refused,
        seen.broken,
        measure::Thread::current()?.cpu().as_secs_f64(),
    );
    if let Some(example) = seen.example {
        println!("for example: {example}");
    }
    Ok(())
}

fn write_json(file: Option<&Path>, value: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let text = serde_json::to_string_pretty(value)?;
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
