//! The bulk door over a store in memory. What becomes of a message is tested with a real one, in
//! `crates/boltgram/tests/it/bulk/`.

mod answers;
mod bodies;
mod directory;
mod documented;
mod large;
mod look;
mod refusals;
mod store;
mod who;

pub(crate) use store::Script;

use api::HttpSettings;
use domain::account::operator::Actor;
use domain::account::sender::{Decision, Sender, SenderState};
use domain::id::SenderNumber;
use domain::number::SenderId;
use testkit::clock::NOON;

use crate::client::Answer;
use crate::house::{House, Open, sats};

pub(crate) const SEND: &str = "/api/v2/sms/send";
const PREVIEW: &str = "/api/v2/sms/preview";

/// A house with an account that may send as ACME.
pub(crate) struct Acme {
    pub open: Open,
    pub key: String,
}

impl Acme {
    pub(crate) async fn new() -> Self {
        Self::with_credit(1_000).await
    }

    /// A credit is worth 100 sats.
    async fn with_credit(credits: i64) -> Self {
        Self::of(credits, HttpSettings::default()).await
    }

    async fn of(credits: i64, http: HttpSettings) -> Self {
        let house = House::new();
        let key = house.key(sats(credits * 100), "*", None).await;
        let account = house.accounts()[0];
        let name = |name: &str| SenderId::parse(name).unwrap();
        let decided = Decision { by: Actor::CommandLine, note: None, at: NOON };
        house.store.rows().senders = [(2, "Zeta"), (1, "ACME")]
            .map(|(number, text)| Sender {
                number: SenderNumber(number),
                account,
                name: name(text),
                state: SenderState::Approved,
                shared: false,
                decided: decided.clone(),
                created_at: NOON,
            })
            .to_vec();
        Self { open: house.open_as(http).await, key }
    }

    fn script(&self) -> impl std::ops::DerefMut<Target = crate::store::Rows> + '_ {
        self.open.house.store.rows()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.open.post_with_key(path, &self.key, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.open.get_with_key(path, &self.key).await
    }

    /// With an idempotency key.
    async fn post_once(&self, path: &str, once: &str, body: &str) -> Answer {
        let headers = [("x-api-key", self.key.as_str()), ("idempotency-key", once)];
        self.open.call("POST", path, &headers, body).await
    }
}

/// A message to some numbers as they are written.
fn to(numbers: &[&str]) -> String {
    serde_json::json!({"sender": "ACME", "content": "Hello", "msisdns": numbers}).to_string()
}
