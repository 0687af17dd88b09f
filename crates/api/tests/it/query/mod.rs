//! The query door. What happens to its messages is tested with workers, in
//! `crates/boltgram/tests/it/query/`.

mod answers;
mod documented;
mod keywords;
mod logins;
mod lookups;
mod outbox;
mod parameters;
mod people;
mod refusals;
mod transcript;
mod who;

use std::time::Duration;

use api::HttpSettings;
use domain::account::AccountSettings;
use domain::money::Msat;
use domain::ports::BulkList;
use testkit::clock::NOON;
use url::form_urlencoded::byte_serialize;

use crate::client::Answer;
use crate::house::{BY, House, Open, sats};

/// A server with an account whose senders are You and ACME.
pub(crate) struct Shop {
    pub open: Open,
    pub key: String,
}

/// The account's name.
const USER: &str = "account-0";

/// The contract's example.
const EXAMPLE: &str = "msisdn=4512345678&sender=You&text=This+text+is+on+the+way+to+you%21";

impl Shop {
    async fn new() -> Self {
        Self::with_credit(sats(100_000)).await
    }

    async fn with_credit(credit: Msat) -> Self {
        let house = House::new().await;
        let key = house.key(credit, "*", None).await;
        for name in ["You", "ACME"] {
            let name = name.parse().unwrap();
            house.store.add_sender(house.account(), name, BY, NOON).await.unwrap();
        }
        Self { open: house.open_as(HttpSettings::default()).await, key }
    }

    /// Changes the account's settings.
    async fn agree(&self, settings: AccountSettings) {
        let (store, account) = (&self.open.house.store, self.open.house.account());
        assert!(store.set_account_settings(account, settings, BY, NOON).await.unwrap());
    }

    /// `path` and parameters with user and key, in the query string.
    async fn get(&self, path: &str, parameters: &str) -> Answer {
        let path = format!("{path}?user={USER}&key={}&{parameters}", self.key);
        self.open.get(&path).await
    }

    /// The same, in a form.
    async fn post(&self, path: &str, parameters: &str) -> Answer {
        let body = format!("user={USER}&key={}&{parameters}", self.key);
        self.post_form(path, &body).await
    }

    async fn post_form(&self, path: &str, body: &str) -> Answer {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.open.call("POST", path, &form, body).await
    }

    /// Messages of one millisecond are in no order.
    fn tick(&self) {
        self.open.house.clock.advance(Duration::from_millis(1));
    }

    /// Sends a text to a number, and returns its id.
    async fn send(&self, number: &str, text: &str) -> u64 {
        self.tick();
        let text: String = byte_serialize(text.as_bytes()).collect();
        let parameters = format!("msisdn={number}&sender=You&text={text}");
        let answer = self.get("/sms/api.json", &parameters).await;
        answer.json()["sms"]["smsid"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }

    /// Messages in the account's list.
    async fn stored(&self) -> u64 {
        let (store, account) = (&self.open.house.store, self.open.house.account());
        let list = BulkList { limit: 1, ..BulkList::default() };
        store.bulk_list(account, list).await.unwrap().1
    }
}
