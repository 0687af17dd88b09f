//! The ledger in the store.

use async_trait::async_trait;

use crate::account::Balance;
use crate::id::AccountId;
use crate::ports::PortError;
use crate::sale::ledger::LedgerReport;

#[async_trait]
pub trait LedgerStore: Send + Sync {
    async fn balance(&self, account: AccountId) -> Result<Balance, PortError>;

    /// Recomputes everything from the transfers and compares. Changes nothing.
    async fn check_ledger(&self) -> Result<LedgerReport, PortError>;
}
