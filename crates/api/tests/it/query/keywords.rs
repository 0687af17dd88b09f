//! Keywords and the inbox. What happens to the replies is tested with workers, in
//! `crates/boltgram/tests/it/keywords.rs`.

use std::fmt::Write as _;
use std::time::Duration;

use api::HttpSettings;
use domain::inbound::{InboundBody, InboundContent, InboundPart, Party, Spelling};
use domain::money::Msat;
use domain::number::own::{Abilities, NumberTerms};
use domain::ports::Clock;
use domain::routing::CarrierName;
use serde_json::json;

use crate::client::Answer;
use crate::house::{BY, House, Open, sats};

/// A server with a shared short code, and accounts that call it.
struct Shop {
    open: Open,
    keys: Vec<String>,
    /// Calls and answers.
    transcript: String,
}

impl Shop {
    /// Each account has a number of its own, +457010101n.
    async fn new(credits: &[Msat]) -> Self {
        let house = House::new().await;
        let mut keys = Vec::new();
        for credit in credits {
            keys.push(house.key(*credit, "*", None).await);
        }
        let can = Abilities::from_words(["receive", "send", "keywords"]).unwrap();
        let shared = NumberTerms { can, keywords: vec!["Ida".into()], ..NumberTerms::default() };
        let own = NumberTerms { account: Some(house.account()), ..NumberTerms::default() };
        for (number, terms) in [("1919", shared), ("4570101010", own)] {
            house.engine.numbers.add(number, terms, BY).await.unwrap();
        }
        let open = house.open_as(HttpSettings::default()).await;
        Self { open, keys, transcript: String::new() }
    }

    async fn call(&self, who: usize, path: &str, parameters: &str) -> Answer {
        let key = &self.keys[who];
        let path = format!("/api/4/{path}?user=account-{who}&key={key}&{parameters}");
        self.open.get(&path).await
    }

    async fn ask(&mut self, who: usize, path: &str, parameters: &str) {
        let answer = self.call(who, path, parameters).await;
        assert_eq!(answer.status, 200, "{answer}");
        writeln!(self.transcript, "{who}: {path}?{parameters}\n{}\n", answer.body).unwrap();
    }

    async fn says(&self, from: &str, to: &str, text: &str) {
        let clock = &self.open.house.clock;
        clock.advance(Duration::from_secs(1));
        let part = InboundPart {
            carrier: CarrierName::new("main"),
            from: Party::new(from),
            to: Party::new(to),
            spelling: Spelling::default(),
            body: InboundBody::Text(text.to_owned()),
            join: None,
            at: clock.now(),
            interrupted_at: clock.now(),
        };
        self.open.house.engine.inbox().inbound(vec![part]).await.unwrap();
    }
}

const BUY: &str = "buy/keyword/api.json";
const CHECK: &str = "buy/checkkeyword/api.json";

#[tokio::test]
async fn keywords_are_checked_bought_listed_and_edited() {
    let mut shop = Shop::new(&[sats(500_000), sats(500_000)]).await;
    let pacman = "gateway=1919&keyword=pacman";
    shop.ask(0, CHECK, pacman).await;
    shop.ask(0, BUY, &format!("{pacman}&reply=Tak%21")).await;
    shop.ask(0, BUY, "gateway=%2B1919&keyword=Sm%C3%B8rrebr%C3%B8d&shutdown=true").await;
    shop.ask(0, CHECK, "gateway=%2B45+70+10+10+10&keyword=pacman").await;
    shop.ask(0, BUY, "gateway=4570101010&keyword=pacman").await;
    shop.ask(0, "view/keywords/api.json", "").await;
    shop.ask(0, "view/keywords/api.xml", "").await;
    shop.ask(0, "view/keyword/api.json", "gateway=1919&keyword=PACMAN").await;
    let edit = "keyword/edit/api.json";
    shop.ask(0, edit, &format!("{pacman}&shutdown=true")).await;
    shop.ask(0, edit, &format!("{pacman}&shutdown=false&reply=")).await;
    insta::assert_snapshot!(shop.transcript);
    assert_eq!(shop.open.house.available().await, sats(140_000), "two periods are paid");
}

#[tokio::test]
async fn says_why_a_keyword_is_not_sold() {
    let mut shop = Shop::new(&[sats(500_000), sats(100)]).await;
    shop.call(0, BUY, "gateway=1919&keyword=pacman").await;
    for parameters in [
        "keyword=pacman",
        "gateway=19a19&keyword=pacman",
        "gateway=1920&keyword=pacman",
        "gateway=1919",
        "gateway=1919&keyword=two+words",
        "gateway=1919&keyword=%21",
        "gateway=1919&keyword=Stop",
        "gateway=1919&keyword=help",
        "gateway=1919&keyword=IDA",
        "gateway=1919&keyword=PACMAN",
    ] {
        shop.ask(0, CHECK, parameters).await;
    }
    shop.ask(1, CHECK, "gateway=1919&keyword=pacman").await;
    shop.ask(1, CHECK, "gateway=4570101010&keyword=pacman").await;
    let before = shop.open.changes();
    shop.ask(1, BUY, "gateway=1919&keyword=tetris").await;
    shop.ask(0, BUY, &format!("gateway=1919&keyword=doom&reply={}", "x".repeat(141))).await;
    shop.ask(0, BUY, "gateway=1919&keyword=doom&reply=a%00b").await;
    let pacman = "gateway=1919&keyword=pacman";
    shop.ask(1, "view/keyword/api.json", pacman).await;
    shop.ask(1, "keyword/edit/api.json", &format!("{pacman}&shutdown=true")).await;
    shop.ask(1, "view/keywords/api.json", "").await;
    insta::assert_snapshot!(shop.transcript);
    assert!(shop.open.changes() <= before + 1, "only the purchase without credit asked the store");
    let looks = shop.open.house.key_of(shop.open.house.account(), "sms:read").await;
    shop.keys[0] = looks;
    let denied = shop.call(0, BUY, "gateway=1919&keyword=doom").await;
    assert_eq!(denied.json()["error"], "ACCESS_DENIED", "{denied}");
}

#[tokio::test]
async fn a_message_with_a_keyword_is_in_its_owner_s_inbox() {
    let mut shop = Shop::new(&[sats(500_000), sats(500_000)]).await;
    shop.ask(1, BUY, "gateway=1919&keyword=pacman").await;
    shop.says("4520123456", "1919", "Pacman! Jeg vil gerne spille 😀").await;
    shop.says("4520123456", "1919", "STOP pacman").await;
    shop.says("4520123456", "1919", "hello").await;
    shop.says("Acme", "4570101010", "to a number of its own").await;
    shop.says("66812345678", "4570101010", &"æ".repeat(80)).await;
    let inbox = "view/inbox/api.json";
    shop.ask(0, inbox, "").await;
    shop.ask(1, inbox, "").await;
    for search in ["search=812345678", "search=NUMBER+of", "search=nothing", "page=2&limit=1"] {
        shop.ask(0, inbox, search).await;
    }
    for search in ["search=pacman", "search=1", "search=%2B45+20123456", "page=0", "limit=x"] {
        shop.ask(1, inbox, search).await;
    }
    insta::assert_snapshot!(shop.transcript);
    let all = shop.open.house.store.inbound_list(None, 10).await.unwrap();
    let unowned = all.iter().filter(|message| message.account.is_none());
    let text = |content: &InboundContent| content.text().unwrap().as_str().to_owned();
    let mut texts: Vec<_> = unowned.map(|message| text(&message.content)).collect();
    texts.sort_unstable();
    assert_eq!(json!(texts), json!(["STOP pacman", "hello"]));
}
