//! `measure`: payments that are held and settled through the whole gateway.
//!
//! A regtest chain and a paying node run in this process, boltgram-node and `boltgram serve` as their own. Each payment
//! funds an account (`POST /fund`): the gateway makes the invoice, sees the payment held, books the credit, settles, and
//! the payer has the preimage.

#![allow(clippy::print_stdout, clippy::float_arithmetic, reason = "it prints figures")]

mod house;
mod open;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use regtest::{Outcome, Peer};
use tokio::task::JoinSet;

use house::House;

#[derive(Debug, Parser)]
struct Args {
    /// The program `boltgram`
    #[arg(long)]
    boltgram: std::path::PathBuf,
    /// The program `boltgram-node`
    #[arg(long)]
    node: std::path::PathBuf,
    /// Payments
    #[arg(long, default_value_t = 500)]
    payments: u32,
    /// Payments under way at a time
    #[arg(long, default_value_t = 25)]
    window: u32,
    /// Opens so many invoices first, and pays the last and the first of them
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000))]
    open: u32,
}

/// An account may have 100 unpaid invoices.
const OPEN_PER_ACCOUNT: u32 = 80;

/// How long one payment took, from the request for its invoice, and from the payment.
struct Took {
    whole: Duration,
    payment: Duration,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    drop(rustls::crypto::ring::default_provider().install_default());
    let accounts = args.open.div_ceil(OPEN_PER_ACCOUNT).max(1);
    let house = Arc::new(House::start(&args.boltgram, &args.node, accounts).await?);
    if args.open > 0 {
        open::measure(&house, args.open, args.payments, args.window).await?;
        return Arc::into_inner(house).context("a worker still runs")?.stop().await;
    }
    let before = (house.cpu()?, Instant::now());
    let (next, mut workers) = (Arc::new(AtomicU32::new(0)), JoinSet::new());
    for _ in 0..args.window {
        let (house, next, payments) = (Arc::clone(&house), Arc::clone(&next), args.payments);
        workers.spawn(async move {
            let mut took = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < payments {
                took.push(pay_once(&house).await?);
            }
            anyhow::Ok(took)
        });
    }
    let mut all = Vec::new();
    while let Some(took) = workers.join_next().await {
        all.extend(took??);
    }
    let elapsed = before.1.elapsed().as_secs_f64();
    let count = u32::try_from(all.len())?;
    println!("{count} payments in {elapsed:.1} s: {:.1}/s", f64::from(count) / elapsed);
    show("from the order to the preimage", all.iter().map(|took| took.whole).collect());
    show("from the payment to the preimage", all.iter().map(|took| took.payment).collect());
    for ((name, before), (_, after)) in before.0.iter().zip(house.cpu()?) {
        let each = (after - before) / f64::from(count) * 1_000.0;
        println!("{name}: {each:.2} ms of CPU each, {} MiB", house.memory_mib(name)?);
    }
    Arc::into_inner(house).context("a worker still runs")?.stop().await
}

async fn pay_once(house: &Arc<House>) -> anyhow::Result<Took> {
    let begun = Instant::now();
    let invoice = house.order(0).await?;
    let paying = Instant::now();
    let payer = Arc::clone(house);
    tokio::task::spawn_blocking(move || pay(&payer.payer, &invoice)).await??;
    Ok(Took { whole: begun.elapsed(), payment: paying.elapsed() })
}

fn pay(payer: &Peer, invoice: &str) -> anyhow::Result<()> {
    let hash = payer.pay(invoice).map_err(anyhow::Error::msg)?;
    match payer.wait_outcome(&hash) {
        Outcome::Paid { .. } => Ok(()),
        Outcome::Failed { reason } => anyhow::bail!("a payment failed: {reason}"),
    }
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).unwrap_or(&Duration::ZERO);
    println!("{what}: p50 {:?}, p95 {:?}, p99 {:?}", at(50), at(95), at(99));
}
