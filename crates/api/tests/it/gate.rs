//! The store of a test: SQLite in its own directory, and the gate in front of the doors' handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use domain::ports::{Gate, PortError, Store};
use store::{Options, Vault};
use tempfile::TempDir;

/// Outcome of a commit whose response is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    Stored,
    NotStored,
}

/// Counts the doors' changes, and makes the store fail as the test configures.
#[derive(Debug, Default)]
pub(crate) struct TestGate {
    down: AtomicBool,
    /// Accesses that succeed while the store is down.
    passes: AtomicU32,
    panics: AtomicBool,
    loses: std::sync::Mutex<Option<Lost>>,
    changes: AtomicU32,
    /// Completed accesses.
    accesses: AtomicU32,
}

impl TestGate {
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Lets this many accesses succeed while the store is down.
    pub(crate) fn let_pass(&self, accesses: u32) {
        self.passes.store(accesses, Ordering::SeqCst);
    }

    pub(crate) fn set_panics(&self, panics: bool) {
        self.panics.store(panics, Ordering::SeqCst);
    }

    /// Loses the response of every commit from now on.
    pub(crate) fn lose(&self, lost: Lost) {
        *self.loses.lock().unwrap() = Some(lost);
    }

    /// Changes committed so far.
    pub(crate) fn changes(&self) -> u32 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Completed changes and reads so far.
    pub(crate) fn accesses(&self) -> u32 {
        self.accesses.load(Ordering::SeqCst)
    }

    fn lost(&self) -> Option<Lost> {
        *self.loses.lock().unwrap()
    }
}

fn unknown() -> PortError {
    PortError::Unknown("the connection broke".into())
}

#[async_trait]
impl Gate for TestGate {
    async fn enter(&self) -> Result<(), PortError> {
        assert!(!self.panics.load(Ordering::SeqCst), "a fault of the test, for +4520123456");
        let passes = || {
            let used = |passes: u32| passes.checked_sub(1);
            self.passes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, used).is_ok()
        };
        if self.down.load(Ordering::SeqCst) && !passes() {
            return Err(PortError::Unavailable("the disk is away".into()));
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), PortError> {
        if self.lost() == Some(Lost::NotStored) {
            return Err(unknown());
        }
        self.changes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn leave(&self, committed: bool) -> Result<(), PortError> {
        self.accesses.fetch_add(1, Ordering::SeqCst);
        if committed && self.lost() == Some(Lost::Stored) { Err(unknown()) } else { Ok(()) }
    }
}

/// Opens the database in `data`.
pub(crate) async fn open(data: &TempDir, gate: Option<Arc<dyn Gate>>) -> Arc<dyn Store> {
    let url = format!("sqlite:{}", data.path().join("boltgram.db").display());
    let options = Options { gate, ..Options::default() };
    store::open_with(&url, Vault::new([7; 32]), options).await.unwrap()
}
