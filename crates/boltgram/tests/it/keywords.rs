//! Keywords on a short code, from a message centre's socket to the inbox and the reply: opt-out words win, and a
//! kill repeats nothing.

use serde_json::Value;
use smpp::CommandStatus;

use super::customer::Customer;
use super::phones::{Phones, Sent};
use super::running::{Home, Running, SANDBOX_MONEY};

fn config(port: u16) -> String {
    format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system_id = \"u\"\npassword = \"p\"\nreconnect_ms = 20\n\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n\n\
         [prices]\nkeyword = 2000\n\n\
         [[numbers]]\nnumber = \"1919\"\ncan = [\"receive\", \"send\", \"keywords\"]\n"
    )
}

struct Account {
    name: &'static str,
    key: String,
}

impl Account {
    fn add(home: &Home, name: &'static str) -> Self {
        home.answer(&["account", "add", name, "--credit-sats", "10000"]);
        Self { name, key: home.answer(&["key", "add", name]) }
    }

    async fn call(&self, server: &Running, path: &str, parameters: &str) -> Value {
        let path =
            format!("/api/4/{path}/api.json?user={}&key={}&{parameters}", self.name, self.key);
        Customer::of(server).get(&path).await
    }

    async fn sats(&self, server: &Running) -> Value {
        Customer::of(server).with_key(&self.key).get("/balance").await["balance"].clone()
    }
}

async fn says(phones: &Phones, from: &str, text: &str) {
    let sent = Sent {
        from: from.to_owned(),
        to: "1919".to_owned(),
        data_coding: 0,
        user_data: text.as_bytes().to_vec(),
        is_part: false,
    };
    let token = phones.send(0, &sent).await;
    assert_eq!(phones.answer(token).await, CommandStatus::ROK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_keyword_is_bought_answered_and_paid_for_over_a_kill() {
    let phones = Phones::open().await;
    let home = Home::with_config(&config(phones.port()));
    let (acme, other) = (Account::add(&home, "acme"), Account::add(&home, "other"));
    let server = home.serve();
    phones.bound(1).await;
    let pacman = "gateway=1919&keyword=pacman";
    let bought = acme.call(&server, "buy/keyword", &format!("{pacman}&reply=Insert+coin")).await;
    assert_eq!(bought["success"], "BUY_SUCCESFUL", "{bought}");
    let lookup = acme.call(&server, "hlr", "msisdn=4520123456").await;
    assert_eq!(lookup["error"], "METHOD_NOT_IMPLEMENTED", "no provider is configured: {lookup}");
    let taken = other.call(&server, "buy/keyword", pacman).await;
    assert_eq!(taken["error"], "KEYWORD_EXISTS", "{taken}");

    says(&phones, "4520123456", "pacman two please").await;
    let reply = |to: &str| ("1919".to_owned(), to.to_owned(), "Insert coin".to_owned());
    assert_eq!(phones.got(1).await, [reply("4520123456")]);
    server.kill();
    phones.bound(0).await;
    let server = home.serve();
    phones.bound(1).await;
    says(&phones, "1920", "pacman from a short code").await;
    says(&phones, "4520123457", "PACMAN!").await;
    // What was with the carrier at the kill may come once more.
    let got = phones.got(2).await;
    let again = usize::from(got[1] == reply("4520123456"));
    let got = phones.got(2 + again).await.split_off(1 + again);
    assert_eq!(got, [reply("4520123457")]);

    // The opt-out comes first: neither the reply nor the keyword.
    says(&phones, "4520123458", "STOP pacman").await;
    says(&phones, "4520123458", "pacman after all").await;
    says(&phones, "4520123459", "pacman last").await;
    assert_eq!(phones.got(3 + again).await[2 + again], reply("4520123459"));

    let inbox = acme.call(&server, "view/inbox", "").await;
    let texts: Vec<_> = inbox["inbox"].as_array().unwrap().iter().map(|row| &row["text"]).collect();
    let expected = [
        "pacman last",
        "pacman after all",
        "PACMAN!",
        "pacman from a short code",
        "pacman two please",
    ];
    assert_eq!(texts, expected);
    assert!(inbox["inbox"].as_array().unwrap().iter().all(|row| row["keyword"] == "pacman"));
    assert_eq!(other.call(&server, "view/inbox", "").await["inbox"], Value::Array(vec![]));
    assert_eq!(
        acme.sats(&server).await,
        10_000 - 2_000 - 3 * 1_000,
        "the keyword and three replies"
    );
    assert_eq!(other.sats(&server).await, 10_000);
    server.stop();
    assert!(home.answer(&["ledger", "check"]).contains("the ledger is sound"));
    let logs = home.logs();
    for private in ["pacman", "Insert coin", "4520123456"] {
        assert!(!logs.contains(private), "{private}: {logs}");
    }
}
