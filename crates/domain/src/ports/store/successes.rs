//! How numbers on loan ended lately: what lists show, and by which buyers are judged.

use async_trait::async_trait;

use crate::activation::{CountryCode, ServiceCode};
use crate::id::AccountId;
use crate::ports::{PortError, SuccessCount};
use crate::time::Timestamp;

/// Of a service and a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSuccess {
    pub service: ServiceCode,
    pub country: CountryCode,
    pub count: SuccessCount,
}

/// A buyer: an account, or a client without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuyerOf {
    Account(AccountId),
    Client(String),
}

/// A buyer's newest ended numbers for one code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuyerSuccess {
    pub count: SuccessCount,
    /// When the newest of all of its numbers was paid, also of one that has not ended.
    pub last_paid_at: Option<Timestamp>,
}

#[async_trait]
pub trait SuccessStore: Send + Sync {
    /// Of numbers for one code that ended since then, at most the newest `sample`, by service and
    /// country.
    async fn successes(
        &self,
        since: Timestamp,
        sample: u32,
    ) -> Result<Vec<ServiceSuccess>, PortError>;

    /// Of the newest `sample` numbers for one code that this buyer paid since then.
    async fn buyer_success(
        &self,
        buyer: BuyerOf,
        since: Timestamp,
        sample: u32,
    ) -> Result<BuyerSuccess, PortError>;
}
