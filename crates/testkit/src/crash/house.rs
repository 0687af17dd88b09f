//! The ports of what operators keep in the house, behind the fuse.

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

use super::store::FusedStore;

#[async_trait]
impl BlocklistStore for FusedStore {
    async fn block(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        proof: BlockProof,
        now: Timestamp,
    ) -> Result<u32, PortError> {
        self.fuse.through(self.inner.block(scope, numbers, proof, now)).await
    }

    async fn unblock(
        &self,
        scope: BlockScope,
        numbers: Vec<Msisdn>,
        by: Actor,
        now: Timestamp,
    ) -> Result<u32, PortError> {
        self.fuse.through(self.inner.unblock(scope, numbers, by, now)).await
    }

    async fn block_list(&self, list: BlockList) -> Result<Vec<BlockEntry>, PortError> {
        self.fuse.alive(self.inner.block_list(list)).await
    }

    async fn blocked(
        &self,
        account: Option<AccountId>,
        numbers: Arc<[Msisdn]>,
    ) -> Result<Vec<Msisdn>, PortError> {
        self.fuse.alive(self.inner.blocked(account, numbers)).await
    }
}

#[async_trait]
impl TermsStore for FusedStore {
    async fn set_prices(
        &self,
        account: Option<AccountId>,
        prices: Vec<(String, Msat)>,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), PortError> {
        self.fuse.through(self.inner.set_prices(account, prices, by, now)).await
    }

    async fn remove_price(
        &self,
        account: Option<AccountId>,
        prefix: String,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.remove_price(account, prefix, by, now)).await
    }

    async fn prices(
        &self,
        account: Option<AccountId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<PriceRow>, PortError> {
        self.fuse.alive(self.inner.prices(account, after, limit)).await
    }

    async fn tariff(&self, account: AccountId) -> Result<Vec<(String, Msat)>, PortError> {
        self.fuse.alive(self.inner.tariff(account)).await
    }

    async fn account_settings(
        &self,
        account: AccountId,
    ) -> Result<Option<AccountSettings>, PortError> {
        self.fuse.alive(self.inner.account_settings(account)).await
    }

    async fn set_account_settings(
        &self,
        account: AccountId,
        settings: AccountSettings,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.set_account_settings(account, settings, by, now)).await
    }
}

#[async_trait]
impl OperatorStore for FusedStore {
    async fn add_operator(
        &self,
        new: NewOperator,
        by: Actor,
        now: Timestamp,
    ) -> Result<Operator, PortError> {
        self.fuse.through(self.inner.add_operator(new, by, now)).await
    }

    async fn operators(&self) -> Result<Vec<Operator>, PortError> {
        self.fuse.alive(self.inner.operators()).await
    }

    async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>, PortError> {
        self.fuse.alive(self.inner.operator(hash)).await
    }

    async fn revoke_operator(
        &self,
        id: OperatorId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.revoke_operator(id, by, now)).await
    }

    async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>, PortError> {
        self.fuse.alive(self.inner.audit_log(list)).await
    }

    async fn grant_credit(
        &self,
        grant: Grant,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.grant_credit(grant, by, now)).await
    }
}
