//! From the engine's errors to this door's wire form.

use domain::limits;
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::quote::QuoteError;
use engine::Engine;
use engine::accept::AcceptError;
use engine::campaigns::{Absent, CancelBulkError, PauseError, ReadError, RetryError};
use http::{
    Refusal, bad_request, conflict, forbidden, key_reused, not_found, payment_required,
    too_many_for_now, unavailable,
};

const AHEAD_DAYS_MAX: u64 = limits::SCHEDULE_AHEAD_MAX.as_secs() / (24 * 60 * 60);

pub(super) fn not_sent(error: &AcceptError, engine: &Engine) -> Refusal {
    let text = error.to_string();
    match error {
        AcceptError::SenderNotApproved => forbidden(text).with_code("SENDER_NOT_APPROVED"),
        AcceptError::OtpNotAllowed => forbidden(text).with_code("OTP_NOT_ALLOWED"),
        AcceptError::SilentNotAllowed => forbidden(text).with_code("SILENT_NOT_ALLOWED"),
        AcceptError::PremiumNotAllowed => forbidden(text).with_code("PREMIUM_NOT_ALLOWED"),
        AcceptError::NoSuchTemplate | AcceptError::NoSuchGroup => not_found(text),
        AcceptError::KeyReused => key_reused(text),
        AcceptError::InProgress => conflict(text),
        AcceptError::Insufficient { price, available } => insufficient(engine, *price, *available),
        AcceptError::OverDailyLimit { price, left } => over_daily_limit(engine, *price, *left),
        AcceptError::CountryNotAllowed { .. } => forbidden(text).with_code("COUNTRY_NOT_ALLOWED"),
        AcceptError::OverHourlyCap { wait, .. } => too_many_for_now(text, *wait),
        AcceptError::Store(source) => store_failed(source),
        AcceptError::StartInThePast => bad_request("`scheduledTime` is in the past"),
        AcceptError::StartTooFarAhead => {
            bad_request(format!("`scheduledTime` is more than {AHEAD_DAYS_MAX} days ahead"))
        }
        AcceptError::NoWebhook => {
            bad_request("`webhookEvents` needs a `webhookUrl`, in the request or of the account")
        }
        AcceptError::Quote(error) => bad_request(quote_reason(error)),
        AcceptError::NoAccount
        | AcceptError::NotForOrders
        | AcceptError::BadSender(_)
        | AcceptError::Variables(_)
        | AcceptError::TooManyNumbers(_)
        | AcceptError::TooManyForOtp { .. }
        | AcceptError::BadWebhook(_)
        | AcceptError::BadCallback(_)
        | AcceptError::TooManyCallbacks { .. }
        | AcceptError::NotOpened(_) => bad_request(text),
    }
}

/// In the words of this door, which names its fields.
fn quote_reason(error: &QuoteError) -> String {
    match error {
        QuoteError::NoRecipients => {
            "`msisdns` or `contactGroupId` is required, with at least one number".to_owned()
        }
        QuoteError::TooManyRecipients { max } => {
            format!("this account may write to at most {max} numbers in one message")
        }
        QuoteError::NoRoute => "no carrier serves any of the numbers".to_owned(),
        QuoteError::EmptyText
        | QuoteError::TextTooLong { .. }
        | QuoteError::BadText(_)
        | QuoteError::NoValidNumber
        | QuoteError::NoCharge
        | QuoteError::ChargedParts { .. }
        | QuoteError::AllBlocked
        | QuoteError::PriceTooHigh => error.to_string(),
    }
}

pub(super) fn not_cancelled(error: &CancelBulkError) -> Refusal {
    let text = error.to_string();
    match error {
        CancelBulkError::Absent(absent) => not_there(*absent),
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
        RetryError::Absent(absent) => not_there(*absent),
        RetryError::NotEnded(Cancelled) => conflict(text).with_code("ALREADY_CANCELLED"),
        RetryError::NotEnded(_) => conflict(text).with_code("ALREADY_PROCESSING"),
        RetryError::NothingToRetry | RetryError::OfOrder => {
            conflict(text).with_code("NOTHING_TO_RETRY")
        }
        RetryError::KeyReused => key_reused(text),
        RetryError::Insufficient { price, available } => insufficient(engine, *price, *available),
        RetryError::OverDailyLimit { price, left } => over_daily_limit(engine, *price, *left),
        RetryError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_paused(error: &PauseError) -> Refusal {
    let text = error.to_string();
    match error {
        PauseError::Absent(absent) => not_there(*absent),
        PauseError::Ended => conflict(text).with_code("ALREADY_ENDED"),
        PauseError::OfOrder => conflict(text).with_code("ALREADY_PROCESSING"),
        PauseError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_read(error: &ReadError) -> Refusal {
    match error {
        ReadError::Absent(absent) => not_there(*absent),
        ReadError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_there(absent: Absent) -> Refusal {
    match absent {
        Absent::NoSuchMessage => not_found(absent.to_string()),
        Absent::OfAnother => forbidden(absent.to_string()),
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
