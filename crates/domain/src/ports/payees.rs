//! Owners of Lightning addresses, who make invoices for us (LUD-06, LUD-16).

use async_trait::async_trait;

use crate::money::Msat;
use crate::payout::{InvoiceFacts, LightningAddress, Trouble};

/// What a payee takes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayOffer {
    /// Where its invoices are made.
    pub callback: url::Url,
    pub min: Msat,
    pub max: Msat,
    /// SHA-256 of the metadata that the payee gave, which its invoices contain.
    pub metadata_hash: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeInvoice {
    /// BOLT 11 text; its signature is valid.
    pub text: String,
    pub facts: InvoiceFacts,
}

#[async_trait]
pub trait Payees: Send + Sync + std::fmt::Debug {
    /// What the payee takes. A repeat is a new request.
    async fn offer(&self, address: &LightningAddress) -> Result<PayOffer, Trouble>;

    /// Requests an invoice for an amount that the offer allows. Each call makes another one. Caller: checks
    /// it ([`crate::payout::check`]).
    async fn invoice(&self, offer: &PayOffer, amount: Msat) -> Result<PayeeInvoice, Trouble>;
}
