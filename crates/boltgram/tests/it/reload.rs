//! SIGHUP and `carrier reconnect`: what an operator changes while the gateway runs.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use super::centre::Centre;
use super::customer::Customer;
use super::running::{Home, PATIENCE, Running};

fn carrier(name: &str, centre: &Centre) -> String {
    format!(
        "[[carriers]]\nname = \"{name}\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
         system_id = \"u\"\npassword = \"p\"\n",
        centre.port()
    )
}

fn reload(home: &Home, server: &Running, config: &str) {
    fs::write(home.path("boltgram.toml"), config).unwrap();
    let before = server.log().matches("reloaded").count();
    server.signal("-HUP");
    let begun = Instant::now();
    while server.log().matches("reloaded").count() == before {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_reload_applies_prices_words_and_limits_and_names_what_it_cannot() {
    let first = "[prices]\nsend = 1000\ncredit = 100\n[limits]\naddress_rate = 0\n";
    let home = Home::with_config(first);
    home.answer(&["account", "add", "acme", "--credit-sats", "50000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    assert_eq!(acme.get("/price").await["send"], 1_000);
    assert_eq!(acme.get("/api/v2/credits").await["credits"], 500);

    reload(
        &home,
        &server,
        "listen = \"127.0.0.1:1\"\n[prices]\nsend = 2000\ncredit = 200\n[log]\nlevel = \"warn\"\n\
         [inbound]\nstop_words = [\"AFMELD\"]\n",
    );
    let log = server.log();
    for told in ["prices.credit, prices.send", "inbound.stop_words", "limits.address_rate"] {
        assert!(log.contains(told), "no {told} in {log}");
    }
    assert!(log.contains("these changes need a restart"), "{log}");
    assert!(log.contains("listen, log.level"), "{log}");
    assert_eq!(acme.get("/price").await["send"], 2_000);
    assert_eq!(acme.get("/api/v2/credits").await["credits"], 250);
    let body = json!({"phone": "+4520123456", "message": "Hej", "immediate": true});
    let order = acme.buy("/createsendorder", body).await;
    acme.await_delivered(&order).await;
    assert_eq!(acme.get("/balance").await["balance"], 48_000);

    // The word blocks a number from now on.
    let stop = json!({"from": "+4520123457", "to": "1919", "text": "afmeld"});
    let taken = acme.post("/sandbox/receive", stop).await;
    assert_eq!(taken["state"], "received", "{taken}");
    let blocked = json!({"phone": "+4520123457", "message": "Hej", "immediate": true});
    let refused = acme.post("/createsendorder", blocked).await;
    assert_eq!(refused["status"], "error", "{refused}");
    server.stop();
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_says_why() {
    let home = Home::with_config("[prices]\nsend = 1000\n");
    let server = home.serve();
    let customer = Customer::of(&server);
    reload(&home, &server, "[prices]\nsend = 2000\nemial = 3\n");
    let log = server.log();
    assert!(log.contains("configuration not reloaded, nothing changed"), "{log}");
    assert!(log.contains("line 3: unknown field `emial`"), "{log}");
    assert_eq!(customer.get("/price").await["send"], 1_000);
    reload(
        &home,
        &server,
        "[prices]\nsend = 3000\n[[numbers]]\nnumber = \"1919\"\naccount = \"nobody\"\n",
    );
    assert!(server.log().contains("there is no account named nobody"), "{}", server.log());
    assert_eq!(customer.get("/price").await["send"], 1_000);
    reload(&home, &server, "[prices]\nsend = 4000\n");
    assert_eq!(customer.get("/price").await["send"], 4_000);
    server.stop();
}

/// The file alone would have no node beside the carrier; the one that runs is the sandbox's until a restart.
#[tokio::test]
async fn a_real_carrier_is_not_added_beside_the_running_sandbox_node() {
    let centre = Centre::open().await;
    let home = Home::with_config("data = \"data\"\n");
    let server = home.serve();
    let real = carrier("real", &centre);
    for lightning in ["", "[lightning]\nbackend = \"none\"\n"] {
        reload(&home, &server, &format!("data = \"other\"\n{lightning}{real}"));
        let log = server.log();
        assert!(log.contains("a real carrier beside it needs a restart"), "{log}");
    }
    assert!(!home.path("other").exists(), "the data directory stays");
    reload(&home, &server, "data = \"other\"\n[prices]\nsend = 2000\n");
    assert!(server.log().contains("these changes need a restart"), "{}", server.log());
    assert!(!home.path("other").exists(), "the data directory stays");
    assert_eq!(Customer::of(&server).get("/price").await["send"], 2_000);
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_adds_changes_and_removes_carriers() {
    let (one, two) = (Centre::open().await, Centre::open().await);
    let home = Home::with_config(&carrier("main", &one));
    home.answer(&["account", "add", "acme", "--credit-sats", "50000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let send = async |number: u32| {
        let phone = format!("+452012{number:04}");
        let body = json!({"phone": phone, "message": "Hej", "immediate": true});
        let order = acme.buy("/createsendorder", body).await;
        acme.await_delivered(&order).await;
    };
    send(3456).await;
    assert_eq!((one.taken_count(), two.taken_count()), (1, 0));

    let added = format!(
        "{}{}[[routes]]\nprefix = \"\"\ncarriers = [\"second\"]\n",
        carrier("main", &one),
        carrier("second", &two)
    );
    reload(&home, &server, &added);
    send(3457).await;
    assert_eq!((one.taken_count(), two.taken_count()), (1, 1));

    // The one that stays is moved to the other centre, and the other one is gone.
    reload(&home, &server, &carrier("main", &two));
    send(3458).await;
    assert_eq!((one.taken_count(), two.taken_count()), (1, 2));
    let ready = acme.get("/readyz").await;
    assert_eq!(ready["links"].as_array().unwrap().len(), 1, "{ready}");
    server.stop();
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_is_reconnected_at_once_when_the_operator_asks() {
    let centre = Centre::open().await;
    let home = Home::with_config(&format!("{}reconnect_ms = 60000\n", carrier("main", &centre)));
    home.answer(&["init"]);
    let told = home.complaint(1, &["carrier", "reconnect", "main"]);
    assert!(told.contains("no server runs carrier"), "{told}");
    let server = home.serve();
    let listed = || home.answer(&["carrier", "list"]);
    until("the link is reported", || listed().contains("1 of 1 binds")).await;
    let listing = listed();
    assert!(listing.contains("main") && listing.contains("local"), "{listing}");
    let json: serde_json::Value =
        serde_json::from_str(&home.answer(&["carrier", "list", "--json"])).unwrap();
    assert_eq!((&json[0]["carrier"], &json[0]["up"]), (&json!("main"), &json!(true)), "{json}");
    assert!(json[0]["reportedAt"].as_str().unwrap().ends_with('Z'), "{json}");

    let told = home.complaint(1, &["carrier", "reconnect", "mian"]);
    assert!(told.contains("there is no carrier \"mian\""), "{told}");
    let bound = || server.log().matches("SMPP session bound").count();
    let before = bound();
    home.answer(&["carrier", "reconnect", "main"]);
    // Its own delay would be a minute.
    until("a new session", || bound() > before).await;
    server.stop();
    assert!(listed().contains("no server reports it"), "{}", listed());
}
