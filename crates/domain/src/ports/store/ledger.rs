//! The ledger as it is stored.

use async_trait::async_trait;

use crate::account::Balance;
use crate::id::AccountId;
use crate::ports::PortError;
use crate::sale::ledger::LedgerReport;

#[async_trait]
pub trait LedgerStore: Send + Sync {
    async fn balance(&self, account: AccountId) -> Result<Balance, PortError>;

    /// Recomputes everything from the transfers and compares. Reads only.
    async fn check_ledger(&self) -> Result<LedgerReport, PortError>;
}
