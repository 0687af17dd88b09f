//! Numbers that take no messages, refused before anybody pays. Who is blocked after that is found by
//! the claim; an order from credit is judged by the change that stores it.

use domain::id::AccountId;
use domain::message::Address;

use super::Orders;
use super::create::CreateError;

impl Orders {
    pub(super) async fn refuse_blocked(
        &self,
        account: Option<AccountId>,
        to: &Address,
    ) -> Result<(), CreateError> {
        let Address::Phone(number) = to else { return Ok(()) };
        let blocked = self.store.blocked(account, [*number].into()).await;
        if blocked.map_err(CreateError::Store)?.is_empty() {
            Ok(())
        } else {
            Err(CreateError::Blocked)
        }
    }
}
