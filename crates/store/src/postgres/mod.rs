//! PostgreSQL, shared by several nodes: each change is a transaction of its own on a pooled
//! connection.

mod array_statement;
mod change;
mod connect;
mod connection;
mod dump;
mod error;
mod given_certificates;
mod migrate;
mod node;
mod notify;
mod open;
mod pool;
mod pooler;
mod range_update;
#[cfg(test)]
mod snapshots;
mod sql_tokens;
mod statement;
mod tls;
mod tx;
mod url;
mod value;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Changed, PortError, StoreObserver};

use self::change::Attempts;
use self::error::silent;
use self::notify::NodeNotifier;
use self::pool::Pool;
use crate::presence::Presence;
use crate::rows::account;
use crate::tx::{AnyTx, AtCommit, Result};
use crate::vault::Vault;

pub use self::dump::DumpError;
pub(crate) use self::dump::{dump, restore};
pub use self::node::NodeName;
pub(crate) use self::node::hold;
pub(crate) use self::open::{is_made, open};
pub(crate) use self::tx::PgTx;
pub(crate) use self::url::Server;

pub(crate) struct Postgres {
    writers: Arc<Pool>,
    readers: Arc<Pool>,
    vault: Arc<Vault>,
    server: Server,
    notifier: NodeNotifier,
    ping_timeout: Duration,
    presence: Presence,
    observer: Option<Arc<dyn StoreObserver>>,
}

impl Postgres {
    pub(crate) async fn write<R>(
        &self,
        change: impl AsyncFn(&mut AnyTx<'_>) -> Result<R>,
        at_commit: &AtCommit,
    ) -> Result<R> {
        self.presence.check()?;
        let mut attempts = Attempts::to_write(
            &self.writers,
            &self.vault,
            &self.notifier,
            self.observer.as_deref(),
        );
        loop {
            let mut open = attempts.begin().await?;
            let mut tx = AnyTx::postgres(&mut open);
            let result = change(&mut tx).await;
            let result = result.and_then(|value| at_commit.pass(&tx).map(|()| value));
            if let Some(ended) = attempts.end(open, result).await {
                return ended;
            }
        }
    }

    pub(crate) async fn read<R>(
        &self,
        query: impl AsyncFn(&mut AnyTx<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut attempts = Attempts::to_read(&self.readers, &self.vault);
        loop {
            let mut open = attempts.begin().await?;
            let result = query(&mut AnyTx::postgres(&mut open)).await;
            if let Some(ended) = attempts.end(open, result).await {
                return ended;
            }
        }
    }

    /// Whether a durable write succeeds in time. Everyone may read the error, so it names no address.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.presence.check()?;
        let ungated = AtCommit::default();
        let probing = self.write(async |tx| account::ping(tx).await, &ungated);
        let done = tokio::time::timeout(self.ping_timeout, probing).await;
        done.unwrap_or_else(|_| Err(silent())).map_err(|error| {
            tracing::debug!(%error, "PostgreSQL took no durable write");
            PortError::Unavailable("PostgreSQL cannot be reached, or takes no writes".to_owned())
        })
    }

    pub(crate) async fn changed_elsewhere(&self) -> Changed {
        self.notifier.changed(&self.server).await
    }
}
