//! The rows of upstream loans, in memory: for tests of suppliers, which know no store.

#![allow(clippy::unwrap_used, reason = "a fake for tests")]

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::activation::SupplierName;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamEvent, UpstreamExtension, UpstreamKey, UpstreamLent, UpstreamLoan,
    UpstreamReturn, UpstreamState, next,
};
use domain::ports::{PortError, UpstreamStore};

#[derive(Debug, Default)]
pub struct Upstreams {
    rows: Mutex<HashMap<UpstreamKey, UpstreamLoan>>,
    /// Of those that are lent, or were, or are to be returned.
    references: Mutex<HashMap<UpstreamKey, String>>,
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

    /// Gives the row this reference, unless another row has it.
    fn name(&self, key: &UpstreamKey, reference: &str) -> Result<(), PortError> {
        let mut references = self.references.lock().unwrap();
        let taken = references.iter().any(|(other, known)| {
            other.supplier == key.supplier && (other == key) != (known == reference)
        });
        if taken {
            return Err(conflict());
        }
        references.insert(key.clone(), reference.to_owned());
        Ok(())
    }

    fn in_state(&self, supplier: &SupplierName, state: UpstreamState) -> Vec<UpstreamLoan> {
        let rows = self.rows.lock().unwrap();
        let found = rows.values().filter(|row| row.state == state);
        let mut found: Vec<_> =
            found.filter(|row| row.ask.key.supplier == *supplier).cloned().collect();
        found.sort_by_key(|row| (row.ask.asked_at, row.ask.key.loan));
        found
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
        let state = UpstreamState::Asked;
        rows.insert(ask.key.clone(), UpstreamLoan { ask, state, lent: None, extension: None });
        Ok(())
    }

    async fn lend_upstream(&self, key: UpstreamKey, lent: UpstreamLent) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&key).ok_or_else(conflict)?;
        let state = next(row.state, UpstreamEvent::Lent).map_err(|_| conflict())?;
        self.name(&key, &lent.reference)?;
        row.state = state;
        row.lent = Some(lent);
        row.extension = None;
        Ok(())
    }

    async fn return_upstream(&self, key: UpstreamKey, reference: String) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&key).ok_or_else(conflict)?;
        let state = next(row.state, UpstreamEvent::Unwanted).map_err(|_| conflict())?;
        self.name(&key, &reference)?;
        row.state = state;
        Ok(())
    }

    async fn upstream_returns(
        &self,
        supplier: SupplierName,
        limit: u32,
    ) -> Result<Vec<UpstreamReturn>, PortError> {
        let references = self.references.lock().unwrap();
        let found = self.in_state(&supplier, UpstreamState::Returning).into_iter();
        let returns = found.take(limit as usize).map(|row| UpstreamReturn {
            reference: references[&row.ask.key].clone(),
            is_rental: row.ask.duration.is_some(),
            asked_at: row.ask.asked_at,
            key: row.ask.key,
        });
        Ok(returns.collect())
    }

    async fn upstream_asks(
        &self,
        supplier: SupplierName,
        limit: u32,
    ) -> Result<Vec<UpstreamAsk>, PortError> {
        let found = self.in_state(&supplier, UpstreamState::Asked).into_iter();
        Ok(found.take(limit as usize).map(|row| row.ask).collect())
    }

    async fn extend_upstream(
        &self,
        key: UpstreamKey,
        extension: Option<UpstreamExtension>,
    ) -> Result<(), PortError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&key).ok_or_else(conflict)?;
        let is_free = row.state == UpstreamState::Lent && row.extension.is_none();
        if extension.is_some() && !is_free {
            return Err(conflict());
        }
        row.extension = extension;
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
        let known = self.references.lock().unwrap();
        let known: Vec<_> = known.iter().filter(|(key, _)| key.supplier == supplier).collect();
        let is_known = |reference: &String| known.iter().any(|(_, known)| *known == reference);
        Ok(references.into_iter().filter(is_known).collect())
    }
}
