//! An open transaction on one PostgreSQL connection.

use std::sync::Arc;

use domain::ports::{Changed, PortError};
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};

use super::connection::Failure;
use super::error::Fault;
use super::pool::Lent;
use crate::tx::{AdvisoryLock, Result, Row, Value};
use crate::vault::Vault;

/// An open transaction; rolled back on drop.
pub(crate) struct PgTx {
    lent: Lent,
    vault: Arc<Vault>,
    /// The fault of the first failed statement: the server rejects everything after it.
    fault: Option<Fault>,
    /// What to notify other nodes of.
    changed: Changed,
    /// Rows of parameters that were sent.
    statements: u64,
}

impl PgTx {
    /// Opens the transaction with the statement `begin`.
    pub(super) async fn begin(
        mut lent: Lent,
        vault: Arc<Vault>,
        begin: &str,
    ) -> std::result::Result<Self, Failure> {
        lent.open = true;
        let mut tx = Self { lent, vault, fault: None, changed: Changed::default(), statements: 0 };
        let begun = match tx.lent.connection() {
            Ok(connection) => connection.begin(begin).await,
            Err(failure) => Err(failure),
        };
        tx.note(&begun);
        begun.map(|()| tx)
    }

    pub(super) const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    pub(super) const fn changed(&self) -> Changed {
        self.changed
    }

    pub(super) const fn statements(&self) -> u64 {
        self.statements
    }

    /// Returns the connection for the commit, without a rollback.
    pub(super) fn close(self) -> Lent {
        let mut lent = self.lent;
        lent.open = false;
        lent
    }

    fn note<T>(&mut self, answer: &std::result::Result<T, Failure>) {
        if let Err((fault, _)) = answer {
            if matches!(fault, Fault::Lost | Fault::Silent) {
                self.lent.give_up();
            }
            self.fault.get_or_insert(*fault);
        }
    }

    fn noted<T>(&mut self, answer: std::result::Result<T, Failure>) -> Result<T> {
        self.note(&answer);
        answer.map_err(|(_, error)| error)
    }
}

impl PgTx {
    pub(crate) async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>; N],
    ) -> Result<u64> {
        let changed = self.execute_many(sql, std::slice::from_ref(params)).await?;
        changed.into_iter().next().ok_or_else(unanswered)
    }

    pub(crate) async fn query<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>; N],
    ) -> Result<Vec<Row>> {
        let found = self.query_many(sql, std::slice::from_ref(params)).await?;
        found.into_iter().next().ok_or_else(unanswered)
    }

    pub(crate) async fn execute_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>> {
        self.statements += params.len() as u64;
        let answer = match self.lent.connection() {
            Ok(connection) => connection.execute(sql, params).await,
            Err(failure) => Err(failure),
        };
        self.noted(answer)
    }

    pub(crate) async fn query_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>> {
        self.statements += params.len() as u64;
        let answer = match self.lent.connection() {
            Ok(connection) => connection.query(sql, params).await,
            Err(failure) => Err(failure),
        };
        self.noted(answer)
    }

    pub(crate) async fn insert_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<i64>> {
        let added = self.query_many(sql, params).await?;
        added.into_iter().flatten().map(|mut row| row.get()).collect()
    }

    pub(crate) async fn lock(&mut self, lock: &AdvisoryLock<'_>) -> Result<()> {
        self.query("SELECT pg_advisory_xact_lock(?1) IS NULL", &[Value::Int(key(lock))])
            .await
            .map(drop)
    }

    pub(crate) async fn lock_shared(&mut self, lock: &AdvisoryLock<'_>) -> Result<()> {
        self.query("SELECT pg_advisory_xact_lock_shared(?1) IS NULL", &[Value::Int(key(lock))])
            .await
            .map(drop)
    }

    /// The server's time.
    pub(crate) async fn clock(&mut self) -> Result<Timestamp> {
        let now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
        let row = self.query(now, &[]).await?.into_iter().next();
        row.ok_or_else(unanswered)?.get()
    }

    /// Notifies other nodes on commit.
    pub(crate) fn notify(&mut self, changed: Changed) {
        self.changed = self.changed.and(changed);
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// A collision of keys only causes a needless wait.
fn key(lock: &AdvisoryLock<'_>) -> i64 {
    advisory_key(&match lock {
        AdvisoryLock::CountOrders => "count orders".to_owned(),
        AdvisoryLock::Park(carrier) => format!("park {carrier}"),
        AdvisoryLock::ShareLinks => "share links".to_owned(),
        AdvisoryLock::JoinParts(carrier) => format!("join parts {carrier}"),
        AdvisoryLock::Prices => "prices".to_owned(),
        AdvisoryLock::Lookup(number) => format!("lookup {number}"),
        AdvisoryLock::Phones => "phones".to_owned(),
        AdvisoryLock::PhoneTexts => "phone texts".to_owned(),
        AdvisoryLock::Lend => "lend".to_owned(),
        AdvisoryLock::WholeNumbers => "whole numbers".to_owned(),
    })
}

/// An advisory lock is identified by a number, within one database.
pub(super) fn advisory_key(name: &str) -> i64 {
    let hash = digest(&SHA256, format!("boltgram {name}").as_bytes());
    hash.as_ref().first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

fn unanswered() -> PortError {
    PortError::Refused("a statement without an answer".to_owned())
}
