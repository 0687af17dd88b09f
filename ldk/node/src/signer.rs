//! Signs invoices with the node's key.
//!
//! An invoice of ldk-node leaves three or four blocks for the work, because its final CLTV delta is fixed. We register
//! the payment hash with ldk-node, and show another invoice of the same hash with the delta that was asked for. LDK
//! accepts its payment, because the payment secret is made with the node's own key and names the delta.

use std::time::Duration;

use anyhow::{Context, ensure};
use ldk_node::bitcoin::Network;
use ldk_node::bitcoin::bip32::Xpriv;
use ldk_node::bitcoin::hashes::{Hash as _, sha256};
use ldk_node::bitcoin::secp256k1::{All, PublicKey, Secp256k1, SecretKey};
use ldk_node::lightning::ln::inbound_payment::{self, ExpandedKey};
use ldk_node::lightning::sign::{KeysManager, NodeSigner};
use ldk_node::lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder};
use ldk_node::lightning_types::payment::PaymentHash;

use crate::Hash;

/// LDK adds this to the delta of an invoice, against a block that comes while the payment travels.
const BLOCK_PADDING: u64 = 3;

pub(crate) struct Signer {
    expanded: ExpandedKey,
    secret: SecretKey,
    payee: PublicKey,
    currency: Currency,
    secp: Secp256k1<All>,
}

/// What an invoice promises besides the hash.
pub(crate) struct Terms<'a> {
    pub(crate) value_msat: u64,
    pub(crate) memo: &'a str,
    pub(crate) expiry: Duration,
    /// Blocks; the payment's last contract expires as many after its arrival, at least.
    pub(crate) cltv_delta: u16,
}

impl Signer {
    /// Derives the keys as ldk-node does; refused if its node id is not `payee`.
    pub(crate) fn new(seed: &[u8; 64], network: Network, payee: PublicKey) -> anyhow::Result<Self> {
        let master = Xpriv::new_master(network, seed).context("the seed gives no key")?;
        let keys = KeysManager::new(&master.private_key.secret_bytes(), 0, 0, true);
        let (secret, secp) = (keys.get_node_secret_key(), Secp256k1::new());
        ensure!(
            secret.public_key(&secp) == payee,
            "the node's key is not derived as this version of ldk-node does"
        );
        let currency = Currency::from(network);
        Ok(Self { expanded: keys.get_expanded_key(), secret, payee, currency, secp })
    }

    /// `registered` is ldk-node's own invoice of the hash: its route hints and its time are kept.
    pub(crate) fn sign(
        &self,
        registered: &Bolt11Invoice,
        hash: Hash,
        terms: &Terms<'_>,
    ) -> anyhow::Result<Bolt11Invoice> {
        let created = registered.duration_since_epoch();
        let expiry = u32::try_from(terms.expiry.as_secs()).context("the expiry is too long")?;
        let secret = inbound_payment::create_from_hash(
            &self.expanded,
            Some(terms.value_msat),
            PaymentHash(hash),
            expiry,
            created.as_secs(),
            Some(terms.cltv_delta),
        );
        let secret = secret.map_err(|()| anyhow::anyhow!("LDK gives no payment secret"))?;
        let mut builder = InvoiceBuilder::new(self.currency.clone())
            .description(terms.memo.to_owned())
            .payment_hash(sha256::Hash::from_byte_array(hash))
            .payment_secret(secret)
            .duration_since_epoch(created)
            .min_final_cltv_expiry_delta(u64::from(terms.cltv_delta) + BLOCK_PADDING)
            .basic_mpp()
            .payee_pub_key(self.payee)
            .expiry_time(terms.expiry)
            .amount_milli_satoshis(terms.value_msat);
        for hint in registered.route_hints() {
            builder = builder.private_route(hint);
        }
        builder
            .build_signed(|message| self.secp.sign_ecdsa_recoverable(message, &self.secret))
            .map_err(|error| anyhow::anyhow!("the invoice cannot be signed: {error}"))
    }
}
