//! Why a keyword was not sold or changed.

use domain::inbound::sold_keyword::BadReply;
use domain::limits::KEYWORDS_PER_ACCOUNT_MAX;
use domain::money::Msat;
use domain::ports::PortError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    #[error("no keywords are sold on this number")]
    NotOffered,
    #[error("this word means opt-out, opt-in or help, or is the operator's own")]
    Reserved,
    #[error("the keyword is yours already")]
    Yours,
    #[error("another account has this keyword")]
    Taken,
    #[error("an account has at most {KEYWORDS_PER_ACCOUNT_MAX} keywords")]
    TooMany,
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    #[error(transparent)]
    BadReply(#[from] BadReply),
    #[error("there is no such keyword")]
    NoSuchKeyword,
    #[error("the keyword could not be stored")]
    Store(#[from] PortError),
}
