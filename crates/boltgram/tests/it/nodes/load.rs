//! Customers who buy at several nodes, and continue when nodes fail.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::cluster::{Cluster, NODES};
use crate::customer::Customer;
use crate::receiver::Receiver;

const CUSTOMERS_PER_NODE: usize = 2;

/// Orders paid from credit at every node.
pub(super) struct Load {
    pub(super) count: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    buyers: JoinSet<HashMap<String, String>>,
}

impl Load {
    pub(super) fn begin(cluster: &Cluster, receiver: &Receiver) -> Self {
        Self::begin_with_pauses(cluster, receiver, Duration::ZERO)
    }

    /// A single message costs as much as twenty recipients of a campaign; a pause after each leaves more
    /// capacity for the campaign.
    pub(super) fn begin_with_pauses(
        cluster: &Cluster,
        receiver: &Receiver,
        pause: Duration,
    ) -> Self {
        let (count, over): (Arc<AtomicU32>, Arc<AtomicBool>) = Default::default();
        let numbers = Arc::new(AtomicU32::new(0));
        let mut buyers = JoinSet::new();
        for node in 0..NODES {
            for _ in 0..CUSTOMERS_PER_NODE {
                let (customer, url) = (cluster.customer(node), receiver.url());
                let (numbers, count, over) = (numbers.clone(), count.clone(), over.clone());
                buyers.spawn(buy(customer, url, pause, numbers, count, over));
            }
        }
        Self { count, over, buyers }
    }

    /// Waits until this many more orders are acknowledged.
    pub(super) async fn grown(&self, cluster: &Cluster, by: u32) {
        let wished = self.count.load(Ordering::SeqCst) + by;
        cluster
            .until("customers are served", || {
                let count = self.count.load(Ordering::SeqCst);
                if count >= wished { Ok(()) } else { Err(format!("{count} of {wished}")) }
            })
            .await;
    }

    /// Stops buying. Returns the acknowledged orders and their numbers.
    pub(super) async fn end(self) -> HashMap<String, String> {
        self.over.store(true, Ordering::SeqCst);
        self.buyers.join_all().await.into_iter().flatten().collect()
    }
}

/// Requests that are refused or get no response are not counted.
async fn buy(
    customer: Customer,
    url: String,
    pause: Duration,
    numbers: Arc<AtomicU32>,
    count: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
) -> HashMap<String, String> {
    let mut acknowledged = HashMap::new();
    while !over.load(Ordering::SeqCst) {
        let phone = format!("+45201{:05}", numbers.fetch_add(1, Ordering::SeqCst));
        let body = json!({
            "phone": phone, "message": "Din kode er 4711", "immediate": true,
            "webhookUrl": url, "webhookEvents": "final",
        });
        let asked = tokio::time::timeout(Duration::from_secs(30), async {
            customer.try_post("/createsendorder", body).await
        });
        match asked.await {
            Ok(Some(answer)) if answer["status"] == "OK" => {
                acknowledged.insert(answer["orderId"].as_str().unwrap().to_owned(), phone);
                count.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(pause).await;
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    acknowledged
}

/// Checks that each acknowledged order was sent and reported delivered, with one id per event.
pub(super) async fn check_acknowledged(
    cluster: &Cluster,
    receiver: &Receiver,
    acknowledged: &HashMap<String, String>,
) {
    let taken = cluster.centre.taken();
    for phone in acknowledged.values() {
        assert!(taken.contains_key(phone.trim_start_matches('+')), "acknowledged but never sent");
    }
    let mut told = HashMap::new();
    cluster
        .until("every order is reported", || {
            for call in receiver.calls() {
                let body = call.json();
                assert_eq!(body["smsStatus"], "delivered", "{body}");
                let order = body["orderId"].as_str().unwrap().to_owned();
                let id = call.headers["webhook-id"].clone();
                let known = told.entry(order).or_insert_with(|| id.clone());
                assert_eq!(*known, id, "an event has one id");
            }
            let left = acknowledged.keys().filter(|order| !told.contains_key(*order)).count();
            if left == 0 { Ok(()) } else { Err(format!("{left} of {}", acknowledged.len())) }
        })
        .await;
}
