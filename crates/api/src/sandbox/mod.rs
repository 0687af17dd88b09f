//! Plays the customer's Lightning wallet, so that a newcomer can pay without one, and a phone that
//! sends to us. Exists only in a house whose node, and for the phone whose carrier, is a sandbox too.

mod pay;
mod receive;

use async_trait::async_trait;
use serde::Serialize;

pub(crate) use pay::pay;
pub(crate) use receive::receive;

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PayState {
    /// Locked until the order is decided.
    Held,
    /// The receiver has it.
    Settled,
    /// It went back.
    Cancelled,
}

#[async_trait]
pub trait SandboxWallet: Send + Sync + std::fmt::Debug {
    /// Pays a BOLT 11 invoice and returns when the payment is held or final. The error says for
    /// people why it was not paid.
    async fn pay(&self, payreq: &str) -> Result<PayState, String>;
}
