//! BOLT 11 invoices of others, as the domain's facts.

use std::time::Duration;

use bitcoin::hashes::Hash;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::payout::{InvoiceFacts, Network};
use domain::time::Timestamp;
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef, Currency};

/// `None` for what is no invoice, or has no valid signature.
pub(crate) fn facts(text: &str) -> Option<InvoiceFacts> {
    let invoice: Bolt11Invoice = text.parse().ok()?;
    let amount = invoice.amount_milli_satoshis().map(i64::try_from);
    let description_hash = match invoice.description() {
        Bolt11InvoiceDescriptionRef::Hash(hash) => Some(hash.0.to_byte_array()),
        Bolt11InvoiceDescriptionRef::Direct(_) => None,
    };
    Some(InvoiceFacts {
        hash: PaymentHash::new(*AsRef::<[u8; 32]>::as_ref(invoice.payment_hash())),
        amount: amount.transpose().ok()?.map(Msat::new),
        network: network(&invoice.currency()),
        payee: invoice.get_payee_pub_key().serialize(),
        expires_at: expires_at(&invoice),
        min_final_cltv: invoice.min_final_cltv_expiry_delta(),
        description_hash,
    })
}

/// Saturating: an invoice may ask for any number of seconds.
fn expires_at(invoice: &Bolt11Invoice) -> Timestamp {
    let created = invoice.duration_since_epoch();
    let end = created.checked_add(invoice.expiry_time()).unwrap_or(Duration::MAX);
    Timestamp::from_millis(i64::try_from(end.as_millis()).unwrap_or(i64::MAX))
}

pub(crate) const fn network(currency: &Currency) -> Network {
    match currency {
        Currency::Bitcoin => Network::Mainnet,
        Currency::BitcoinTestnet => Network::Testnet,
        Currency::Signet => Network::Signet,
        Currency::Regtest => Network::Regtest,
        Currency::Simnet => Network::Simnet,
    }
}
