//! The store on PostgreSQL: each port method as one transaction of its own on a connection that is
//! lent for it, so that several nodes share a database.

mod array_statement;
mod change;
mod connect;
mod connection;
mod error;
mod migrate;
mod node;
mod notify;
mod open;
mod pool;
mod range_update;
mod sql_tokens;
mod statement;
mod tls;
mod tx;
mod url;
mod value;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::Changed;

use self::change::Attempts;
use self::error::silent;
use self::notify::NodeNotifier;
use self::pool::Pool;
use crate::tx::Result;
use crate::vault::Vault;

pub use self::node::NodeName;
pub(crate) use self::node::hold;
pub(crate) use self::open::{is_made, open};
pub(crate) use self::url::Server;

pub(crate) struct PostgresStore {
    writers: Arc<Pool>,
    readers: Arc<Pool>,
    vault: Arc<Vault>,
    server: Server,
    notifier: NodeNotifier,
    ping_timeout: Duration,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}

impl PostgresStore {
    fn to_write(&self) -> Attempts<'_> {
        Attempts::to_write(&self.writers, &self.vault, &self.notifier)
    }

    fn to_read(&self) -> Attempts<'_> {
        Attempts::to_read(&self.readers, &self.vault)
    }

    async fn changed_elsewhere(&self) -> Changed {
        self.notifier.changed(&self.server).await
    }

    async fn in_time(&self, probing: impl Future<Output = Result<()>>) -> Result<()> {
        tokio::time::timeout(self.ping_timeout, probing).await.unwrap_or_else(|_| Err(silent()))
    }
}

/// Does `work` (an expression of a transaction, giving a future) until an attempt comes to an end.
macro_rules! attempt {
    ($attempts:expr, |$tx:ident| $work:expr) => {{
        let mut attempts = $attempts;
        loop {
            let mut open = attempts.begin().await?;
            let $tx = &mut open;
            let result = $work.await;
            if let Some(ended) = attempts.end(open, result).await {
                break ended;
            }
        }
    }};
}

macro_rules! write {
    ($store:ident, |$tx:ident| $work:expr) => {
        attempt!($store.to_write(), |$tx| $work)
    };
}

macro_rules! read {
    ($store:ident, |$tx:ident| $work:expr) => {
        attempt!($store.to_read(), |$tx| $work)
    };
}

/// A write that soon tells whether there is somebody who writes.
macro_rules! probe {
    ($store:ident, |$tx:ident| $work:expr) => {{
        let probing = async { attempt!($store.to_write(), |$tx| $work) };
        $store.in_time(probing).await
    }};
}

crate::port::implement_ports!(PostgresStore);
