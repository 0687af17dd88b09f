//! Who may, and what they have.

mod add;
mod authenticate;

pub(crate) use add::key_hash;
pub use add::{NewKeyText, add_account, add_key, webhook_secret};
pub use authenticate::{AuthError, Caller};

use domain::account::Balance;
use domain::id::AccountId;
use domain::ports::PortError;

use crate::engine::Engine;

impl Engine {
    pub async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        self.store.balance(account).await
    }
}
