//! The node's key and network, by which its invoices are verified. An invoice of another node is never shown to a
//! customer, because the payment would go elsewhere.

use bitcoin::secp256k1::PublicKey;
use domain::payout::NodeIdentity;
use domain::ports::NewHold;
use lightning_invoice::{Bolt11Invoice, Currency};

use super::wire::Info;
use crate::decode;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    payee: PublicKey,
    currency: Currency,
}

impl Identity {
    /// `None` if the key is invalid or the network is unknown.
    pub(super) fn of(info: &Info) -> Option<Self> {
        let payee = info.identity_pubkey.parse().ok()?;
        let currency = match info.chains.first()?.network.as_str() {
            "mainnet" => Currency::Bitcoin,
            "testnet" | "testnet4" => Currency::BitcoinTestnet,
            "signet" => Currency::Signet,
            "regtest" => Currency::Regtest,
            "simnet" => Currency::Simnet,
            _ => return None,
        };
        Some(Self { payee, currency })
    }

    pub(super) fn shown(&self) -> NodeIdentity {
        NodeIdentity { key: self.payee.serialize(), network: decode::network(&self.currency) }
    }

    /// Whether the text is an invoice of this node with these terms.
    pub(super) fn matches(&self, text: &str, hold: &NewHold) -> bool {
        // Parsing checks the signature against the payee in the invoice, if there is one.
        let Ok(invoice) = text.parse::<Bolt11Invoice>() else { return false };
        invoice.get_payee_pub_key() == self.payee
            && invoice.currency() == self.currency
            && AsRef::<[u8]>::as_ref(invoice.payment_hash()) == hold.hash.as_bytes()
            && invoice.amount_milli_satoshis() == u64::try_from(hold.amount.get()).ok()
            && invoice.min_final_cltv_expiry_delta() >= u64::from(hold.cltv_delta)
            && invoice.expiry_time().as_secs() == hold.expiry.as_secs()
    }
}
