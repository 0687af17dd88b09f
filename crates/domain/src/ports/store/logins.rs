//! Passwords, codes and profiles of accounts in the store. What is hashed is hashed by the caller; the
//! store compares nothing.

use async_trait::async_trait;

use crate::account::AccountName;
use crate::account::operator::Actor;
use crate::account::profile::{AccountProfile, Profile};
use crate::id::AccountId;
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::secret::Secret;
use crate::time::Timestamp;

/// What a login by password is checked against.
#[derive(Debug, Clone)]
pub struct StoredLogin {
    pub account: AccountId,
    /// Argon2id, as a PHC string; `None`: nobody logs in by password.
    pub password: Option<Secret>,
    /// Where its codes are texted to, if it needs a code.
    pub second_factor: Option<Msisdn>,
    pub is_disabled: bool,
}

#[async_trait]
pub trait LoginStore: Send + Sync {
    /// `None` when there is no such account.
    async fn profile(&self, account: AccountId) -> Result<Option<AccountProfile>, PortError>;

    /// Replaces the profile; audited without its values. False when there is no such account.
    async fn set_profile(
        &self,
        account: AccountId,
        profile: Profile,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Replaces the password's hash, and deletes a code that was texted; audited. False when there is
    /// no such account.
    async fn set_password(
        &self,
        account: AccountId,
        hash: Secret,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn login(&self, name: AccountName) -> Result<Option<StoredLogin>, PortError>;

    /// Replaces the code of an account by a new one, given as its hash. False, and nothing changes, when
    /// [`crate::limits::LOGIN_CODES_PER_HOUR_MAX`] codes were stored within an hour.
    async fn add_code(
        &self,
        account: AccountId,
        hash: Secret,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Counts an attempt to use the code, and returns its hash. `None` when there is no code, it is
    /// older than [`crate::limits::LOGIN_CODE_AGE_MAX`], or this is one attempt more than
    /// [`crate::limits::LOGIN_CODE_TRIES_MAX`].
    async fn try_code(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<Secret>, PortError>;

    /// Deletes the code with this hash. False when it is not there: another request used it.
    async fn use_code(&self, account: AccountId, hash: Secret) -> Result<bool, PortError>;

    /// Records a login that succeeded.
    async fn record_login(
        &self,
        account: AccountId,
        from: String,
        now: Timestamp,
    ) -> Result<(), PortError>;
}
