//! The sandbox node's wallet for the door `/sandbox/pay`.

use api::sandbox::{PayState, SandboxWallet};
use async_trait::async_trait;
use lightning::sandbox::{PaymentState, Sandbox};

#[derive(Debug)]
pub(crate) struct Wallet(Sandbox);

impl Wallet {
    pub(crate) const fn of(node: Sandbox) -> Self {
        Self(node)
    }
}

#[async_trait]
impl SandboxWallet for Wallet {
    async fn pay(&self, payreq: &str) -> Result<PayState, String> {
        match self.0.pay(payreq).await {
            Ok(PaymentState::Held) => Ok(PayState::Held),
            Ok(PaymentState::Settled) => Ok(PayState::Settled),
            Ok(PaymentState::Cancelled) => Ok(PayState::Cancelled),
            Err(error) => Err(error.to_string()),
        }
    }
}
