//! A hook around every change and read of a store, for all its methods: tests use it to kill the
//! process, count changes, or make the store fail.

use std::fmt;

use async_trait::async_trait;

use super::PortError;

/// ```text
/// enter ── the change runs ── commit (if it altered rows) ── durable ── leave ── its caller goes on
/// ```
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync {
    /// Before a change or a read. An error refuses it.
    async fn enter(&self) -> Result<(), PortError>;

    /// Before the commit of a change that altered rows. An error rolls it back. Called once per
    /// change, on its thread: it must not block.
    fn commit(&self) -> Result<(), PortError>;

    /// Before a result is returned; `committed` if [`Gate::commit`] allowed the change. An error
    /// replaces the result.
    async fn leave(&self, committed: bool) -> Result<(), PortError>;
}
