//! A payer that does not do what the invoice says.

use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use ldk_node::lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder};

use super::{Peer, apart};

impl Peer {
    /// Sends less than the invoice says, and gives the payment hash.
    ///
    /// # Errors
    /// As [`Peer::pay`].
    pub fn pay_less(&self, bolt11: &str, msat: u64) -> Result<[u8; 32], String> {
        let invoice: Bolt11Invoice = bolt11.parse().map_err(|e| format!("not an invoice: {e}"))?;
        let invoice = with_amount(&invoice, msat);
        let hash = invoice.payment_hash().to_byte_array();
        self.journal.take_outcome(&hash);
        let payments = self.node().bolt11_payment();
        apart(|| payments.send(&invoice, None)).map(|_| hash).map_err(|e| e.to_string())
    }
}

/// The same hash, secret and payee. The signature is by another key: a payer reads the payee from its field.
fn with_amount(invoice: &Bolt11Invoice, msat: u64) -> Bolt11Invoice {
    let payee = invoice.payee_pub_key().copied().unwrap_or_else(|| invoice.recover_payee_pub_key());
    let mut builder = InvoiceBuilder::new(Currency::Regtest)
        .description(String::new())
        .payment_hash(*invoice.payment_hash())
        .payment_secret(*invoice.payment_secret())
        .duration_since_epoch(invoice.duration_since_epoch())
        .min_final_cltv_expiry_delta(invoice.min_final_cltv_expiry_delta())
        .basic_mpp()
        .payee_pub_key(payee)
        .expiry_time(invoice.expiry_time())
        .amount_milli_satoshis(msat);
    for hint in invoice.route_hints() {
        builder = builder.private_route(hint);
    }
    let key = SecretKey::from_slice(&[1; 32]).expect("a key");
    builder
        .build_signed(|message| Secp256k1::new().sign_ecdsa_recoverable(message, &key))
        .expect("an invoice")
}
