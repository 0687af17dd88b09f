//! The lines of the journal: every change of the node, in order. Replaying them restores the book.

use domain::id::PaymentHash;
use domain::secret::Preimage;
use serde::{Deserialize, Serialize};

/// It has no `Debug`, because two variants contain secrets.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
#[allow(missing_debug_implementations)]
pub(super) enum Record {
    /// The first line: the node's key, and the start of its chain.
    Node {
        #[serde(with = "hex::serde")]
        key: [u8; 32],
        at: i64,
    },
    Created(Created),
    Paid {
        #[serde(with = "hex::serde")]
        hash: [u8; 32],
        msat: i64,
        /// Height at which the payment expires.
        expiry_height: u32,
    },
    Settled {
        /// No longer a secret, because the payer has it.
        #[serde(with = "hex::serde")]
        preimage: [u8; 32],
    },
    Cancelled {
        #[serde(with = "hex::serde")]
        hash: [u8; 32],
    },
    /// A payment of the node has begun.
    Sent {
        #[serde(with = "hex::serde")]
        hash: [u8; 32],
        msat: i64,
        fee_msat: i64,
    },
    SentEnded {
        #[serde(with = "hex::serde")]
        hash: [u8; 32],
        arrived: bool,
    },
    Mined {
        blocks: u32,
        at: i64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Created {
    #[serde(with = "hex::serde")]
    pub(super) hash: [u8; 32],
    pub(super) msat: i64,
    pub(super) memo: String,
    pub(super) expiry_secs: u64,
    pub(super) cltv_delta: u32,
    pub(super) at: i64,
    pub(super) invoice: String,
}

impl Record {
    pub(super) fn settled(preimage: &Preimage) -> Self {
        Self::Settled { preimage: *preimage.expose() }
    }

    pub(super) const fn cancelled(hash: PaymentHash) -> Self {
        Self::Cancelled { hash: *hash.as_bytes() }
    }
}
