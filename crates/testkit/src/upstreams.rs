//! The rows of upstream loans, in memory: for tests of suppliers, which know no store.

#![allow(clippy::unwrap_used, reason = "a fake for tests")]

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::activation::SupplierName;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamEvent, UpstreamKey, UpstreamLent, UpstreamLoan, UpstreamState, next,
};
use domain::ports::{PortError, UpstreamStore};

#[derive(Debug, Default)]
pub struct Upstreams {
    rows: Mutex<HashMap<UpstreamKey, UpstreamLoan>>,
    /// The change after so many fails.
    failing: Mutex<Option<u32>>,
}

fn conflict() -> PortError {
    PortError::Conflict("of an upstream loan".to_owned())
}

impl Upstreams {
    /// After so many changes, one is not stored.
    pub fn fail_after(&self, changes: u32) {
        *self.failing.lock().unwrap() = Some(changes);
    }

    fn check(&self) -> Result<(), PortError> {
        let mut failing = self.failing.lock().unwrap();
        match *failing {
            Some(0) => {
                *failing = None;
                Err(PortError::Unavailable("the store is away".to_owned()))
            }
            Some(left) => {
                *failing = Some(left - 1);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn change(&self, key: &UpstreamKey, event: UpstreamEvent) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let Some(row) = rows.get_mut(key) else { return Ok(()) };
        row.state = next(row.state, event).map_err(|_| conflict())?;
        Ok(())
    }
}

#[async_trait]
impl UpstreamStore for Upstreams {
    async fn ask_upstream(&self, ask: UpstreamAsk) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        if rows.contains_key(&ask.key) {
            return Err(conflict());
        }
        rows.insert(ask.key.clone(), UpstreamLoan { ask, state: UpstreamState::Asked, lent: None });
        Ok(())
    }

    async fn lend_upstream(&self, key: UpstreamKey, lent: UpstreamLent) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let supplier = rows.get(&key).ok_or_else(conflict)?.ask.key.supplier.clone();
        let taken = rows.values().any(|row| {
            row.ask.key != key
                && row.ask.key.supplier == supplier
                && row.lent.as_ref().is_some_and(|known| known.reference == lent.reference)
        });
        let row = rows.get_mut(&key).ok_or_else(conflict)?;
        if taken {
            return Err(conflict());
        }
        row.state = next(row.state, UpstreamEvent::Lent).map_err(|_| conflict())?;
        row.lent = Some(lent);
        Ok(())
    }

    async fn deny_upstream(&self, key: UpstreamKey) -> Result<(), PortError> {
        self.change(&key, UpstreamEvent::NotLent)
    }

    async fn end_upstream(&self, key: UpstreamKey) -> Result<(), PortError> {
        self.change(&key, UpstreamEvent::Ended)
    }

    async fn upstream_loan(&self, key: UpstreamKey) -> Result<Option<UpstreamLoan>, PortError> {
        Ok(self.rows.lock().unwrap().get(&key).cloned())
    }

    async fn upstream_references(
        &self,
        supplier: SupplierName,
        references: Vec<String>,
    ) -> Result<Vec<String>, PortError> {
        let rows = self.rows.lock().unwrap();
        let of_it = rows.values().filter(|row| row.ask.key.supplier == supplier);
        let known: Vec<_> =
            of_it.filter_map(|row| row.lent.as_ref()).map(|lent| &lent.reference).collect();
        Ok(references.into_iter().filter(|reference| known.contains(&reference)).collect())
    }
}
