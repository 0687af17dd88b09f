//! Texts that phones send: a phone fetches them, and reports what became of them. Their carrier makes outcomes and receipts
//! of that, from the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::PhoneId;
use domain::phone::{FetchedText, PhoneTextReport};
use domain::time::Timestamp;

use super::streams::Push;
use super::{CallError, Phones};

/// Rounds of the search for texts that phones are to fetch. Another node may have stored them.
const ROUND: Duration = Duration::from_secs(1);

/// A phone that has not fetched its texts is called again after this time.
const CALL_AGAIN: Duration = Duration::from_secs(15);

impl Phones {
    /// What the phone is to send. It is this phone's from now on.
    pub async fn fetch_texts(
        &self,
        phone: PhoneId,
        newest_first: bool,
    ) -> Result<Vec<FetchedText>, CallError> {
        Ok(self.store.fetch_phone_texts(phone, newest_first, self.clock.now()).await?)
    }

    /// Durable when it returns `Ok`.
    pub async fn report_texts(
        &self,
        phone: PhoneId,
        reports: Vec<PhoneTextReport>,
    ) -> Result<(), CallError> {
        if reports.is_empty() {
            return Ok(());
        }
        Ok(self.store.report_phone_texts(phone, reports, self.clock.now()).await?)
    }

    /// The worker: calls the phones that follow our events here, when there are texts for them. Others fetch
    /// texts with their next ping.
    pub(crate) async fn call_for_texts(self: Arc<Self>) {
        let mut called: HashMap<PhoneId, (Timestamp, Timestamp)> = HashMap::new();
        loop {
            tokio::time::sleep(ROUND).await;
            if !self.streams.are_open() {
                continue;
            }
            let now = self.clock.now();
            let waiting = match self.store.phones_with_texts(now).await {
                Ok(waiting) => waiting,
                Err(error) => {
                    tracing::debug!(%error, "the texts of phones could not be read");
                    continue;
                }
            };
            called.retain(|phone, _| waiting.iter().any(|(known, _)| known == phone));
            for (phone, newest) in waiting {
                let is_known = called
                    .get(&phone)
                    .is_some_and(|(before, at)| *before == newest && now.since(*at) < CALL_AGAIN);
                if !is_known {
                    called.insert(phone, (newest, now));
                    self.streams.push(phone, Push::TextsWaiting);
                }
            }
        }
    }
}
