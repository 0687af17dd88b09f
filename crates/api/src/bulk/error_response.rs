//! From the engine's errors to this door's wire form.

use domain::money::Msat;
use domain::ports::PortError;
use engine::Engine;
use engine::campaigns::{BulkError, CancelBulkError, PauseError, RetryError};
use http::{
    Refusal, bad_request, conflict, forbidden, key_reused, not_found, payment_required, unavailable,
};

pub(super) fn not_sent(error: &BulkError, engine: &Engine) -> Refusal {
    let text = error.to_string();
    match error {
        BulkError::SenderNotApproved => forbidden(text).with_code("SENDER_NOT_APPROVED"),
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
        | BulkError::Uncountable => bad_request(text),
    }
}

pub(super) fn not_cancelled(error: &CancelBulkError) -> Refusal {
    let text = error.to_string();
    match error {
        CancelBulkError::NoSuchMessage => not_found(text),
        CancelBulkError::NotScheduled => bad_request(text).with_code("NOT_SCHEDULED"),
        CancelBulkError::AlreadyCancelled => conflict(text).with_code("ALREADY_CANCELLED"),
        CancelBulkError::AlreadyStarted => conflict(text).with_code("ALREADY_PROCESSING"),
        CancelBulkError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_retried(error: &RetryError, engine: &Engine) -> Refusal {
    use domain::message::MessageState::Cancelled;
    let text = error.to_string();
    match error {
        RetryError::NoSuchMessage => not_found(text),
        RetryError::NotEnded(Cancelled) => conflict(text).with_code("ALREADY_CANCELLED"),
        RetryError::NotEnded(_) => conflict(text).with_code("ALREADY_PROCESSING"),
        RetryError::NothingToRetry => conflict(text).with_code("NOTHING_TO_RETRY"),
        RetryError::KeyReused => key_reused(text),
        RetryError::Insufficient { price, available } => insufficient(engine, *price, *available),
        RetryError::OverDailyLimit { price, left } => over_daily_limit(engine, *price, *left),
        RetryError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_paused(error: &PauseError) -> Refusal {
    let text = error.to_string();
    match error {
        PauseError::NoSuchMessage => not_found(text),
        PauseError::Ended => conflict(text).with_code("ALREADY_ENDED"),
        PauseError::Store(source) => store_failed(source),
    }
}

pub(super) fn store_failed(error: &PortError) -> Refusal {
    tracing::warn!(%error, "the store could not serve a request");
    unavailable("it could not be done right now; try again")
}

fn insufficient(engine: &Engine, price: Msat, available: Msat) -> Refusal {
    let (price, available) = (engine.campaigns.credits(price), engine.campaigns.credits(available));
    let text = format!("insufficient credits: the price is {price}, {available} are available");
    payment_required(text).with_code("INSUFFICIENT_CREDITS")
}

fn over_daily_limit(engine: &Engine, price: Msat, left: Msat) -> Refusal {
    let (price, left) = (engine.campaigns.credits(price), engine.campaigns.credits(left));
    let text = format!(
        "the account's daily limit is reached: the price is {price}, {left} are left until midnight UTC"
    );
    payment_required(text).with_code("DAILY_LIMIT_REACHED")
}
