//! Why something about messages to many was not done. Nothing was stored or charged then, unless the
//! store itself does not know.

use std::time::Duration;

use domain::limits;
use domain::message::MessageState;
use domain::money::Msat;
use domain::number::SenderError;
use domain::ports::PortError;
use domain::text::TextError;

use super::addressees::TooManyNumbers;
use super::render::RenderError;

const AHEAD_DAYS_MAX: u64 = limits::SCHEDULE_AHEAD_MAX.as_secs() / (24 * 60 * 60);

/// Why a message was not taken, or its price not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    #[error("`sender` is required")]
    NoSender,
    #[error("the sender is not valid: {0}")]
    BadSender(#[from] SenderError),
    #[error("the sender is not approved for this account")]
    SenderNotApproved,
    #[error("`content` or `templateId` is required")]
    NoContent,
    #[error("either `content` or `templateId`, not both")]
    ContentAndTemplate,
    #[error("there is no such template")]
    NoSuchTemplate,
    #[error("{0}")]
    Variables(#[from] RenderError),
    #[error("the text is empty")]
    EmptyText,
    #[error("the text has {chars} characters; at most {max} are allowed", max = limits::BULK_TEXT_CHARS_MAX)]
    TextTooLong { chars: usize },
    #[error("the text cannot be sent: {0}")]
    BadText(#[from] TextError),
    #[error("`msisdns` or `contactGroupId` is required, with at least one number")]
    NoRecipients,
    #[error("there is no such contact group")]
    NoSuchGroup,
    #[error(transparent)]
    TooManyNumbers(#[from] TooManyNumbers),
    #[error("this account may write to at most {max} numbers in one message")]
    TooManyForAccount { max: u32 },
    #[error("none of the numbers is valid")]
    NoValidNumber,
    #[error("all of the numbers are blocked")]
    AllBlocked,
    #[error("no carrier serves any of the numbers")]
    NoRoute,
    #[error("`scheduledTime` is in the past")]
    Past,
    #[error("`scheduledTime` is more than {AHEAD_DAYS_MAX} days ahead")]
    TooFarAhead,
    #[error("the price is more than can be counted")]
    Uncountable,
    #[error("another request came with this idempotency key before")]
    KeyReused,
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}

/// Start times that are this little past are now: clocks differ.
pub(super) const CLOCK_SKEW_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelBulkError {
    #[error("there is no such message")]
    NoSuchMessage,
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
    #[error("there is no such message")]
    NoSuchMessage,
    #[error("the message has not ended; it is {}", .0.as_str())]
    NotEnded(MessageState),
    #[error("nobody is left to try again: who did not get it is not sent to")]
    NothingToRetry,
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
    #[error("there is no such message")]
    NoSuchMessage,
    #[error("the message has ended")]
    Ended,
    #[error("it could not be done right now; try again")]
    Store(#[from] PortError),
}
