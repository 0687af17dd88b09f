//! The database goes away in the middle of work, for longer than a lease, and comes back.

use std::time::Duration;

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster, NODES, SHARE, WINDOW};
use super::load::{Load, check_acknowledged};
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 8_000;

/// From when the links were let go.
const AWAY: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_let_their_links_go_while_the_database_is_away_and_take_them_up_again() {
    let cluster = Cluster::start(PostgresServer::durable()).await;
    let receiver = Receiver::open().await;
    let load = Load::begin(&cluster, &receiver);
    cluster.campaign(0, "6683", RECIPIENTS, json!({})).await;
    let centre = cluster.centre.clone();
    let taken = || match centre.taken_count() {
        count if count >= 2_000 => Ok(()),
        count => Err(format!("{count} taken")),
    };
    cluster.until("the campaign is under way", taken).await;
    cluster.database.server.kill();
    // Whoever cannot renew does not know whether the others can.
    cluster.share_links([0; NODES]).await;
    tokio::time::sleep(AWAY).await;
    cluster.database.server.revive();
    cluster.share_links([SHARE; NODES]).await;
    load.grown(&cluster, 50).await;
    cluster.database.server.kill();
    cluster.database.server.revive();
    load.grown(&cluster, 50).await;
    let acknowledged = load.end().await;
    cluster.all_delivered().await;
    check_acknowledged(&cluster, &receiver, &acknowledged).await;
    assert!(centre.sessions_max() <= BINDS, "{} links", centre.sessions_max());
    let flush = u32::try_from(domain::limits::OUTCOME_FLUSH_MAX).unwrap();
    cluster.end(2 * (BINDS * WINDOW + u32::try_from(NODES).unwrap() * flush));
}
