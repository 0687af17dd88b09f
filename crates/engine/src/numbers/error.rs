//! Why a number was not added or changed.

use std::borrow::Cow;

use domain::number::own::UnfitNumber;
use domain::ports::PortError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error(transparent)]
    Unfit(#[from] UnfitNumber),
    #[error("must be the id of an account")]
    NoSuchAccount,
    #[error("must be the name of a configured carrier")]
    NoSuchCarrier,
    #[error("{0}")]
    BadWebhook(Cow<'static, str>),
    #[error("there is no such number")]
    NoSuchNumber,
    #[error("is there already")]
    Exists,
    #[error("the configuration file names this number: change it there, or disable it here")]
    OfFile,
    #[error("there are too many numbers")]
    TooMany,
    #[error("the number could not be stored")]
    Store(#[source] PortError),
}

impl From<PortError> for NumberError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Conflict(_) => Self::Exists,
            PortError::Refused(_) => Self::TooMany,
            PortError::Unavailable(_) | PortError::Unknown(_) => Self::Store(error),
        }
    }
}
