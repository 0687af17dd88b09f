//! Keywords that accounts have on numbers, and the replies to their messages.

use std::time::Duration;

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::{AccountId, InboundId, KeywordId};
use crate::inbound::Party;
use crate::inbound::keyword::Word;
use crate::inbound::sold_keyword::{Offer, SoldKeyword};
use crate::money::Msat;
use crate::ports::PortError;
use crate::text::Text;
use crate::time::Timestamp;

/// A keyword to buy. The word is not reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeyword {
    pub number: Party,
    pub word: Word,
    pub account: AccountId,
    /// The terms that the price is for.
    pub offer: Offer,
    /// Of one period; zero on a number of its own.
    pub price: Msat,
    pub period: Duration,
    pub renews: bool,
    pub reply: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoughtKeyword {
    Bought(SoldKeyword),
    /// An account has it.
    Taken {
        by: AccountId,
    },
    /// The number does not offer keywords to the account on these terms.
    NotOffered,
    /// The account has [`crate::limits::KEYWORDS_PER_ACCOUNT_MAX`].
    TooMany,
    Insufficient {
        available: Msat,
    },
    OverDailyLimit {
        left: Msat,
    },
}

/// The next period of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    pub keyword: KeywordId,
    /// Periods that it has: if there are more, it was renewed meanwhile.
    pub periods: u32,
    /// On a shared number.
    pub price: Msat,
    pub period: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    Paid(SoldKeyword),
    Ended(SoldKeyword),
    /// Nothing was due: another change renewed or ended it.
    NotDue,
}

/// What changes of a keyword; `None`: it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeywordChange {
    pub renews: Option<bool>,
    pub reply: Option<Option<Text>>,
}

/// A page of keywords in use, in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct KeywordList {
    pub account: Option<AccountId>,
    pub number: Option<Party>,
    pub after: Option<KeywordId>,
    pub limit: u32,
}

/// A reply that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReply {
    /// The message that it replies to.
    pub inbound: InboundId,
    pub keyword: KeywordId,
    pub account: AccountId,
    /// The number that was written to.
    pub number: Party,
    pub to: Party,
    /// As it is now; `None`: the keyword has none any more, or has ended.
    pub text: Option<Text>,
    pub at: Timestamp,
}

#[async_trait]
pub trait KeywordStore: Send + Sync {
    /// Stores a keyword with its first period, and takes the price from the credit: one change. A repeat
    /// finds it taken by the account itself, and costs nothing.
    async fn buy_keyword(
        &self,
        new: NewKeyword,
        now: Timestamp,
    ) -> Result<BoughtKeyword, PortError>;

    /// Keywords in use whose period has ended, the longest ago first.
    async fn due_keywords(&self, now: Timestamp, limit: u32)
    -> Result<Vec<SoldKeyword>, PortError>;

    /// Pays and stores the next period of a keyword whose period has ended, or ends it: see
    /// [`crate::inbound::sold_keyword::period_end`]. A repeat is [`Renewed::NotDue`]. The account's
    /// daily limit does not apply.
    async fn renew_keyword(&self, renewal: Renewal, now: Timestamp) -> Result<Renewed, PortError>;

    /// Changes a keyword in use, of this account if one is named; `None`: there is none. Audited.
    async fn change_keyword(
        &self,
        keyword: KeywordId,
        account: Option<AccountId>,
        change: KeywordChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<SoldKeyword>, PortError>;

    /// Ends a keyword at once, without a refund; `None`: it is not in use. Audited.
    async fn end_keyword(
        &self,
        keyword: KeywordId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<SoldKeyword>, PortError>;

    /// The keyword in use.
    async fn keyword(&self, number: Party, word: Word) -> Result<Option<SoldKeyword>, PortError>;

    async fn keywords(&self, list: KeywordList) -> Result<Vec<SoldKeyword>, PortError>;

    /// Replies that the changes which stored their messages decided, the oldest first.
    async fn due_replies(&self, limit: u32) -> Result<Vec<DueReply>, PortError>;

    /// A reply was sent, or will not be. Idempotent.
    async fn end_reply(&self, inbound: InboundId, now: Timestamp) -> Result<(), PortError>;
}
