//! From what the engine says went wrong to this door's wire form.

use axum::http::StatusCode;
use domain::money::Msat;
use domain::ports::PortError;
use engine::Engine;
use engine::campaigns::{BulkError, CancelBulkError, PauseError, RetryError};

use super::refused::{Refused, conflict, invalid, key_reused, not_found, unavailable};

pub(super) fn not_sent(error: &BulkError, engine: &Engine) -> Refused {
    let text = error.to_string();
    match error {
        BulkError::SenderNotApproved => {
            Refused::new(StatusCode::FORBIDDEN, "SENDER_NOT_APPROVED", text)
        }
        BulkError::NoSuchTemplate | BulkError::NoSuchGroup => not_found(text),
        BulkError::KeyReused => key_reused(text),
        BulkError::Insufficient { price, available } => insufficient(engine, *price, *available),
        BulkError::OverDailyLimit { price, left } => over_daily_limit(engine, *price, *left),
        BulkError::Store(source) => store_failed(source),
        BulkError::NoSender
        | BulkError::BadSender(_)
        | BulkError::NoContent
        | BulkError::ContentAndTemplate
        | BulkError::Variables(_)
        | BulkError::EmptyText
        | BulkError::TextTooLong { .. }
        | BulkError::BadText(_)
        | BulkError::NoRecipients
        | BulkError::NoValidNumber
        | BulkError::TooManyNumbers(_)
        | BulkError::TooManyForAccount { .. }
        | BulkError::AllBlocked
        | BulkError::NoRoute
        | BulkError::Past
        | BulkError::TooFarAhead
        | BulkError::Uncountable => invalid(text),
    }
}

pub(super) fn not_cancelled(error: &CancelBulkError) -> Refused {
    let text = error.to_string();
    match error {
        CancelBulkError::NoSuchMessage => not_found(text),
        CancelBulkError::NotScheduled => {
            Refused::new(StatusCode::BAD_REQUEST, "NOT_SCHEDULED", text)
        }
        CancelBulkError::AlreadyCancelled => conflict("ALREADY_CANCELLED", text),
        CancelBulkError::AlreadyStarted => conflict("ALREADY_PROCESSING", text),
        CancelBulkError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_retried(error: &RetryError, engine: &Engine) -> Refused {
    use domain::message::MessageState::Cancelled;
    let text = error.to_string();
    match error {
        RetryError::NoSuchMessage => not_found(text),
        RetryError::NotEnded(Cancelled) => conflict("ALREADY_CANCELLED", text),
        RetryError::NotEnded(_) => conflict("ALREADY_PROCESSING", text),
        RetryError::NothingToRetry => conflict("NOTHING_TO_RETRY", text),
        RetryError::KeyReused => key_reused(text),
        RetryError::Insufficient { price, available } => insufficient(engine, *price, *available),
        RetryError::OverDailyLimit { price, left } => over_daily_limit(engine, *price, *left),
        RetryError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_paused(error: &PauseError) -> Refused {
    let text = error.to_string();
    match error {
        PauseError::NoSuchMessage => not_found(text),
        PauseError::Ended => conflict("ALREADY_ENDED", text),
        PauseError::Store(source) => store_failed(source),
    }
}

pub(super) fn store_failed(error: &PortError) -> Refused {
    tracing::warn!(%error, "the store did not do what a request asked");
    unavailable("it could not be done right now; try again")
}

fn insufficient(engine: &Engine, price: Msat, available: Msat) -> Refused {
    let (price, available) = (engine.credits(price), engine.credits(available));
    let text = format!("insufficient credits: the price is {price}, {available} are available");
    Refused::new(StatusCode::PAYMENT_REQUIRED, "INSUFFICIENT_CREDITS", text)
}

fn over_daily_limit(engine: &Engine, price: Msat, left: Msat) -> Refused {
    let (price, left) = (engine.credits(price), engine.credits(left));
    let text = format!(
        "the account's daily limit is reached: the price is {price}, {left} are left until midnight UTC"
    );
    Refused::new(StatusCode::PAYMENT_REQUIRED, "DAILY_LIMIT_REACHED", text)
}
