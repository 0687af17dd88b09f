//! Every port method, once for both engines: which aggregate does the work, as one change or as one
//! read. Whatever kills, counts or refuses stands around [`RowStore::write`] and [`RowStore::read`]
//! as a [`Gate`], never around a single method.

mod account;
mod activation;
mod campaign;
mod cluster;
mod directory;
mod event;
mod inbound;
mod keyword;
mod ledger;
mod login;
mod lookup;
mod message;
mod number;
mod order;
mod payout;
mod people;
mod phone;
mod phone_text;
mod pool;
mod search;
mod success;
mod trace;
mod upstream;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Gate, Store};

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::tx::{AnyTx, AtCommit, Result};

pub(crate) struct RowStore {
    engine: Engine,
    gate: Option<Arc<dyn Gate>>,
}

pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl fmt::Debug for RowStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.engine {
            Engine::Sqlite(_) => "RowStore(SQLite)",
            Engine::Postgres(_) => "RowStore(PostgreSQL)",
        })
    }
}

impl RowStore {
    pub(crate) const fn new(engine: Engine, gate: Option<Arc<dyn Gate>>) -> Self {
        Self { engine, gate }
    }

    /// Runs `change` in one transaction and returns its result once it is durable. It may run more
    /// than once; what a run did that was not committed is undone.
    async fn write<R, W>(&self, change: W) -> Result<R>
    where
        R: Send + 'static,
        W: AsyncFn(&mut AnyTx<'_>) -> Result<R> + Send + 'static,
    {
        self.enter().await?;
        let at_commit = AtCommit::new(self.gate.as_ref());
        let result = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(change, at_commit.clone()).await,
            Engine::Postgres(postgres) => postgres.write(change, &at_commit).await,
        };
        self.leave(at_commit.has_passed()).await?;
        result
    }

    /// Runs `query` on one committed state.
    async fn read<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: AsyncFn(&mut AnyTx<'_>) -> Result<R> + Send + 'static,
    {
        self.enter().await?;
        let result = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(query).await,
            Engine::Postgres(postgres) => postgres.read(query).await,
        };
        self.leave(false).await?;
        result
    }

    async fn enter(&self) -> Result<()> {
        match &self.gate {
            Some(gate) => gate.enter().await,
            None => Ok(()),
        }
    }

    async fn leave(&self, committed: bool) -> Result<()> {
        match &self.gate {
            Some(gate) => gate.leave(committed).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Store for RowStore {
    async fn ping(&self) -> Result<()> {
        self.enter().await?;
        let result = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.ping().await,
            Engine::Postgres(postgres) => postgres.ping().await,
        };
        self.leave(false).await?;
        result
    }
}
