//! Which loans of upstream wholesalers belong to which of ours.

use async_trait::async_trait;

use crate::activation::SupplierName;
use crate::activation::upstream::{
    UpstreamAsk, UpstreamExtension, UpstreamKey, UpstreamLent, UpstreamLoan, UpstreamReturn,
};
use crate::ports::PortError;

#[async_trait]
pub trait UpstreamStore: Send + Sync + std::fmt::Debug {
    /// Stores *asked*, before the wholesaler is called. [`PortError::Conflict`]: this loan was asked for
    /// there before.
    async fn ask_upstream(&self, ask: UpstreamAsk) -> Result<(), PortError>;

    /// *asked* → *lent*; a repeat with a later end stores that. [`PortError::Conflict`]: the reference is
    /// that of another loan of the supplier, the loan has another one, or it is over.
    async fn lend_upstream(&self, key: UpstreamKey, lent: UpstreamLent) -> Result<(), PortError>;

    /// *asked*, *lent* → *returning*: the wholesaler gave this number, and nobody here gets it. Idempotent.
    /// [`PortError::Conflict`]: the reference is that of another loan of the supplier, or the loan is in another
    /// state.
    async fn return_upstream(&self, key: UpstreamKey, reference: String) -> Result<(), PortError>;

    /// Numbers that are to be returned, the oldest first, at most `limit`.
    async fn upstream_returns(
        &self,
        supplier: SupplierName,
        limit: u32,
    ) -> Result<Vec<UpstreamReturn>, PortError>;

    /// Loans that may have been lent, the oldest first, at most `limit`.
    async fn upstream_asks(
        &self,
        supplier: SupplierName,
        limit: u32,
    ) -> Result<Vec<UpstreamAsk>, PortError>;

    /// `Some`: stored before a later end is bought; [`PortError::Conflict`] if another one is stored, or the
    /// loan is not lent. `None`: it was not bought. [`Self::lend_upstream`] removes it too.
    async fn extend_upstream(
        &self,
        key: UpstreamKey,
        extension: Option<UpstreamExtension>,
    ) -> Result<(), PortError>;

    /// The wholesaler did not lend it, or it has to be returned. Idempotent. [`PortError::Conflict`]: it did.
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
