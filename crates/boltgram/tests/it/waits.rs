//! Unavailable dependencies: orders wait or are refused with the right reason, and nothing is lost.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tokio::net::TcpListener;

use super::centre::Centre;
use super::customer::Customer;
use super::running::{Home, SANDBOX_MONEY};

fn config(port: u16) -> String {
    format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system_id = \"u\"\npassword = \"p\"\n\n[[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn orders_wait_for_a_message_centre_that_is_down_and_survive_a_kill_meanwhile() {
    // A free port, which refuses connections until the centre opens there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let home = Home::with_config(&config(address.port()));
    let server = home.serve();
    let customer = Customer::of(&server);
    let ready = customer.get("/readyz").await;
    let order = customer.buy_text("+4520123456", "Vent på mig").await;
    customer.pay(&order).await;
    let paid = customer.await_status(&order, |status| status["paid"] == true).await;
    assert_eq!(paid["smsStatus"], "created", "{paid} {ready}");
    server.kill();

    let server = home.serve();
    let customer = Customer::of(&server);
    assert_eq!(customer.status(&order).await["smsStatus"], "created");
    let centre = Centre::open_at(address).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;
    assert_eq!(centre.taken().values().sum::<u32>(), 1);
    server.stop();
}

/// Holds the database's write lock from another connection until dropped.
struct Lock(Child);

impl Lock {
    fn on(home: &Home) -> Self {
        let database = home.path("boltgram-data/boltgram.db");
        let script = "import sqlite3, sys\n\
                      held = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      held.execute('BEGIN IMMEDIATE')\n\
                      print('held', flush=True)\n\
                      sys.stdin.read()\n";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Self(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_locked_store_refuses_orders_truly_and_charges_nothing() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "2000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let body = json!({"phone": "+4520123456", "message": "Hej", "immediate": true});

    let lock = Lock::on(&home);
    let refused = acme.post("/createsendorder", body.clone()).await;
    assert_eq!(refused["status"], "error", "{refused}");
    assert!(refused["reason"].as_str().unwrap().contains("try again"), "{refused}");
    drop(lock);

    assert_eq!(acme.get("/balance").await["balance"], 2_000, "nothing was charged");
    let order = acme.buy("/createsendorder", body).await;
    acme.await_delivered(&order).await;
    assert_eq!(acme.get("/balance").await["balance"], 1_000);
    server.stop();
    assert!(home.answer(&["ledger", "check"]).contains("sound"));
}
