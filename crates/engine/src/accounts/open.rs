//! Opens an account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::account::operator::Actor;
use domain::account::{Account, AccountName, BadAccountName};
use domain::limits::CREDIT_GIVEN_MAX;
use domain::money::Msat;
use domain::ports::{NewAccount, PortError, Random};
use domain::secret::Secret;

use super::Accounts;

#[derive(Debug, thiserror::Error)]
pub enum OpenAccountError {
    #[error(transparent)]
    Name(BadAccountName),
    #[error("is the name of another account")]
    NameTaken,
    #[error("must be from 0 to {} msat", CREDIT_GIVEN_MAX.get())]
    Credit,
    #[error("the account could not be stored")]
    Store(#[source] PortError),
}

impl Accounts {
    /// Opens an account with this credit.
    pub async fn open(
        &self,
        name: &str,
        credit: Msat,
        by: Actor,
    ) -> Result<Account, OpenAccountError> {
        let name: AccountName = name.parse().map_err(OpenAccountError::Name)?;
        if credit.is_negative() || credit > CREDIT_GIVEN_MAX {
            return Err(OpenAccountError::Credit);
        }
        let webhook_secret = webhook_secret(&*self.random);
        let new = NewAccount { name, webhook_secret, credit };
        self.store.add_account(new, by, self.clock.now()).await.map_err(|error| match error {
            PortError::Conflict(_) => OpenAccountError::NameTaken,
            // With what was given before it is more than there is.
            PortError::Refused(_) => OpenAccountError::Credit,
            error => OpenAccountError::Store(error),
        })
    }
}

/// A signing secret of the Standard Webhooks scheme: `whsec_` and base64 of 32 random bytes.
pub fn webhook_secret(random: &dyn Random) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(random.bytes32())))
}
