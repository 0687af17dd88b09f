//! Which invoice of a payee is paid (LUD-06 and BOLT 11).

use crate::id::PaymentHash;
use crate::limits::{PAYEE_CLTV_MAX, PAYEE_EXPIRY_MAX};
use crate::money::Msat;
use crate::state::stored_as;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    Mainnet,
    /// Testnet 3 and 4: their invoices begin alike.
    Testnet,
    Signet,
    Regtest,
    Simnet,
}

stored_as!(Network {
    Mainnet = "mainnet",
    Testnet = "testnet",
    Signet = "signet",
    Regtest = "regtest",
    Simnet = "simnet",
});

/// Our own node, as payees and routes know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeIdentity {
    /// Compressed public key.
    pub key: [u8; 33],
    pub network: Network,
}

/// What a BOLT 11 invoice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceFacts {
    pub hash: PaymentHash,
    pub amount: Option<Msat>,
    pub network: Network,
    /// Key of the payee's node.
    pub payee: [u8; 33],
    pub expires_at: Timestamp,
    pub min_final_cltv: u64,
    /// SHA-256 of the description (`h`); `None` when the invoice has the text itself (`d`).
    pub description_hash: Option<[u8; 32]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is for another amount")]
    Amount,
    #[error("its description hash is not that of the payee's metadata")]
    Metadata,
    #[error("it is of another network")]
    Network,
    #[error("its payee is our own node")]
    OurOwn,
    #[error("it has expired, or expires in a moment")]
    Expired,
    #[error("it is valid for more than a day")]
    ValidTooLong,
    #[error("it lets the payee hold the payment for too long")]
    Cltv,
}

/// A payment that begins this long before the invoice's end still gets there.
const SECONDS_LEFT_MIN: u64 = 30;

/// Whether `invoice` is what was asked for.
pub fn check(
    invoice: &InvoiceFacts,
    amount: Msat,
    metadata_hash: [u8; 32],
    ours: NodeIdentity,
    now: Timestamp,
) -> Result<(), Unfit> {
    if invoice.amount != Some(amount) {
        return Err(Unfit::Amount);
    }
    if invoice.description_hash.is_some_and(|hash| hash != metadata_hash) {
        return Err(Unfit::Metadata);
    }
    if invoice.network != ours.network {
        return Err(Unfit::Network);
    }
    if invoice.payee == ours.key {
        return Err(Unfit::OurOwn);
    }
    if invoice.expires_at.since(now).as_secs() < SECONDS_LEFT_MIN {
        return Err(Unfit::Expired);
    }
    if invoice.expires_at > now.after(PAYEE_EXPIRY_MAX) {
        return Err(Unfit::ValidTooLong);
    }
    if invoice.min_final_cltv > PAYEE_CLTV_MAX {
        return Err(Unfit::Cltv);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const AMOUNT: Msat = Msat::new(1_000_000);
    const OURS: NodeIdentity = NodeIdentity { key: [2; 33], network: Network::Regtest };

    fn verdict(change: impl FnOnce(&mut InvoiceFacts)) -> Result<(), Unfit> {
        let mut invoice = InvoiceFacts {
            hash: PaymentHash::new([7; 32]),
            amount: Some(AMOUNT),
            network: Network::Regtest,
            payee: [3; 33],
            expires_at: NOW.after(Duration::from_secs(600)),
            min_final_cltv: 144,
            description_hash: Some([9; 32]),
        };
        change(&mut invoice);
        check(&invoice, AMOUNT, [9; 32], OURS, NOW)
    }

    #[test]
    fn only_what_was_asked_for_is_fit() {
        assert_eq!(verdict(|_| ()), Ok(()));
        assert_eq!(verdict(|it| it.amount = Some(Msat::new(1_000_001))), Err(Unfit::Amount));
        assert_eq!(verdict(|it| it.amount = None), Err(Unfit::Amount));
        assert_eq!(verdict(|it| it.description_hash = Some([8; 32])), Err(Unfit::Metadata));
        assert_eq!(verdict(|it| it.network = Network::Mainnet), Err(Unfit::Network));
        assert_eq!(verdict(|it| it.payee = OURS.key), Err(Unfit::OurOwn));
        assert_eq!(verdict(|it| it.expires_at = NOW), Err(Unfit::Expired));
        let day = NOW.after(PAYEE_EXPIRY_MAX);
        assert_eq!(verdict(|it| it.expires_at = day), Ok(()));
        let longer = day.after(Duration::from_millis(1));
        assert_eq!(verdict(|it| it.expires_at = longer), Err(Unfit::ValidTooLong));
        let never = Timestamp::from_millis(i64::MAX);
        assert_eq!(verdict(|it| it.expires_at = never), Err(Unfit::ValidTooLong));
        assert_eq!(verdict(|it| it.min_final_cltv = 145), Err(Unfit::Cltv));
        // LUD-06 leaves the hash away where a payee has no room for it.
        assert_eq!(verdict(|it| it.description_hash = None), Ok(()));
    }
}
