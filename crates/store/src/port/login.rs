//! Profiles, passwords and codes.

use async_trait::async_trait;
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::account::profile::{AccountProfile, Profile};
use domain::id::AccountId;
use domain::ports::{LoginStore, StoredLogin};
use domain::secret::Secret;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::account::logins;
use crate::tx::Result;

#[async_trait]
impl LoginStore for RowStore {
    async fn profile(&self, account: AccountId) -> Result<Option<AccountProfile>> {
        self.read(async move |tx| logins::profile(tx, account).await).await
    }

    async fn set_profile(
        &self,
        account: AccountId,
        profile: Profile,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| logins::set_profile(tx, account, &profile, by, now).await).await
    }

    async fn set_password(
        &self,
        account: AccountId,
        hash: Secret,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| logins::set_password(tx, account, &hash, by, now).await).await
    }

    async fn login(&self, name: AccountName) -> Result<Option<StoredLogin>> {
        self.read(async move |tx| logins::login(tx, &name).await).await
    }

    async fn add_code(&self, account: AccountId, hash: Secret, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| logins::add_code(tx, account, &hash, now).await).await
    }

    async fn try_code(&self, account: AccountId, now: Timestamp) -> Result<Option<Secret>> {
        self.write(async move |tx| logins::try_code(tx, account, now).await).await
    }

    async fn use_code(&self, account: AccountId, hash: Secret) -> Result<bool> {
        self.write(async move |tx| logins::use_code(tx, account, &hash).await).await
    }

    async fn record_login(&self, account: AccountId, from: String, now: Timestamp) -> Result<()> {
        self.write(async move |tx| logins::record_login(tx, account, &from, now).await).await
    }
}
