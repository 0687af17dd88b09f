//! Why a number was not sold, or a buyer's wish not fulfilled.

use std::time::Duration;

use domain::activation::change::NotCancellable;
use domain::money::Msat;
use domain::ports::PortError;
use domain::time::Timestamp;

use crate::orders::{OpenError, RepeatError};

/// Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// This server has no supplier, or none for this kind of number.
    #[error("this server sells no such numbers")]
    NotSold,
    /// The suppliers serve neither the service nor the country, or have no number left.
    #[error("no number is available for this service and country now")]
    NoNumber,
    #[error("a rental is from {min_hours} hours to {max_hours} hours long")]
    BadDuration { min_hours: u64, max_hours: u64 },
    #[error("there is no such rental")]
    NoSuchRental,
    #[error("the rental has ended")]
    RentalEnded,
    #[error("an API key is required to pay from credit")]
    NoAccount,
    #[error("the webhook URL is not valid: {0}")]
    BadWebhook(std::borrow::Cow<'static, str>),
    /// The price is more than the buyer wants to pay.
    #[error("the price is {price}")]
    TooExpensive { price: Msat },
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    /// Too few of the buyer's numbers got a code lately.
    #[error("too few of your numbers got a code; the next one can be bought in {} s", wait.as_secs().max(1))]
    Slowed { wait: Duration },
    #[error(transparent)]
    NotOpened(OpenError),
    #[error("another request came with this idempotency key before")]
    KeyReused,
    #[error("an earlier request with this idempotency key is not answered yet; try again")]
    InProgress,
    #[error("it could not be stored; try again")]
    Store(#[from] PortError),
}

impl From<RepeatError> for NumberError {
    fn from(error: RepeatError) -> Self {
        match error {
            RepeatError::KeyReused => Self::KeyReused,
            RepeatError::InProgress => Self::InProgress,
            RepeatError::Store(error) => Self::Store(error),
        }
    }
}

impl From<OpenError> for NumberError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Repeat(error) => error.into(),
            error => Self::NotOpened(error),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    #[error("there is no such activation")]
    NoSuchActivation,
    #[error("a number can be cancelled from two minutes after its assignment on")]
    TooEarly { from: Timestamp },
    #[error("a code has come")]
    CodeCame,
    #[error("the time for a free cancellation is over")]
    Kept,
    /// Nothing to finish, and no further code to wait for.
    #[error("no code has come yet")]
    NoCode,
    #[error("it has ended")]
    Ended,
    #[error("a rental gets every message")]
    IsRental,
    #[error("the supplier did not answer; try again")]
    Supplier(#[source] PortError),
    #[error("it could not be stored; try again")]
    Store(#[from] PortError),
}

impl From<NotCancellable> for WishError {
    fn from(not: NotCancellable) -> Self {
        match not {
            NotCancellable::TooEarly { from } => Self::TooEarly { from },
            NotCancellable::CodeCame => Self::CodeCame,
            NotCancellable::Kept => Self::Kept,
            NotCancellable::Ended => Self::Ended,
        }
    }
}
