//! What a message costs the store: orders paid from credit, on the whole way from accept to the end
//! that was told, in batches as the engine makes them, on a database file or a PostgreSQL server of
//! its own.
//!
//! ```text
//! accept (leased) ─> outcome ─> receipt (event leased) ─> told
//! ```
//!
//! `cargo run --release -p store --example message_cost [--postgres] [DIRECTORY [MESSAGES [BATCH]]]`
//!
//! The server's directory is in `TMPDIR`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    reason = "an example for the terminal"
)]

mod made;
mod single;
mod usage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{NewAccount, Store};
use domain::secret::Secret;
use mimalloc::MiMalloc;
use store::Vault;
use tempfile::TempDir;
use testkit::postgres::{PostgresDatabase, PostgresServer};

use crate::made::NOW;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const MESSAGES: u64 = 20_000;

#[tokio::main]
async fn main() {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let postgres = args.iter().position(|arg| arg == "--postgres").map(|at| args.remove(at));
    let parent = args.first().map_or(".", String::as_str);
    let server = postgres.map(|_| PostgresServer::durable());
    let messages = args.get(1).map_or(MESSAGES, |count| count.parse().unwrap());
    let batches = args.get(2).map_or(vec![4, 16, 64, 256], |batch| vec![batch.parse().unwrap()]);
    for batch in batches {
        measure(&Engine::new(parent, server.as_ref()), messages, batch).await;
    }
}

enum Engine {
    Sqlite(TempDir),
    Postgres(PostgresDatabase),
}

impl Engine {
    fn new(parent: &str, server: Option<&Arc<PostgresServer>>) -> Self {
        match server {
            Some(server) => Self::Postgres(PostgresDatabase::new(server.clone())),
            None => Self::Sqlite(tempfile::tempdir_in(parent).unwrap()),
        }
    }

    async fn open(&self) -> (Arc<dyn Store>, AccountId) {
        let url = match self {
            Self::Sqlite(directory) => {
                format!("sqlite:{}", directory.path().join("boltgram.db").display())
            }
            Self::Postgres(database) => database.url(),
        };
        let store = store::open(&url, Vault::new([7; 32])).await.unwrap();
        let new = NewAccount {
            name: "payer".parse().unwrap(),
            webhook_secret: Secret::new("whsec_c2VjcmV0"),
            credit: Msat::new(1_000_000_000_000),
        };
        let account = store.add_account(new, Actor::CommandLine, NOW).await.unwrap().id;
        (store, account)
    }

    /// Processor time of the store's side.
    fn cpu(&self) -> Duration {
        match self {
            Self::Sqlite(_) => usage::of_writer(),
            Self::Postgres(_) => usage::of_server(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "writer",
            Self::Postgres(_) => "server",
        }
    }
}

async fn measure(engine: &Engine, messages: u64, batch: u64) {
    let (store, account) = engine.open().await;
    let (begin, cpu, all, io) =
        (Instant::now(), engine.cpu(), usage::of_client(), usage::written());
    single::run(&store, account, messages, batch).await;
    let took = begin.elapsed();
    let (cpu, all, io) = (engine.cpu() - cpu, usage::of_client() - all, usage::written() - io);
    assert!(store.check_ledger().await.unwrap().is_sound());
    let each = |time: Duration| time.as_secs_f64() * 1e6 / messages as f64;
    println!(
        "batches of {batch:3}: {:6}/s  {} {:5.1} µs CPU  this process {:5.1} µs  written by it {:5.2} KiB",
        rate(messages, took),
        engine.name(),
        each(cpu),
        each(all),
        io as f64 / 1_024.0 / messages as f64,
    );
}

fn rate(count: u64, took: Duration) -> u128 {
    u128::from(count) * 1_000_000 / took.as_micros()
}
