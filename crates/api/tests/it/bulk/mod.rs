//! The bulk door. Message processing is tested with workers, in `crates/boltgram/tests/it/bulk/`.

mod answers;
mod bodies;
mod directory;
mod documented;
mod large;
mod look;
mod one_list;
mod refusals;
mod who;

use std::time::Duration;

use api::HttpSettings;
use domain::account::AccountSettings;
use domain::id::MessageId;
use domain::message::campaign::{BulkMessage, BulkRecipient};
use domain::money::Msat;
use domain::ports::{BulkList, RecipientList};
use testkit::clock::NOON;

use crate::client::Answer;
use crate::house::{BY, House, Open, sats};
use crate::world::Fate;

pub(crate) const SEND: &str = "/api/v2/sms/send";
const PREVIEW: &str = "/api/v2/sms/preview";

/// A server with an account whose sender is ACME.
pub(crate) struct Acme {
    pub open: Open,
    pub key: String,
}

impl Acme {
    pub(crate) async fn new() -> Self {
        Self::with_credit(1_000).await
    }

    /// A credit costs 100 sats.
    async fn with_credit(credits: i64) -> Self {
        Self::of(sats(credits * 100), HttpSettings::default()).await
    }

    async fn of(credit: Msat, http: HttpSettings) -> Self {
        let house = House::new().await;
        let key = house.key(credit, "*", None).await;
        for name in ["ACME", "Zeta"] {
            let name = name.parse().unwrap();
            house.store.add_sender(house.account(), name, BY, NOON).await.unwrap();
        }
        Self { open: house.open_as(http).await, key }
    }

    /// Changes the account's terms.
    async fn agree(&self, settings: AccountSettings) {
        let (store, account) = (&self.open.house.store, self.open.house.account());
        assert!(store.set_account_settings(account, settings, BY, NOON).await.unwrap());
    }

    /// The stored message.
    async fn stored(&self, id: MessageId) -> BulkMessage {
        let (store, account) = (&self.open.house.store, self.open.house.account());
        store.bulk(account, id).await.unwrap().unwrap()
    }

    /// The server's only message.
    async fn last(&self) -> BulkMessage {
        let (store, account) = (&self.open.house.store, self.open.house.account());
        let list = BulkList { limit: 1, ..BulkList::default() };
        store.bulk_list(account, list).await.unwrap().0.remove(0)
    }

    /// Its first thousand recipients, excluded ones last.
    async fn recipients(&self, id: MessageId) -> Vec<BulkRecipient> {
        let list = RecipientList { limit: 1_000, ..RecipientList::default() };
        self.open.house.store.bulk_recipients(id, list).await.unwrap().recipients
    }

    /// Advances the clock and processes everything that is due.
    async fn carry(&self, after: Duration, fate: impl Fn(u32) -> Fate) {
        self.open.house.clock.advance(after);
        self.open.house.world().carry(fate).await;
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.open.post_with_key(path, &self.key, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.open.get_with_key(path, &self.key).await
    }

    /// Posts with an idempotency key.
    async fn post_once(&self, path: &str, once: &str, body: &str) -> Answer {
        let headers = [("x-api-key", self.key.as_str()), ("idempotency-key", once)];
        self.open.call("POST", path, &headers, body).await
    }
}

/// A message to numbers in this notation.
fn to(numbers: &[&str]) -> String {
    serde_json::json!({"sender": "ACME", "content": "Hello", "msisdns": numbers}).to_string()
}
