//! The database becomes unavailable under load, for longer than a lease, and recovers.
//!
//! Meanwhile nodes submit their claimed chunks until they release their links. Only they know the
//! outcomes. Each node records them first after the recovery, but in a race with the others, for which
//! its leases have expired. So a message without a recorded outcome may be repeated, once per failure
//! of the database; a recorded one is never sent again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster, NODES, SHARE};
use super::load::{Load, check_acknowledged};
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 8_000;

/// Recipients recorded before the database fails.
const BEFORE: i64 = 1_000;

/// Downtime after the release of the links.
const AWAY: Duration = Duration::from_secs(30);

/// Number of failures of the database.
const TIMES: u32 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_let_their_links_go_while_the_database_is_away_and_take_them_up_again() {
    let cluster = Cluster::start(PostgresServer::durable()).await;
    let receiver = Receiver::open().await;
    let load = Load::begin(&cluster, &receiver);
    cluster.campaign(0, "6683", RECIPIENTS, json!({})).await;
    let centre = cluster.centre.clone();
    let recorded = || match cluster.count("recipients WHERE state <> 'pending'") {
        count if count >= BEFORE => Ok(()),
        count => Err(format!("{count} recorded")),
    };
    cluster.until("the campaign is under way", recorded).await;
    let known = cluster.recorded();
    cluster.database.server.kill();
    // A node that cannot renew does not know whether the others can.
    cluster.share_links([0; NODES]).await;
    let in_doubt = centre.taken_count() - known.len();
    tokio::time::sleep(AWAY).await;
    assert_eq!(
        centre.taken_count(),
        known.len() + in_doubt,
        "nothing is sent without the database"
    );
    cluster.database.server.revive();
    cluster.share_links([SHARE; NODES]).await;
    for node in 0..NODES {
        assert!(cluster.node(node).log().contains("no claims for a quarter of a lease"));
    }
    load.grown(&cluster, 50).await;
    let known_later = cluster.recorded().len();
    cluster.database.server.kill();
    cluster.database.server.revive();
    load.grown(&cluster, 50).await;
    let in_doubt = in_doubt + centre.taken_count().saturating_sub(known_later);
    let acknowledged = load.end().await;
    cluster.all_delivered().await;
    check_acknowledged(&cluster, &receiver, &acknowledged).await;
    assert!(centre.sessions_max() <= BINDS, "{} links", centre.sessions_max());
    let taken = cluster.end(u32::try_from(in_doubt).unwrap());
    assert_repeats(&taken, &known);
}

fn assert_repeats(taken: &HashMap<String, u32>, known: &HashSet<String>) {
    for (number, times) in taken {
        let most = if known.contains(number) { 1 } else { 1 + TIMES };
        assert!(*times <= most, "{number} was sent {times} times");
    }
    assert!(known.iter().all(|number| taken.contains_key(number)), "recorded but never sent");
}
