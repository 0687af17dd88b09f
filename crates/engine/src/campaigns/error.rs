//! Why a change to a campaign was refused. Then nothing was stored or charged, unless the store
//! itself does not know.

use domain::message::MessageState;
use domain::money::Msat;
use domain::ports::PortError;

/// Why the account has no message of this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    #[error("there is no such message")]
    NoSuchMessage,
    #[error("the message belongs to another account")]
    OfAnother,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Absent(#[from] Absent),
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelBulkError {
    #[error(transparent)]
    Absent(#[from] Absent),
    #[error("the message was never scheduled")]
    NotScheduled,
    #[error("the message is already cancelled")]
    AlreadyCancelled,
    #[error("the message has already started")]
    AlreadyStarted,
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    #[error(transparent)]
    Absent(#[from] Absent),
    #[error("the message has not ended; it is {}", .0.as_str())]
    NotEnded(MessageState),
    #[error("nobody is left to try again: who did not get it is not sent to")]
    NothingToRetry,
    #[error("the message belongs to an order, which is decided once; send it again as a new one")]
    OfOrder,
    #[error("another request came with this idempotency key before")]
    KeyReused,
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PauseError {
    #[error(transparent)]
    Absent(#[from] Absent),
    #[error("the message has ended")]
    Ended,
    #[error("the message belongs to an order and cannot be paused")]
    OfOrder,
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}
