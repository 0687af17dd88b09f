//! Database cost of a campaign's recipient and of a single message, with three nodes: a measurement
//! for `docs/scaling.md`, not a test.
//!
//! `cargo test -p boltgram --test it -- --ignored --nocapture nodes::cost`

#![expect(clippy::float_arithmetic, reason = "printed figures")]

use std::fs;
use std::time::Instant;

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster};
use super::load::Load;
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 20_000;
const ORDERS: u32 = 2_000;

/// The kernel counts hundredths of a second.
const TICKS_PER_S: f64 = 100.0;

struct Spent {
    at: Instant,
    cpu_s: f64,
    wal_bytes: f64,
    commits: f64,
}

impl Spent {
    fn of(cluster: &Cluster) -> Self {
        let number = |sql: &str| cluster.database.sql(sql).parse::<f64>().unwrap();
        let server: u32 = cluster
            .database
            .sql("SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)")
            .parse()
            .unwrap();
        Self {
            at: Instant::now(),
            cpu_s: cpu_s(server),
            wal_bytes: number("SELECT wal_bytes FROM pg_stat_wal"),
            commits: number(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
            ),
        }
    }

    fn tell(&self, cluster: &Cluster, what: &str, count: u32) {
        let (now, count) = (Self::of(cluster), f64::from(count));
        eprintln!(
            "{what}: {:.0}/s, {:.0} µs CPU of the server, {:.2} KiB WAL, {:.3} commits each",
            count / self.at.elapsed().as_secs_f64(),
            (now.cpu_s - self.cpu_s) * 1e6 / count,
            (now.wal_bytes - self.wal_bytes) / 1_024.0 / count,
            (now.commits - self.commits) / count,
        );
    }
}

/// CPU time of a server and its sessions, including ended ones.
fn cpu_s(server: u32) -> f64 {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((name, after)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<_> = after.split_whitespace().collect();
        let spent = |at: usize| fields[at].parse::<u32>().unwrap();
        let process = name.split_whitespace().next().unwrap();
        if process == server.to_string() {
            ticks += spent(11) + spent(12) + spent(13) + spent(14);
        } else if fields[1] == server.to_string() {
            ticks += spent(11) + spent(12);
        }
    }
    f64::from(ticks) / TICKS_PER_S
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn of_a_recipient_and_of_a_message() {
    let cluster = Cluster::start(PostgresServer::durable()).await;
    let receiver = Receiver::open().await;
    let spent = Spent::of(&cluster);
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    spent.tell(&cluster, "nothing, a second", 10);
    let spent = Spent::of(&cluster);
    cluster.campaign(0, "6681", RECIPIENTS, json!({})).await;
    spent.tell(&cluster, "recipients accepted", RECIPIENTS);
    cluster.all_delivered().await;
    spent.tell(&cluster, "recipients, to the receipt", RECIPIENTS);
    let spent = Spent::of(&cluster);
    let load = Load::begin(&cluster, &receiver);
    load.grown(&cluster, ORDERS).await;
    let orders = u32::try_from(load.end().await.len()).unwrap();
    cluster.all_delivered().await;
    spent.tell(&cluster, "single messages, to the receipt", orders);
    assert!(cluster.centre.sessions_max() <= BINDS);
}
