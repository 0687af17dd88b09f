//! An account's profile: company, person, address, and the phone of its second factor.

use domain::account::operator::Actor;
use domain::account::profile::{AccountProfile, BadProfile, Profile};
use domain::id::AccountId;
use domain::ports::PortError;

use super::Accounts;

#[derive(Debug, thiserror::Error)]
pub enum SetProfileError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error(transparent)]
    Bad(#[from] BadProfile),
    #[error("the profile could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    /// `None` when there is no such account.
    pub async fn profile(&self, account: AccountId) -> Result<Option<AccountProfile>, PortError> {
        self.store.profile(account).await
    }

    /// Replaces the whole profile.
    pub async fn set_profile(
        &self,
        account: AccountId,
        profile: Profile,
        by: Actor,
    ) -> Result<Profile, SetProfileError> {
        let profile = profile.checked()?;
        if self.store.set_profile(account, profile.clone(), by, self.clock.now()).await? {
            Ok(profile)
        } else {
            Err(SetProfileError::NoSuchAccount)
        }
    }
}
