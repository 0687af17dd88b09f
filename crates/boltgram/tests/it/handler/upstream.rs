//! One installation buys from another, which is its wholesaler: both halves of the protocol, over HTTP.

use serde_json::json;
use testkit::faults::{Fault, Proxy, Toward};

use super::caller::Caller;
use crate::running::{Home, Running};

/// The wholesaler, and the account that the shop has there.
struct North {
    home: Home,
    server: Running,
    at_north: Caller,
}

impl North {
    fn new() -> Self {
        let home = Home::bare();
        let server = home.serve();
        let at_north = Caller::new(&home, &server, 200_000);
        Self { home, server, at_north }
    }

    /// An installation that buys there, by this address.
    fn shop(&self, address: std::net::SocketAddr) -> Home {
        Home::with_config(&format!(
            "[prices]\nreceive = 4000\nrent = 20000\n\
             [[suppliers]]\nname = \"north\"\nkind = \"handler\"\n\
             url = \"http://{address}/stubs/handler_api.php\"\napi_key = \"{}\"\n\
             msat_per_unit = 1000\nmargin = 20\ntimeout = \"1s\"\nrate = 50\npoll = \"1s\"\n",
            self.at_north.key
        ))
    }

    fn stop(self) {
        assert!(self.home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
        self.server.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_comes_through_two_installations() {
    let north = North::new();
    let home = north.shop(north.server.address());
    let server = home.serve();
    let shop = Caller::new(&home, &server, 100_000);
    let prices = shop.json("action=getPrices&service=tg&country=43").await;
    assert_eq!(prices["43"]["tg"]["cost"], json!(4_000.0));
    let (id, number) = shop.buy("service=tg&country=43").await;
    let there = north.at_north.json("action=getActiveActivations").await;
    assert_eq!(there["activeActivations"][0]["phoneNumber"], number.as_str());
    let status = format!("action=getStatus&id={id}");
    let first = shop.until(&status, |answer| answer.starts_with("STATUS_OK:")).await;
    assert_eq!(shop.get(&format!("action=setStatus&id={id}&status=3")).await, "ACCESS_RETRY_GET");
    let fits = |answer: &str| answer.starts_with("STATUS_OK:") && answer != first;
    shop.until(&status, fits).await;
    assert_eq!(shop.post(&format!("action=setStatus&id={id}&status=6")).await, "ACCESS_ACTIVATION");
    north
        .at_north
        .until("action=getActiveActivations", |answer| answer.contains("NO_ACTIVATIONS"))
        .await;
    assert_eq!((shop.balance().await, north.at_north.balance().await), (9_600_000, 19_700_000));
    // A number costs there more than this shop allows.
    let dear = "action=getNumber&service=tg&country=43&maxPrice=3999";
    assert_eq!(shop.get(dear).await, "WRONG_MAX_PRICE:4000.00");

    let rented = shop.json("action=getRentNumber&service=full&rent_time=4&country=43").await;
    let rental = rented["phone"]["id"].to_string();
    let messages = format!("action=getRentStatus&id={rental}");
    shop.until(&messages, |answer| answer.contains("success")).await;
    let longer = shop.json(&format!("action=continueRentNumber&id={rental}&rent_time=24")).await;
    assert_eq!(longer["phone"]["number"], rented["phone"]["number"], "{longer}");
    assert_ne!(longer["phone"]["endDate"], rented["phone"]["endDate"]);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
    north.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purchase_whose_answer_is_cut_is_found_and_made_once() {
    let north = North::new();
    let proxy = Proxy::to(north.server.address()).await;
    let home = north.shop(proxy.address());
    let server = home.serve();
    let shop = Caller::new(&home, &server, 100_000);
    // The prices are known then, so the next answer is that of the purchase.
    shop.json("action=getPrices&service=tg&country=43").await;
    shop.json("action=getPrices&service=tg").await;
    proxy.after(0, Toward::Client, Fault::Cut);
    let (id, number) = shop.buy("service=tg&country=43").await;
    proxy.struck(1).await;
    shop.until(&format!("action=getStatus&id={id}"), |answer| answer.starts_with("STATUS_OK:"))
        .await;
    let there = north.at_north.json("action=getActiveActivations").await;
    let there = there["activeActivations"].as_array().unwrap();
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["phoneNumber"], number.as_str());
    assert_eq!(north.at_north.balance().await, 19_700_000);
    server.stop();
    north.stop();
}
