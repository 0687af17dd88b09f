//! Accounts, what is agreed with them, and operators.

use async_trait::async_trait;
use domain::account::operator::{Actor, AuditEntry, NewOperator, Operator};
use domain::account::traffic::{HourlyCap, TrafficCount};
use domain::account::{Account, AccountName, AccountSettings, Balance, Key, KeyHash};
use domain::id::{AccountId, KeyId, OperatorId};
use domain::money::Msat;
use domain::ports::{
    AccountStore, AuditList, Debited, Grant, Granted, NewAccount, NewKey, OperatorStore,
    TermsStore, TrafficStore,
};
use domain::sale::tariff::{ListPrice, Product};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::account;
use crate::rows::account::{audit, operators, prices, settings, traffic};
use crate::rows::ledger;
use crate::tx::Result;

#[async_trait]
impl AccountStore for RowStore {
    async fn add_account(&self, new: NewAccount, by: Actor, now: Timestamp) -> Result<Account> {
        self.write(async move |tx| account::add(tx, &new, by, now).await).await
    }

    async fn accounts(&self) -> Result<Vec<(Account, Balance)>> {
        self.read(async move |tx| account::list(tx).await).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.read(async move |tx| account::by_id(tx, id).await).await
    }

    async fn account_named(&self, name: &AccountName) -> Result<Option<Account>> {
        let name = name.clone();
        self.read(async move |tx| account::by_name(tx, &name).await).await
    }

    async fn set_disabled(
        &self,
        id: AccountId,
        disabled: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| account::set_disabled(tx, id, disabled, by, now).await).await
    }

    async fn add_key(&self, new: NewKey, by: Actor, now: Timestamp) -> Result<KeyId> {
        self.write(async move |tx| account::add_key(tx, &new, by, now).await).await
    }

    async fn key_count(&self, account: AccountId) -> Result<u32> {
        self.read(async move |tx| account::key_count(tx, account).await).await
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<Key>> {
        self.read(async move |tx| account::key(tx, &hash).await).await
    }

    async fn keys(&self, account: Option<AccountId>) -> Result<Vec<Key>> {
        self.read(async move |tx| account::keys(tx, account).await).await
    }

    async fn revoke_key(&self, key: KeyId, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| account::revoke_key(tx, key, by, now).await).await
    }
}

#[async_trait]
impl TrafficStore for RowStore {
    async fn take_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<Option<HourlyCap>> {
        self.write(async move |tx| traffic::take(tx, payer, &counts, hour).await).await
    }

    async fn full_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<Option<HourlyCap>> {
        self.read(async move |tx| traffic::full(tx, payer, &counts, hour).await).await
    }

    async fn return_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<()> {
        self.write(async move |tx| traffic::give_back(tx, payer, &counts, hour).await).await
    }

    async fn add_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
        hour: i64,
    ) -> Result<()> {
        self.write(async move |tx| traffic::add(tx, payer, &counts, hour).await).await
    }
}

#[async_trait]
impl TermsStore for RowStore {
    async fn set_prices(
        &self,
        account: Option<AccountId>,
        product: Product,
        prices: Vec<(String, Msat)>,
        by: Actor,
        now: Timestamp,
    ) -> Result<()> {
        self.write(async move |tx| prices::set_prices(tx, account, product, &prices, by, now).await)
            .await
    }

    async fn remove_price(
        &self,
        account: Option<AccountId>,
        product: Product,
        prefix: String,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| {
            prices::remove_price(tx, account, product, &prefix, by, now).await
        })
        .await
    }

    async fn prices(
        &self,
        account: Option<AccountId>,
        product: Product,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<ListPrice>> {
        self.read(async move |tx| {
            prices::prices(tx, account, product, after.as_deref(), limit).await
        })
        .await
    }

    async fn price_list(&self, account: Option<AccountId>) -> Result<Vec<ListPrice>> {
        self.read(async move |tx| prices::price_list(tx, account).await).await
    }

    async fn account_settings(&self, account: AccountId) -> Result<Option<AccountSettings>> {
        self.read(async move |tx| settings::settings(tx, account).await).await
    }

    async fn set_account_settings(
        &self,
        account: AccountId,
        settings: AccountSettings,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| settings::set_settings(tx, account, &settings, by, now).await)
            .await
    }
}

#[async_trait]
impl OperatorStore for RowStore {
    async fn add_operator(&self, new: NewOperator, by: Actor, now: Timestamp) -> Result<Operator> {
        self.write(async move |tx| operators::add(tx, &new, by, now).await).await
    }

    async fn operators(&self) -> Result<Vec<Operator>> {
        self.read(async move |tx| operators::list(tx).await).await
    }

    async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>> {
        self.read(async move |tx| operators::find(tx, &hash).await).await
    }

    async fn revoke_operator(&self, id: OperatorId, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| operators::revoke(tx, id, by, now).await).await
    }

    async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>> {
        self.read(async move |tx| audit::list(tx, &list).await).await
    }

    async fn grant_credit(&self, grant: Grant, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| operators::grant(tx, &grant, by, now).await).await
    }

    async fn debit_credit(&self, debit: Grant, by: Actor, now: Timestamp) -> Result<Debited> {
        self.write(async move |tx| operators::debit(tx, &debit, by, now).await).await
    }

    async fn grants(&self, account: AccountId, limit: u32) -> Result<Vec<Granted>> {
        self.read(async move |tx| ledger::grants(tx, account, limit).await).await
    }
}
