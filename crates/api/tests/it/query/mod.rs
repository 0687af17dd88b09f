//! The query door. What happens to its messages is tested with workers, in
//! `crates/boltgram/tests/it/query/`.

mod logins;
mod people;
mod transcript;

use api::HttpSettings;
use domain::money::Msat;

use crate::client::Answer;
use crate::house::{House, Open, sats};

/// A server with an account.
pub(crate) struct Shop {
    pub open: Open,
    pub key: String,
}

/// The account's name.
const USER: &str = "account-0";

impl Shop {
    async fn new() -> Self {
        Self::with_credit(sats(100_000)).await
    }

    async fn with_credit(credit: Msat) -> Self {
        let house = House::new().await;
        let key = house.key(credit, "*", None).await;
        Self { open: house.open_as(HttpSettings::default()).await, key }
    }

    /// `path` and parameters with user and key, in the query string.
    async fn get(&self, path: &str, parameters: &str) -> Answer {
        let path = format!("{path}?user={USER}&key={}&{parameters}", self.key);
        self.open.get(&path).await
    }
}
