//! One node is stopped for longer than its lease, with open sockets and claimed work, and resumed.

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster, LEASE, NODES, SHARE, WINDOW, name};
use super::load::{Load, check_acknowledged};
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 8_000;
const STOPPED: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stood_still_sends_nothing_that_is_not_its_own_any_more() {
    let cluster = Cluster::start(PostgresServer::shared()).await;
    let receiver = Receiver::open().await;
    let load = Load::begin(&cluster, &receiver);
    cluster.campaign(STOPPED, "6682", RECIPIENTS, json!({})).await;
    let centre = cluster.centre.clone();
    let taken = || match centre.taken_count() {
        count if count >= 2_000 => Ok(()),
        count => Err(format!("{count} taken")),
    };
    cluster.until("the campaign is under way", taken).await;
    cluster.node(STOPPED).signal("-STOP");
    tokio::time::sleep(LEASE).await;
    // The others have its links; its own sockets are still open.
    cluster.share_links([BINDS / 2, BINDS / 2, SHARE]).await;
    assert!(cluster.count("nodes") == 2, "the others have removed it");
    load.grown(&cluster, 50).await;
    cluster.node(STOPPED).signal("-CONT");
    let of_it = || match centre.sessions(&name(STOPPED)) {
        0 => Ok(()),
        sockets => Err(format!("{sockets} sockets")),
    };
    cluster.until("it closes its old sockets", of_it).await;
    cluster.share_links([SHARE; NODES]).await;
    assert!(centre.sessions_max() <= BINDS + SHARE, "{} links", centre.sessions_max());
    load.grown(&cluster, 50).await;
    let acknowledged = load.end().await;
    cluster.all_delivered().await;
    check_acknowledged(&cluster, &receiver, &acknowledged).await;
    let flush = u32::try_from(domain::limits::OUTCOME_FLUSH_MAX).unwrap();
    cluster.end(SHARE * WINDOW + flush);
}
