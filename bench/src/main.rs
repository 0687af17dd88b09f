//! `bench`: what Boltgram does on this machine, what Kannel does on it, and what the machine can do. README.md says how
//! the figures are to be read. There is no gateway's code in here but crate `smpp`, for the simulator.

mod bounds;
mod bulk;
mod cli;
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

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde::Serialize;

use cli::{Cli, Command, Common, DoorKind, LoadArgs, MannerArgs};
use gateway::{Kind, Setting};
use load::{Door, Load};
use outcome::{Outcome, Quantiles};
use smsc::{Centre, Manner};
use tally::Tally;
use trial::Trial;

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
        Command::Run(run) => compare(&run),
        Command::Bulk(args) => bulk_run(&args),
        Command::Sweep(sweep) => {
            println!("{}\n", measure::machine());
            let base = trial(&sweep.common, sweep.gateway)?;
            let outcomes =
                sweep::run(&base, &sweep.windows, &sweep.rtts_ms, sweep.most_per_second)?;
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

/// A trial as the command line describes it, without what differs from trial to trial.
fn trial(common: &Common, kind: Kind) -> Result<Trial> {
    let nowhere = ([127, 0, 0, 1], 0).into();
    let name = format!("{kind:?}").to_lowercase();
    let setting = Setting {
        dir: std::path::absolute(&common.dir)?.join(name),
        smsc: nowhere,
        callback: nowhere,
        messages: 0,
        window: common.window,
        binds: common.binds,
        kannel_dlr: common.kannel_dlr.clone(),
        boltgram: std::path::absolute(&common.boltgram)?,
        store: common.store.clone(),
    };
    Ok(Trial {
        kind,
        messages: 0,
        connections: common.connections,
        rate: 0.0,
        rtt: Duration::ZERO,
        manner: common.manner.into(),
        setting,
    })
}

fn compare(run: &cli::Run) -> Result<()> {
    println!("{}\n", measure::machine());
    let mut outcomes = Vec::new();
    for &kind in &run.gateways {
        let mut trial = trial(&run.common, kind)?;
        trial.messages = match kind {
            Kind::Kannel => run.kannel_messages,
            Kind::Boltgram => run.boltgram_messages,
        };
        if let Some(seconds) = run.steady {
            ensure!(run.rate > 0.0, "--steady needs a --rate");
            trial.messages = (run.rate * f64::from(seconds)) as usize;
        }
        ensure!(
            trial.messages <= number::MESSAGES_MAX,
            "at most {} messages",
            number::MESSAGES_MAX
        );
        trial.rate = run.rate;
        trial.rtt = Duration::from_millis(run.rtt_ms);
        outcomes.push(fastest(&trial, run)?);
    }
    println!("\n{}\n", outcome::table(&outcomes));
    write_json(run.common.json.as_deref(), &outcomes)
}

/// The fastest trial: strangers and bad luck only ever slow one down, and both gateways get the same number of tries.
fn fastest(trial: &Trial, run: &cli::Run) -> Result<Outcome> {
    let mut best: Option<Outcome> = None;
    for _ in 0..run.trials.max(1) {
        measure::wait_quiet(Duration::from_secs(run.wait_quiet_s));
        let outcome = trial::run(trial)?;
        println!(
            "{}: {} messages in {:.2} s, {:.0}/s, {:.4} CPU s per 1,000; strangers took {:.2} CPUs",
            outcome.version,
            outcome.sums.told,
            outcome.seconds,
            outcome.per_second,
            outcome.gateway_cpu_s_per_thousand,
            outcome.strangers_cpus(),
        );
        if run.steady.is_some() {
            println!("{}: {}", outcome.version, measure::flatness(&outcome.memory_kib));
        }
        // A trial with losses is never hidden behind a faster one.
        outcome::complaints(&outcome).iter().for_each(|complaint| println!("{complaint}"));
        if best.as_ref().is_none_or(|best| outcome.per_second > best.per_second) {
            best = Some(outcome);
        }
    }
    best.context("no trial")
}

fn bulk_run(args: &cli::Bulk) -> Result<()> {
    println!("{}\n", measure::machine());
    ensure!(args.recipients <= 2_000_000, "a message has at most 2,000,000 recipients");
    let Trial { manner, setting, .. } = trial(&args.common, Kind::Boltgram)?;
    measure::wait_quiet(Duration::from_secs(args.wait_quiet_s));
    let outcome = bulk::run(&bulk::Bulk { recipients: args.recipients, manner, setting })?;
    println!("\n{}", outcome.table());
    write_json(args.common.json.as_deref(), &outcome)
}

async fn load_alone(args: LoadArgs) -> Result<()> {
    let LoadArgs { to, callback, connections, rate, .. } = args;
    let door = match args.door {
        DoorKind::Orders => Door::Orders { key: args.key, callback },
        DoorKind::Kannel => Door::Kannel { callback },
        DoorKind::Echo => Door::Echo,
    };
    let tally = Arc::new(Tally::new(args.messages));
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
