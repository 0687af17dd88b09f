//! What no door of customers asks of the store in memory: what operators keep in the
//! house. Nothing was agreed, and nobody is blocked.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use domain::account::operator::{Actor, AuditEntry, NewOperator, Operator};
use domain::account::{AccountSettings, KeyHash};
use domain::id::{AccountId, OperatorId};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    AuditList, BlockList, BlocklistStore, Grant, OperatorStore, PortError, PriceRow, TermsStore,
};
use domain::time::Timestamp;

use crate::store::{FakeStore, not_needed};

#[async_trait]
impl BlocklistStore for FakeStore {
    async fn block(
        &self,
        _: BlockScope,
        _: Vec<Msisdn>,
        _: BlockProof,
        _: Timestamp,
    ) -> Result<u32, PortError> {
        not_needed()
    }

    async fn unblock(
        &self,
        _: BlockScope,
        _: Vec<Msisdn>,
        _: Actor,
        _: Timestamp,
    ) -> Result<u32, PortError> {
        not_needed()
    }

    async fn block_list(&self, _: BlockList) -> Result<Vec<BlockEntry>, PortError> {
        not_needed()
    }

    async fn blocked(
        &self,
        _: Option<AccountId>,
        all: Arc<[Msisdn]>,
    ) -> Result<Vec<Msisdn>, PortError> {
        let blocked = self.up()?.bulk.blocked.clone();
        Ok(all.iter().copied().filter(|number| blocked.contains(number)).collect())
    }
}

#[async_trait]
impl TermsStore for FakeStore {
    async fn set_prices(
        &self,
        _: Option<AccountId>,
        _: Vec<(String, Msat)>,
        _: Actor,
        _: Timestamp,
    ) -> Result<(), PortError> {
        not_needed()
    }

    async fn remove_price(
        &self,
        _: Option<AccountId>,
        _: String,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }

    async fn prices(
        &self,
        _: Option<AccountId>,
        _: Option<String>,
        _: u32,
    ) -> Result<Vec<PriceRow>, PortError> {
        not_needed()
    }

    async fn tariff(&self, _: AccountId) -> Result<Vec<(String, Msat)>, PortError> {
        Ok(self.up()?.bulk.prices.clone())
    }

    async fn account_settings(&self, _: AccountId) -> Result<Option<AccountSettings>, PortError> {
        Ok(Some(self.up()?.bulk.agreed.clone()))
    }

    async fn set_account_settings(
        &self,
        _: AccountId,
        _: AccountSettings,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }
}

#[async_trait]
impl OperatorStore for FakeStore {
    async fn add_operator(
        &self,
        _: NewOperator,
        _: Actor,
        _: Timestamp,
    ) -> Result<Operator, PortError> {
        not_needed()
    }

    async fn operators(&self) -> Result<Vec<Operator>, PortError> {
        not_needed()
    }

    async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>, PortError> {
        Ok(self.up()?.operators.get(&hash).cloned())
    }

    async fn revoke_operator(
        &self,
        _: OperatorId,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        not_needed()
    }

    async fn audit_log(&self, _: AuditList) -> Result<Vec<AuditEntry>, PortError> {
        not_needed()
    }

    async fn grant_credit(&self, _: Grant, _: Actor, _: Timestamp) -> Result<bool, PortError> {
        not_needed()
    }
}
