//! Numbers that get nothing: of one account, or of the whole house, each with the proof of why.

use crate::account::operator::Actor;
use crate::id::{AccountId, InboundId};
use crate::number::Msisdn;
use crate::time::Timestamp;

/// Who sends nothing to a blocked number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockScope {
    /// Nobody here does.
    Everybody,
    Account(AccountId),
}

impl BlockScope {
    pub const fn of(account: Option<AccountId>) -> Self {
        match account {
            Some(account) => Self::Account(account),
            None => Self::Everybody,
        }
    }

    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Everybody => None,
            Self::Account(account) => Some(account),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockEntry {
    pub scope: BlockScope,
    pub number: Msisdn,
    pub proof: BlockProof,
    pub at: Timestamp,
}

/// Why a number is blocked, for whoever asks years later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockProof {
    pub by: Actor,
    /// The word that the number's owner sent, and the message that it stands in.
    pub keyword: Option<(String, InboundId)>,
    /// In the words of whoever blocked it.
    pub note: Option<String>,
}

impl BlockProof {
    pub const fn by(actor: Actor) -> Self {
        Self { by: actor, keyword: None, note: None }
    }
}
