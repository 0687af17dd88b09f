//! Blocked numbers, of one account or of all, each with proof of the reason.

use crate::account::operator::Actor;
use crate::id::{AccountId, InboundId};
use crate::inbound::Party;
use crate::number::Msisdn;
use crate::routing::CarrierName;
use crate::text::Text;
use crate::time::Timestamp;

/// Which accounts a number is blocked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockScope {
    /// All accounts.
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

/// Why a number is blocked, as later proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockProof {
    pub by: Actor,
    /// The keyword from the number's owner, and the message that contains it.
    pub keyword: Option<(String, InboundId)>,
    /// What the number's owner wrote.
    pub said: Option<Said>,
    /// A note by the actor who blocked it.
    pub note: Option<String>,
}

/// A message that asked to be blocked. It is kept with the entry, because messages are deleted in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// At most [`crate::limits::PROOF_TEXT_CHARS_MAX`] characters of it.
    pub text: Text,
    pub to: Party,
    pub carrier: CarrierName,
}

impl BlockProof {
    pub const fn by(actor: Actor) -> Self {
        Self { by: actor, keyword: None, said: None, note: None }
    }
}
