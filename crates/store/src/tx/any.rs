//! The transaction of either engine, which all rows are written against.

use domain::ports::Changed;
use domain::time::Timestamp;

use super::{AdvisoryLock, Result, Row, Tx, Value};
use crate::postgres::PgTx;
use crate::sqlite::SqliteTx;
use crate::vault::Vault;

/// One type for both engines, so that the rows are compiled once.
pub(crate) struct AnyTx<'t> {
    engine: Engine<'t>,
    has_written: bool,
}

enum Engine<'t> {
    Sqlite(&'t mut SqliteTx),
    Postgres(&'t mut PgTx),
}

impl<'t> AnyTx<'t> {
    pub(crate) const fn sqlite(tx: &'t mut SqliteTx) -> Self {
        Self { engine: Engine::Sqlite(tx), has_written: false }
    }

    pub(crate) const fn postgres(tx: &'t mut PgTx) -> Self {
        Self { engine: Engine::Postgres(tx), has_written: false }
    }

    /// Whether a statement inserted, changed or deleted a row.
    pub(crate) const fn has_written(&self) -> bool {
        self.has_written
    }

    /// Of a statement that returns rows.
    fn note_returned(&mut self, sql: &str, mut returned: impl Iterator<Item = bool>) {
        let reads = sql.starts_with("SELECT") || sql.starts_with("WITH");
        self.has_written |= !reads && returned.any(|any| any);
    }
}

impl Tx for AnyTx<'_> {
    async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<u64> {
        let changed = match &mut self.engine {
            Engine::Sqlite(tx) => tx.execute(sql, &params),
            Engine::Postgres(tx) => tx.execute(sql, &params).await,
        }?;
        self.has_written |= changed > 0;
        Ok(changed)
    }

    async fn query<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<Vec<Row>> {
        let rows = match &mut self.engine {
            Engine::Sqlite(tx) => tx.query(sql, &params),
            Engine::Postgres(tx) => tx.query(sql, &params).await,
        }?;
        self.note_returned(sql, [!rows.is_empty()].into_iter());
        Ok(rows)
    }

    async fn execute_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>> {
        if params.is_empty() {
            return Ok(Vec::new());
        }
        let changed = match &mut self.engine {
            Engine::Sqlite(tx) => tx.execute_many(sql, params),
            Engine::Postgres(tx) => tx.execute_many(sql, params).await,
        }?;
        self.has_written |= changed.iter().any(|rows| *rows > 0);
        Ok(changed)
    }

    async fn query_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>> {
        if params.is_empty() {
            return Ok(Vec::new());
        }
        let found = match &mut self.engine {
            Engine::Sqlite(tx) => tx.query_many(sql, params),
            Engine::Postgres(tx) => tx.query_many(sql, params).await,
        }?;
        self.note_returned(sql, found.iter().map(|rows| !rows.is_empty()));
        Ok(found)
    }

    async fn insert_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<i64>> {
        let ids = match &mut self.engine {
            Engine::Sqlite(tx) => tx.insert_many(sql, params),
            Engine::Postgres(tx) => tx.insert_many(sql, params).await,
        }?;
        self.has_written |= !ids.is_empty();
        Ok(ids)
    }

    async fn lock(&mut self, lock: AdvisoryLock<'_>) -> Result<()> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(tx) => tx.lock(&lock).await,
        }
    }

    async fn lock_shared(&mut self, lock: AdvisoryLock<'_>) -> Result<()> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(tx) => tx.lock_shared(&lock).await,
        }
    }

    async fn clock(&mut self, ours: Timestamp) -> Result<Timestamp> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(ours),
            Engine::Postgres(tx) => tx.clock().await,
        }
    }

    fn notify(&mut self, changed: Changed) {
        match &mut self.engine {
            // No other process serves the same file.
            Engine::Sqlite(_) => {}
            Engine::Postgres(tx) => tx.notify(changed),
        }
    }

    fn vault(&self) -> &Vault {
        match &self.engine {
            Engine::Sqlite(tx) => tx.vault(),
            Engine::Postgres(tx) => tx.vault(),
        }
    }
}
