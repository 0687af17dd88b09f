//! The node's key and the BOLT 11 invoices that it signs. The invoices' states are in `book`.

use std::fmt;
use std::time::Duration;

use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{All, PublicKey, Secp256k1, SecretKey};
use domain::ports::{NewHold, Random};
use domain::time::Timestamp;
use lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder, PaymentSecret};

/// Deltas that payers accept: fewer blocks than BOLT 11's default are unsafe, and nodes on the route refuse more than two
/// weeks.
const CLTV_DELTAS: std::ops::RangeInclusive<u32> = 18..=2_016;

/// Upper limit of an invoice's expiry.
const EXPIRY_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The node's secret key.
pub(super) struct NodeKey {
    secret: SecretKey,
    secp: Secp256k1<All>,
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeKey({})", self.public())
    }
}

impl NodeKey {
    pub(super) fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        loop {
            random.fill(&mut bytes);
            // Invalid for one in 2^127 values.
            if let Some(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let secret = SecretKey::from_slice(bytes).ok()?;
        Some(Self { secret, secp: Secp256k1::new() })
    }

    pub(super) fn to_bytes(&self) -> [u8; 32] {
        self.secret.secret_bytes()
    }

    pub(super) fn public(&self) -> PublicKey {
        self.secret.public_key(&self.secp)
    }

    /// The signed invoice, or why the terms are invalid.
    pub(super) fn sign(
        &self,
        hold: &NewHold,
        payment_secret: [u8; 32],
        now: Timestamp,
    ) -> Result<String, &'static str> {
        let amount_msat = whole_sats(hold)?;
        let since_epoch = u64::try_from(now.as_secs()).map_err(|_| "the clock is before 1970")?;
        if !CLTV_DELTAS.contains(&hold.cltv_delta) {
            return Err("the CLTV delta must be 18 to 2016 blocks");
        }
        if hold.expiry < Duration::from_secs(1) || hold.expiry > EXPIRY_MAX {
            return Err("the expiry must be between a second and a year");
        }
        InvoiceBuilder::new(Currency::Regtest)
            .amount_milli_satoshis(amount_msat)
            .description(hold.memo.clone())
            .payment_hash(sha256::Hash::from_byte_array(*hold.hash.as_bytes()))
            .payment_secret(PaymentSecret(payment_secret))
            .duration_since_epoch(Duration::from_secs(since_epoch))
            .expiry_time(Duration::from_secs(hold.expiry.as_secs()))
            .min_final_cltv_expiry_delta(u64::from(hold.cltv_delta))
            .basic_mpp()
            .build_signed(|digest| self.secp.sign_ecdsa_recoverable(digest, &self.secret))
            .map(|invoice: Bolt11Invoice| invoice.to_string())
            .map_err(|_| "the memo is longer than 639 bytes")
    }
}

/// The amount in whole satoshi, because wallets show only those.
fn whole_sats(hold: &NewHold) -> Result<u64, &'static str> {
    let msat = u64::try_from(hold.amount.get()).map_err(|_| "the amount is negative")?;
    if msat == 0 || !msat.is_multiple_of(1_000) || msat > 21_000_000 * 100_000_000_000 {
        return Err("the amount is not in whole satoshi");
    }
    Ok(msat)
}
