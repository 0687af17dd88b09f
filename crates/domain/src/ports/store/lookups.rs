//! Answers of the networks about numbers, kept for a time, and what they cost.

use async_trait::async_trait;
use uuid::Uuid;

use crate::id::AccountId;
use crate::money::Msat;
use crate::number::Msisdn;
use crate::number::network::NetworkAnswer;
use crate::ports::PortError;
use crate::time::Timestamp;

/// An answer that an account pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLookup {
    pub id: Uuid,
    pub account: AccountId,
    pub number: Msisdn,
    pub roaming: bool,
    pub answer: NetworkAnswer,
    pub price: Msat,
    /// An answer since then, of a question at the same time, is not paid for again.
    pub fresh_since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupSale {
    Paid,
    Insufficient { available: Msat },
    OverDailyLimit { left: Msat },
}

#[async_trait]
pub trait LookupStore: Send + Sync {
    /// The last answer to this question since `since`, and its time.
    async fn last_lookup(
        &self,
        number: Msisdn,
        roaming: bool,
        since: Timestamp,
    ) -> Result<Option<(NetworkAnswer, Timestamp)>, PortError>;

    /// Stores the answer and takes its price, in one change; without credit, neither.
    async fn sell_lookup(&self, sold: SoldLookup, now: Timestamp) -> Result<LookupSale, PortError>;
}
