//! One node is killed in the middle of a campaign.

use std::time::Duration;

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster, NODES, SHARE, WINDOW};
use super::load::{Load, check_acknowledged};
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 100_000;

/// Each customer's pause after a message.
const PAUSE: Duration = Duration::from_millis(200);

/// Recipients accepted before the kill.
const BEFORE: usize = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_others_go_on_with_what_a_killed_node_had() {
    let mut cluster = Cluster::start(PostgresServer::shared()).await;
    let receiver = Receiver::open().await;
    let load = Load::begin_with_pauses(&cluster, &receiver, PAUSE);
    cluster.campaign(0, "6681", RECIPIENTS, json!({})).await;
    let centre = cluster.centre.clone();
    let taken = || match centre.taken_count() {
        count if count >= BEFORE => Ok(()),
        count => Err(format!("{count} taken")),
    };
    cluster.until("the campaign is under way", taken).await;
    load.grown(&cluster, 20).await;
    let known = cluster.recorded();
    cluster.kill(1);
    load.grown(&cluster, 100).await;
    // Its socket is closed, so its links are free when its lease has expired.
    cluster.share_links([BINDS / 2, 0, BINDS / 2]).await;
    load.grown(&cluster, 20).await;
    let acknowledged = load.end().await;
    cluster.all_delivered().await;
    check_acknowledged(&cluster, &receiver, &acknowledged).await;
    assert!(centre.sessions_max() <= BINDS, "{} links", centre.sessions_max());
    assert!(centre.told_to_others() > 0, "receipts arrived at other nodes than the submitting one");
    let flush = u32::try_from(domain::limits::OUTCOME_FLUSH_MAX).unwrap();
    let taken = cluster.end(SHARE * WINDOW + flush);
    assert!(known.len() > BEFORE / 2, "{} recorded", known.len());
    assert!(known.iter().all(|to| taken[to] == 1), "recorded messages are not sent again");
    let campaign = taken.keys().filter(|to| to.starts_with("6681")).count();
    assert_eq!(campaign, usize::try_from(RECIPIENTS).unwrap(), "over {NODES} nodes");
}
