//! Messages per hour and prefix, for the caps of accounts and of callers without one.

use async_trait::async_trait;

use crate::account::traffic::{HourlyCap, TrafficCount};
use crate::id::AccountId;
use crate::ports::PortError;

#[async_trait]
pub trait TrafficStore: Send + Sync + std::fmt::Debug {
    /// Counts the messages of a request in this hour, or returns the cap that they exceed; then nothing is counted. `None`
    /// stands for all callers without an account.
    async fn take_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<Option<HourlyCap>, PortError>;

    /// The cap that the messages would exceed. Counts nothing.
    async fn full_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<Option<HourlyCap>, PortError>;

    /// Takes back what [`TrafficStore::take_traffic`] counted for a request that was not accepted.
    async fn return_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<(), PortError>;

    /// Counts messages whatever the caps are: they were accepted before.
    async fn add_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<(), PortError>;
}
