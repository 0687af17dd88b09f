//! Which loans of upstream wholesalers belong to which of ours.

use async_trait::async_trait;

use crate::activation::SupplierName;
use crate::activation::upstream::{UpstreamAsk, UpstreamKey, UpstreamLent, UpstreamLoan};
use crate::ports::PortError;

#[async_trait]
pub trait UpstreamStore: Send + Sync + std::fmt::Debug {
    /// Stores *asked*, before the wholesaler is called. [`PortError::Conflict`]: this loan was asked for
    /// there before.
    async fn ask_upstream(&self, ask: UpstreamAsk) -> Result<(), PortError>;

    /// *asked* → *lent*; a repeat with a later end stores that. [`PortError::Conflict`]: the reference is
    /// that of another loan of the supplier, or the loan is over.
    async fn lend_upstream(&self, key: UpstreamKey, lent: UpstreamLent) -> Result<(), PortError>;

    /// The wholesaler did not lend it. Idempotent. [`PortError::Conflict`]: it did.
    async fn deny_upstream(&self, key: UpstreamKey) -> Result<(), PortError>;

    /// The loan has ended. Idempotent, also for an unknown loan.
    async fn end_upstream(&self, key: UpstreamKey) -> Result<(), PortError>;

    async fn upstream_loan(&self, key: UpstreamKey) -> Result<Option<UpstreamLoan>, PortError>;

    /// Those of the references that are known here, whatever became of their loans.
    async fn upstream_references(
        &self,
        supplier: SupplierName,
        references: Vec<String>,
    ) -> Result<Vec<String>, PortError>;
}
