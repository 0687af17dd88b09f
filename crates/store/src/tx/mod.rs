//! Statements inside one open transaction. The SQL of an aggregate is written once against [`Tx`],
//! which [`AnyTx`] implements for both engines.
//!
//! Statements use numbered parameters (`?1`) and only what both engines understand. The `_many`
//! forms take one statement and many rows of parameters: SQLite runs a prepared statement in a loop,
//! PostgreSQL gets all rows in one round trip, or one statement that takes arrays. Nothing here opens or ends
//! a transaction.
//!
//! On a server many changes run at once. So a statement that reads what the same change will write
//! ends with `FOR UPDATE` (of a join: `FOR UPDATE OF` its first table), or with `FOR UPDATE SKIP
//! LOCKED` when it claims work. Where there is no row to lock yet, an [`AdvisoryLock`] is taken. Locks
//! are taken in one order, each kind sorted by its key: advisory locks, messages and activations, orders, ledger
//! accounts.
//! SQLite's one writer needs none of it.

mod any;
mod at_commit;
mod lock;
mod row;
mod value;

use std::time::Duration;

use domain::ports::{Changed, PortError};
use domain::time::Timestamp;

pub(crate) use self::any::AnyTx;
pub(crate) use self::at_commit::AtCommit;
pub(crate) use self::lock::AdvisoryLock;
pub(crate) use self::row::{Column, Row};
pub(crate) use self::value::{Value, params};
use crate::vault::Vault;

/// An unreadable row is postponed by this long: an operator has to repair it, and it blocks nothing
/// meanwhile.
pub(crate) const UNREADABLE_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) type Result<T> = std::result::Result<T, PortError>;

/// An open transaction. A future of an embedded engine is ready at the first poll.
pub(crate) trait Tx {
    /// Rows changed.
    async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<u64>;

    async fn query<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<Vec<Row>>;

    /// Rows changed by each parameter row.
    async fn execute_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>>;

    /// The result of each parameter row.
    async fn query_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>>;

    /// Inserts rows that the database numbers: the id of each. The statement ends with `RETURNING
    /// id`.
    async fn insert_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<i64>>;

    /// Held until the change ends; no other change holds it meanwhile, shared or not.
    async fn lock(&mut self, lock: AdvisoryLock<'_>) -> Result<()>;

    /// Held until the change ends, together with others that share it.
    async fn lock_shared(&mut self, lock: AdvisoryLock<'_>) -> Result<()>;

    /// The time by the clock that link leases are measured by: the server's where several processes
    /// share a database, otherwise `ours`.
    async fn clock(&mut self, ours: Timestamp) -> Result<Timestamp>;

    /// Notifies other nodes, with the commit, of work that they can do. Not for work that this process
    /// continues itself.
    fn notify(&mut self, changed: Changed);

    /// Seals and opens the columns that hold secrets.
    fn vault(&self) -> &Vault;
}
