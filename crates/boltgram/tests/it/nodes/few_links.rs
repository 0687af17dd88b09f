//! A carrier that grants fewer links than there are nodes: nodes without a link leave its messages to
//! the one with the link, use no other carrier for them, and continue with other work.

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{Cluster, NODES};

const ORDERS_PER_NODE: usize = 30;
const RECIPIENTS: u32 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_one_node_can_send_is_left_to_it() {
    let cluster = Cluster::start(PostgresServer::shared()).await;
    let few = cluster.few.clone();
    let linked = || match few.sessions_max() {
        1 => Ok(()),
        links => Err(format!("{links} links")),
    };
    cluster.until("one node has the link", linked).await;
    for node in 0..NODES {
        for number in 0..ORDERS_PER_NODE {
            for prefix in ["4520123", "46701230"] {
                let phone = format!("+{prefix}{node}{number:02}");
                let body = json!({"phone": phone, "message": "Hej", "immediate": true});
                cluster.customer(node).buy("/createsendorder", body).await;
            }
        }
    }
    // Recipients in both countries, in one chunk.
    let msisdns: Vec<_> = (0..RECIPIENTS)
        .map(|at| format!("{}{:06}", if at % 2 == 0 { "+4520" } else { "+46701" }, 200_000 + at))
        .collect();
    let body = json!({"sender": "ACME", "content": "Sale", "msisdns": msisdns});
    let answer = cluster.customer(2).post("/api/v2/sms/send", body).await;
    assert_eq!(answer["total"], json!(RECIPIENTS), "{answer}");
    cluster.all_delivered().await;
    let of_few = few.taken();
    let half = usize::try_from(RECIPIENTS / 2).unwrap();
    assert_eq!(of_few.len(), NODES * ORDERS_PER_NODE + half);
    assert!(of_few.iter().all(|(to, times)| to.starts_with("46") && *times == 1));
    assert_eq!(few.sessions_max(), 1);
    let taken = cluster.end(0);
    assert!(taken.keys().all(|to| to.starts_with("45")), "the other carrier accepted none of it");
    assert_eq!(taken.len(), of_few.len());
}
