//! Why a request was not accepted. Then nothing was stored or charged, unless the store itself does
//! not know, or a cancelled order remains whose invoice could not be created.

use std::borrow::Cow;
use std::time::Duration;

use domain::message::address_list::TooManyNumbers;
use domain::money::Msat;
use domain::number::SenderError;
use domain::ports::PortError;
use domain::sale::quote::QuoteError;

use super::render::RenderError;
use crate::orders::{OpenError, RepeatError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    #[error("an account is required to pay from credit")]
    NoAccount,
    #[error("an order starts at once, and by invoice has no sender")]
    NotForOrders,
    #[error("the sender is not valid: {0}")]
    BadSender(#[from] SenderError),
    #[error("the sender is not approved for this account")]
    SenderNotApproved,
    #[error("there is no such template")]
    NoSuchTemplate,
    #[error("{0}")]
    Variables(#[from] RenderError),
    #[error("there is no such contact group")]
    NoSuchGroup,
    #[error(transparent)]
    TooManyNumbers(#[from] TooManyNumbers),
    #[error("the start is in the past")]
    StartInThePast,
    #[error("the start is too far ahead")]
    StartTooFarAhead,
    #[error("the account may not send one-time passwords")]
    OtpNotAllowed,
    #[error("the account may not send silent messages")]
    SilentNotAllowed,
    #[error("the account may not charge recipients")]
    PremiumNotAllowed,
    #[error("one-time passwords go to at most {max} numbers in one message")]
    TooManyForOtp { max: usize },
    #[error(transparent)]
    Quote(#[from] QuoteError),
    #[error("the webhook URL is not valid: {0}")]
    BadWebhook(Cow<'static, str>),
    #[error("the callback URL is not valid: {0}")]
    BadCallback(Cow<'static, str>),
    #[error("at most {max} callback URLs are possible")]
    TooManyCallbacks { max: usize },
    #[error("there is no webhook that the events could be sent to")]
    NoWebhook,
    #[error("another request came with this idempotency key before")]
    KeyReused,
    #[error("an earlier request with this idempotency key is not answered yet; try again")]
    InProgress,
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    #[error("messages to {country} are not allowed")]
    CountryNotAllowed { country: String },
    #[error(
        "at most {messages} messages an hour{to} are allowed; try again in the next hour",
        to = if prefix.is_empty() {
            String::new()
        } else {
            format!(" to numbers that begin with {prefix}")
        }
    )]
    OverHourlyCap { prefix: String, messages: u32, wait: Duration },
    #[error(transparent)]
    NotOpened(OpenError),
    #[error("it could not be stored; try again")]
    Store(#[from] PortError),
}

impl From<RepeatError> for AcceptError {
    fn from(error: RepeatError) -> Self {
        match error {
            RepeatError::KeyReused => Self::KeyReused,
            RepeatError::InProgress => Self::InProgress,
            RepeatError::Store(error) => Self::Store(error),
        }
    }
}

impl From<OpenError> for AcceptError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Repeat(error) => error.into(),
            error => Self::NotOpened(error),
        }
    }
}
