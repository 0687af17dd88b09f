//! What stands around every change and read of a store, for all of its methods at once: tests kill
//! the process there, count changes, or make the store fail.

use std::fmt;

use async_trait::async_trait;

use super::PortError;

/// ```text
/// enter ── the change runs ── commit (if it altered rows) ── durable ── leave ── its caller goes on
/// ```
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync {
    /// Before a change or a read begins. An error refuses it.
    async fn enter(&self) -> Result<(), PortError>;

    /// A change altered rows and is committed next. An error undoes it. Called once for each change,
    /// on the thread that runs it: it must not block.
    fn commit(&self) -> Result<(), PortError>;

    /// Before a result is returned; `committed` of a change that [`Gate::commit`] let pass. An error
    /// takes the result's place.
    async fn leave(&self, committed: bool) -> Result<(), PortError>;
}
