//! Who may, and what they have.

mod add;
mod authenticate;
mod operators;
mod refunds;

pub use add::{NewKeyText, add_account, add_key, webhook_secret};
pub use authenticate::{AuthError, Caller};
pub use operators::{NewOperatorKey, add_operator};

use domain::account::Balance;
use domain::id::AccountId;
use domain::ports::PortError;

use crate::engine::Engine;

impl Engine {
    pub async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        self.store.balance(account).await
    }
}
