//! Runs the trials of a command line in sequence and compares their outcomes. Of repeated trials the fastest counts:
//! other programs only slow a trial down, and each gateway gets the same number of trials.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::bulk::{self, Bulk, BulkOutcome};
use crate::cli::{self, Common};
use crate::gateway::{Kind, Setting, Store};
use crate::outcome::{self, Outcome};
use crate::trial::{self, Trial};
use crate::{measure, number, write_json};

/// Most recipients of a campaign.
const RECIPIENTS_MAX: usize = 2_000_000;

/// Number of trials, and how long to wait for a quiet machine.
struct Tries {
    trials: usize,
    wait_quiet: Duration,
}

impl Tries {
    fn new(trials: usize, wait_quiet_s: u64) -> Self {
        Self { trials: trials.max(1), wait_quiet: Duration::from_secs(wait_quiet_s) }
    }

    fn fastest<T>(&self, run: impl Fn() -> Result<T>, rate: impl Fn(&T) -> f64) -> Result<T> {
        let mut best: Option<T> = None;
        for _ in 0..self.trials {
            measure::wait_quiet(self.wait_quiet);
            let outcome = run()?;
            if best.as_ref().is_none_or(|best| rate(&outcome) > rate(best)) {
                best = Some(outcome);
            }
        }
        best.context("no trial")
    }
}

/// A trial on each store of the command line, without the values that differ between trials. Kannel has one message
/// store only.
pub(crate) fn trials(common: &Common, kind: Kind) -> Result<Vec<Trial>> {
    let stores = match kind {
        Kind::Kannel => &[Store::Sqlite],
        Kind::Boltgram => &common.store[..],
    };
    stores.iter().map(|store| trial(common, kind, store)).collect()
}

fn trial(common: &Common, kind: Kind, store: &Store) -> Result<Trial> {
    let nowhere = ([127, 0, 0, 1], 0).into();
    let name = format!("{kind:?}").to_lowercase();
    let setting = Setting {
        dir: std::path::absolute(&common.dir)?.join(name),
        smsc: nowhere,
        callback: nowhere,
        messages: 0,
        window: common.window,
        binds: common.binds,
        nodes: common.nodes,
        kannel_dlr: common.kannel_dlr.clone(),
        boltgram: std::path::absolute(&common.boltgram)?,
        store: store.clone(),
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

/// `bench run`.
pub(crate) fn gateways(run: &cli::Run) -> Result<()> {
    println!("{}\n", measure::machine());
    let tries = Tries::new(run.trials, run.wait_quiet_s);
    let mut outcomes = Vec::new();
    for &kind in &run.gateways {
        for mut trial in trials(&run.common, kind)? {
            trial.messages = match kind {
                Kind::Kannel => run.kannel_messages,
                Kind::Boltgram => run.boltgram_messages,
            };
            if let Some(seconds) = run.steady {
                ensure!(run.rate > 0.0, "--steady needs a --rate");
                trial.messages = (run.rate * f64::from(seconds)) as usize;
            }
            trial.rate = run.rate;
            trial.rtt = Duration::from_millis(run.rtt_ms);
            outcomes.push(singles(&trial, &tries, run.steady.is_some())?);
        }
    }
    println!("\n{}\n", outcome::table(&outcomes));
    write_json(run.common.json.as_deref(), &outcomes)
}

fn singles(trial: &Trial, tries: &Tries, steady: bool) -> Result<Outcome> {
    let most = number::MESSAGES_MAX;
    ensure!(trial.messages <= most, "at most {most} messages");
    let run = || {
        let outcome = trial::run(trial)?;
        println!(
            "{}: {} messages in {:.2} s, {:.0}/s, {:.4} CPU s per 1,000; other programs used {:.2} CPUs",
            outcome.version,
            outcome.sums.told,
            outcome.seconds,
            outcome.per_second,
            outcome.gateway_cpu_s_per_thousand,
            outcome.strangers_cpus(),
        );
        if steady {
            println!("{}: {}", outcome.version, measure::flatness(&outcome.memory_kib));
        }
        // A faster trial never hides one with losses.
        outcome::complaints(&outcome).iter().for_each(|complaint| println!("{complaint}"));
        Ok(outcome)
    };
    tries.fastest(run, |outcome| outcome.per_second)
}

/// `bench bulk`.
pub(crate) fn stores(args: &cli::Bulk) -> Result<()> {
    println!("{}\n", measure::machine());
    let tries = Tries::new(args.trials, args.wait_quiet_s);
    let trials = trials(&args.common, Kind::Boltgram)?;
    let run = |trial| to_many(trial, args.recipients, &tries);
    let outcomes: Vec<_> = trials.into_iter().map(run).collect::<Result<_>>()?;
    println!("\n{}", bulk::table(&outcomes));
    write_json(args.common.json.as_deref(), &outcomes)
}

fn to_many(trial: Trial, recipients: usize, tries: &Tries) -> Result<BulkOutcome> {
    ensure!(recipients <= RECIPIENTS_MAX, "a campaign has at most {RECIPIENTS_MAX} recipients");
    let Trial { manner, setting, .. } = trial;
    let bulk = Bulk { recipients, manner, setting };
    let run = || {
        let outcome = bulk::run(&bulk)?;
        println!("{}", bulk::table(std::slice::from_ref(&outcome)));
        Ok(outcome)
    };
    tries.fastest(run, |outcome| outcome.recipients_per_second)
}

/// The outcomes of `bench nodes`, for each number of nodes.
#[derive(Debug, Serialize)]
struct OfNodes {
    bulk: Vec<BulkOutcome>,
    singles: Vec<Outcome>,
}

/// `bench nodes`.
pub(crate) fn nodes(args: &cli::Nodes) -> Result<()> {
    println!("{}\n", measure::machine());
    let tries = Tries::new(args.trials, args.wait_quiet_s);
    // Several nodes cannot share a file, only a server.
    let store = args.common.store.iter().find(|store| **store != Store::Sqlite);
    let base = trial(&args.common, Kind::Boltgram, store.unwrap_or(&Store::Postgres))?;
    let most = args.counts.iter().max().copied().unwrap_or(1);
    let of = |nodes: usize, messages: usize| {
        let mut trial = Trial { messages, ..base.clone() };
        trial.setting.nodes = nodes;
        // One node has as many binds as several have together.
        trial.setting.binds = trial.setting.binds.max(u32::try_from(most).unwrap_or(u32::MAX));
        trial
    };
    let counts = || args.counts.iter().copied();
    let mut outcomes = OfNodes { bulk: Vec::new(), singles: Vec::new() };
    if args.recipients > 0 {
        let run = |nodes| to_many(of(nodes, 0), args.recipients, &tries);
        outcomes.bulk = counts().map(run).collect::<Result<_>>()?;
    }
    if args.messages > 0 {
        let run = |nodes| singles(&of(nodes, args.messages), &tries, false);
        outcomes.singles = counts().map(run).collect::<Result<_>>()?;
    }
    println!("\n{}", bulk::table(&outcomes.bulk));
    println!("{}\n", outcome::table(&outcomes.singles));
    write_json(args.common.json.as_deref(), &outcomes)
}
