//! The attempts at one change: begin, commit, and a repeat where that is safe.
//!
//! | what happens | what was stored | what follows |
//! |---|---|---|
//! | deadlock with another change | nothing | repeated a few times |
//! | connection lost before the commit was sent | nothing | repeated once, on a new connection |
//! | no answer in time, before the commit | nothing | *unavailable* |
//! | connection lost, or no answer, after the commit was sent | all or nothing | *unknown* |
//! | the server refuses the commit | nothing | as with any statement |
//!
//! Each change has its own transaction and connection. If changes of many callers shared one, as
//! SQLite's writer does, each would hold the locks of all others, and deadlocks between such groups
//! could become the usual case. PostgreSQL shares the flush of concurrent commits by itself.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{PortError, StoreObserver};
use tokio::time::Instant;

use super::error::{Fault, port_error, undid, unsure};
use super::notify::NodeNotifier;
use super::pool::{Lent, Pool};
use super::tx::PgTx;
use crate::tx::Result;
use crate::vault::Vault;

/// Deadlocks after which a change fails.
const CROSSED_MAX: u32 = 8;

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// All statements see one committed state.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Read,
}

/// The attempts at one change or one read.
pub(crate) struct Attempts<'s> {
    pool: &'s Arc<Pool>,
    vault: &'s Arc<Vault>,
    /// `None` for a read.
    notifier: Option<&'s NodeNotifier>,
    observer: Option<&'s dyn StoreObserver>,
    kind: Kind,
    crossed: u32,
    lost: u32,
}

impl<'s> Attempts<'s> {
    pub(super) const fn to_write(
        pool: &'s Arc<Pool>,
        vault: &'s Arc<Vault>,
        notifier: &'s NodeNotifier,
        observer: Option<&'s dyn StoreObserver>,
    ) -> Self {
        let (notifier, kind) = (Some(notifier), Kind::Write);
        Self { pool, vault, notifier, observer, kind, crossed: 0, lost: 0 }
    }

    pub(super) const fn to_read(pool: &'s Arc<Pool>, vault: &'s Arc<Vault>) -> Self {
        let (notifier, observer, kind) = (None, None, Kind::Read);
        Self { pool, vault, notifier, observer, kind, crossed: 0, lost: 0 }
    }

    pub(crate) async fn begin(&mut self) -> Result<PgTx> {
        let begin = match self.kind {
            Kind::Write => BEGIN_WRITE,
            Kind::Read => BEGIN_READ,
        };
        loop {
            let lent = self.pool.lend().await?;
            match PgTx::begin(lent, self.vault.clone(), begin).await {
                Ok(tx) => return Ok(tx),
                Err((fault, error)) if !self.again(fault).await => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Commits `tx` if `result` is a success. `None` when the change must be repeated.
    pub(crate) async fn end<R>(&mut self, tx: PgTx, result: Result<R>) -> Option<Result<R>> {
        if let Some(fault) = tx.fault() {
            drop(tx);
            // However the change handled the failure, the server stores nothing of it.
            let failed = || PortError::Refused("a statement of the change failed".to_owned());
            let error = result.err().unwrap_or_else(failed);
            return if self.again(fault).await { None } else { Some(Err(error)) };
        }
        let value = match result {
            Ok(value) => value,
            Err(error) => return Some(Err(error)),
        };
        let notify =
            self.notifier.and_then(|notifier| notifier.statement(tx.changed(), Instant::now()));
        let statements = tx.statements();
        let mut lent = tx.close();
        if self.kind == Kind::Read {
            if let Ok(connection) = lent.connection() {
                connection.send("COMMIT");
            }
            return Some(Ok(value));
        }
        let begun = Instant::now();
        match commit(&mut lent, notify).await {
            Ok(()) => {
                if let Some(observer) = self.observer {
                    observer.committed(begun.elapsed(), statements);
                }
                Some(Ok(value))
            }
            Err((fault, error)) => {
                drop(lent);
                if self.again(fault).await { None } else { Some(Err(error)) }
            }
        }
    }

    /// Whether to repeat; first waits a random moment, so that the same two do not collide again.
    async fn again(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Crossed if self.crossed < CROSSED_MAX => {
                self.crossed += 1;
                let jitter = RandomState::new().hash_one(self.crossed) % 8;
                let wait = Duration::from_millis(u64::from(self.crossed) * (1 + jitter));
                tokio::time::sleep(wait).await;
                true
            }
            Fault::Lost if self.lost == 0 => {
                self.lost += 1;
                self.pool.drop_idle();
                true
            }
            Fault::Crossed | Fault::Lost | Fault::Silent | Fault::Told => false,
        }
    }
}

async fn commit(
    lent: &mut Lent,
    notify: Option<String>,
) -> std::result::Result<(), (Fault, PortError)> {
    let connection = lent.connection()?;
    if connection.is_closed() {
        // The commit was never sent.
        return Err(super::error::lost());
    }
    match connection.commit(notify).await {
        Ok(()) => Ok(()),
        Err(Some(error)) if undid(&error) => {
            let crossed = error.code().is_some_and(|code| code.code().starts_with("40"));
            let fault = if crossed { Fault::Crossed } else { Fault::Told };
            Err((fault, port_error(&error)))
        }
        Err(error) => {
            let why = error.as_ref().map(ToString::to_string);
            tracing::error!(why, "the outcome of a commit is unknown");
            lent.give_up();
            Err((Fault::Told, unsure()))
        }
    }
}
