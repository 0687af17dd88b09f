//! The processes, their database and their message centre.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::postgres::{PostgresDatabase, PostgresServer};

use crate::centre::Centre;
use crate::customer::Customer;
use crate::running::{Home, Running, SANDBOX_MONEY};

pub(super) const NODES: usize = 3;

/// Links that the centre grants to all nodes together.
pub(super) const BINDS: u32 = 6;
pub(super) const SHARE: u32 = BINDS / NODES as u32;

/// Window of each link.
pub(super) const WINDOW: u32 = 50;

pub(super) const LEASE: Duration = Duration::from_secs(6);

/// Three processes and a database are slow on a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);

pub(super) const CREDIT_SATS: i64 = 100_000_000;
pub(super) const PRICE_SATS: i64 = 1_000;
const CREDIT_OF_BULK_SATS: i64 = 100;

pub(super) struct Cluster {
    pub(super) centre: Centre,
    /// Grants one link, and serves Sweden.
    pub(super) few: Centre,
    pub(super) key: String,
    homes: Vec<Home>,
    nodes: Vec<Option<Running>>,
    /// Dropped after the nodes.
    pub(super) database: PostgresDatabase,
}

fn config(database: &PostgresDatabase, centre: &Centre, few: &Centre, node: usize) -> String {
    let (url, lease_s) = (database.url(), LEASE.as_secs());
    format!(
        "{SANDBOX_MONEY}[store]\nurl = \"{url}\"\n[node]\nlease_s = {lease_s}\n[prices]\nsend = {PRICE_SATS}\n\
         credit = {CREDIT_OF_BULK_SATS}\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n\
         [[routes]]\nprefix = \"46\"\ncarriers = [\"few\", \"main\"]\n\
         {}{}",
        carrier("main", centre, node, BINDS),
        carrier("few", few, node, 1)
    )
}

fn carrier(name: &str, centre: &Centre, node: usize, binds: u32) -> String {
    let (port, system_id) = (centre.port(), self::name(node));
    format!(
        "[[carriers]]\nname = \"{name}\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system_id = \"{system_id}\"\npassword = \"p\"\nwindow = {WINDOW}\nbinds = {binds}\n\
         reconnect_ms = 100\n"
    )
}

/// A node's `system_id`.
pub(super) fn name(node: usize) -> String {
    format!("node{node}")
}

impl Cluster {
    pub(super) async fn start(server: Arc<PostgresServer>) -> Self {
        let database = PostgresDatabase::new(server);
        let (centre, few) = (Centre::open().await, Centre::open().await);
        let homes: Vec<_> = (0..NODES)
            .map(|node| Home::with_config(&config(&database, &centre, &few, node)))
            .collect();
        let credit = CREDIT_SATS.to_string();
        homes[0].answer(&["account", "add", "acme", "--credit-sats", &credit]);
        let key = homes[0].answer(&["key", "add", "acme"]);
        homes[0].answer(&["sender", "add", "acme", "ACME"]);
        for home in &homes[1..] {
            fs::create_dir(home.path("boltgram-data")).unwrap();
            let vault = "boltgram-data/vault.key";
            fs::copy(homes[0].path(vault), home.path(vault)).unwrap();
        }
        let nodes = homes.iter().map(|home| Some(home.serve())).collect();
        let cluster = Self { centre, few, key, homes, nodes, database };
        cluster.share_links([SHARE; NODES]).await;
        cluster
    }

    pub(super) fn customer(&self, node: usize) -> Customer {
        Customer::of(self.node(node)).with_key(&self.key)
    }

    pub(super) fn node(&self, node: usize) -> &Running {
        self.nodes[node].as_ref().unwrap()
    }

    pub(super) fn kill(&mut self, node: usize) {
        self.nodes[node].take().unwrap().kill();
    }

    /// Waits until each node has this many links.
    pub(super) async fn share_links(&self, wished: [u32; NODES]) {
        let shares = || (0..NODES).map(|node| self.centre.sessions(&name(node))).collect();
        self.until("the links are shared", || {
            let shares: Vec<u32> = shares();
            if shares == wished { Ok(()) } else { Err(format!("{shares:?}")) }
        })
        .await;
    }

    pub(super) async fn until(&self, what: &str, is: impl FnMut() -> Result<(), String>) {
        self.until_every(Duration::from_millis(50), what, is).await;
    }

    async fn until_every(
        &self,
        pause: Duration,
        what: &str,
        mut is: impl FnMut() -> Result<(), String>,
    ) {
        let begun = Instant::now();
        while let Err(now) = is() {
            if begun.elapsed() > PATIENCE {
                let logs: String = self.homes.iter().map(Home::logs).collect();
                panic!("not: {what}; {now}\n{logs}");
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Row count of a table, with an optional condition.
    pub(super) fn count(&self, of: &str) -> i64 {
        self.database.sql(&format!("SELECT count(*) FROM {of}")).parse().unwrap()
    }

    /// Numbers with a recorded outcome.
    pub(super) fn recorded(&self) -> HashSet<String> {
        let known = "SELECT ltrim(address, '+') FROM all_recipients WHERE state <> 'pending'";
        self.database.sql(known).lines().map(str::to_owned).collect()
    }

    /// Waits until every order and every recipient is delivered.
    pub(super) async fn all_delivered(&self) {
        let left = "SELECT format('%s orders, %s recipients, %s chunks',
             (SELECT count(*) FROM all_orders WHERE state <> 'settled'),
             (SELECT count(*) FROM all_recipients WHERE state <> 'success'),
             (SELECT count(*) FROM chunks))";
        // Each query starts a process.
        self.until_every(Duration::from_millis(500), "all is delivered", || {
            let left = self.database.sql(left);
            if left == "0 orders, 0 recipients, 0 chunks" { Ok(()) } else { Err(left) }
        })
        .await;
    }

    /// Sends a campaign to this many numbers, from the first of `prefix` on.
    pub(super) async fn campaign(&self, node: usize, prefix: &str, recipients: u32, more: Value) {
        let msisdns: Vec<_> = (0..recipients).map(|at| format!("{prefix}{at:07}")).collect();
        let mut body = json!({"sender": "ACME", "content": "Sale", "msisdns": msisdns});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.customer(node).post("/api/v2/sms/send", body).await;
        assert_eq!((&answer["success"], &answer["total"]), (&json!(true), &json!(recipients)));
    }

    /// Stops the running nodes; asserts that the ledger is sound and that there are at most `repeats_max`
    /// repeated submissions. Returns the submissions by number.
    pub(super) fn end(mut self, repeats_max: u32) -> HashMap<String, u32> {
        for node in self.nodes.drain(..).flatten() {
            node.stop();
        }
        assert!(self.homes[0].answer(&["ledger", "check"]).ends_with("the ledger is sound"));
        let reserved = "ledger_accounts WHERE reserved <> 0";
        assert_eq!(self.count(reserved), 0, "nothing is reserved for ended messages");
        let taken = self.centre.taken();
        let repeats: u32 = taken.values().map(|times| times - 1).sum();
        eprintln!("{} taken, {repeats} repeats", taken.len());
        assert!(repeats <= repeats_max, "{repeats} repeats");
        assert_eq!(
            self.count("nodes") + self.count("link_leases"),
            0,
            "no node or link lease is left"
        );
        taken
    }
}
