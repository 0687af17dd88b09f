//! From the engine's errors to this door's wire form. A status of 500 or more is ours alone; what the
//! client can mend is less.

use domain::ports::PortError;
use domain::sale::quote::QuoteError;
use engine::accept::AcceptError;
use engine::activations::NumberError;
use engine::orders::{CancelError, FundError, OpenError, RepeatError};
use http::{
    Refusal, bad_request, conflict, failed, forbidden, key_reused, not_found, payment_required,
    too_many_at_once, too_many_for_now, unauthorized, unavailable,
};

pub(super) fn not_accepted(error: &AcceptError) -> Refusal {
    match error {
        AcceptError::NoAccount => unauthorized("an API key is required to pay from credit"),
        AcceptError::Quote(error) => not_quoted(error),
        AcceptError::Insufficient { price, available } => payment_required(format!(
            "insufficient credit: the price is {} sats, {} are available",
            price.sats_ceil(),
            available.sats_floor()
        )),
        AcceptError::OverDailyLimit { price, left } => payment_required(format!(
            "the account's daily limit is reached: the price is {} sats, {} are left until midnight UTC",
            price.sats_ceil(),
            left.sats_floor()
        )),
        AcceptError::CountryNotAllowed { .. } => forbidden(error.to_string()),
        AcceptError::OverHourlyCap { wait, .. } => too_many_for_now(error.to_string(), *wait),
        AcceptError::NotOpened(error) => not_opened(error),
        AcceptError::SenderNotApproved => forbidden(error.to_string()),
        AcceptError::KeyReused => key_reused(error.to_string()),
        AcceptError::InProgress => conflict(error.to_string()),
        AcceptError::Store(source) => {
            store_failed(source, "the order could not be stored; try again".to_owned())
        }
        AcceptError::BadWebhook(_)
        | AcceptError::BadCallback(_)
        | AcceptError::TooManyCallbacks { .. }
        | AcceptError::BadSender(_)
        | AcceptError::NoSuchTemplate
        | AcceptError::Variables(_)
        | AcceptError::NoSuchGroup
        | AcceptError::TooManyNumbers(_)
        | AcceptError::StartInThePast
        | AcceptError::StartTooFarAhead
        | AcceptError::NotForOrders
        | AcceptError::OtpNotAllowed
        | AcceptError::SilentNotAllowed
        | AcceptError::PremiumNotAllowed
        | AcceptError::NoWebhook
        | AcceptError::TooManyForOtp { .. } => bad_request(error.to_string()),
    }
}

/// In the words of an order to one recipient.
fn not_quoted(error: &QuoteError) -> Refusal {
    match error {
        QuoteError::EmptyText => bad_request("the message is empty"),
        QuoteError::TextTooLong { chars, max } => {
            bad_request(format!("the message has {chars} characters; at most {max} are allowed"))
        }
        QuoteError::BadText(error) => bad_request(format!("the message cannot be sent: {error}")),
        QuoteError::NoRoute => bad_request("no carrier serves this destination"),
        QuoteError::AllBlocked => forbidden("this number takes no messages from here"),
        QuoteError::NoRecipients
        | QuoteError::TooManyRecipients { .. }
        | QuoteError::NoCharge
        | QuoteError::ChargedParts { .. }
        | QuoteError::NoValidNumber => bad_request(error.to_string()),
        // The operator's own price.
        QuoteError::PriceTooHigh => failed(error.to_string()),
    }
}

/// Of a number that was not sold.
pub(super) fn not_sold(error: &NumberError) -> Refusal {
    match error {
        NumberError::NoAccount => unauthorized(error.to_string()),
        NumberError::NotSold => bad_request(error.to_string()),
        NumberError::NoSuchRental => not_found(error.to_string()),
        NumberError::RentalEnded => conflict(error.to_string()),
        // Not the caller's fault, and soon over.
        NumberError::NoNumber => unavailable(error.to_string()),
        NumberError::BadDuration { .. } | NumberError::BadWebhook(_) => {
            bad_request(error.to_string())
        }
        NumberError::TooExpensive { price } => {
            payment_required(format!("the price is {} sats", price.sats_ceil()))
        }
        NumberError::Insufficient { price, available } => payment_required(format!(
            "insufficient credit: the price is {} sats, {} are available",
            price.sats_ceil(),
            available.sats_floor()
        )),
        NumberError::OverDailyLimit { price, left } => payment_required(format!(
            "the account's daily limit is reached: the price is {} sats, {} are left until midnight UTC",
            price.sats_ceil(),
            left.sats_floor()
        )),
        NumberError::Slowed { wait } => too_many_for_now(error.to_string(), *wait),
        NumberError::NotOpened(error) => not_opened(error),
        NumberError::KeyReused => key_reused(error.to_string()),
        NumberError::InProgress => conflict(error.to_string()),
        NumberError::Store(source) => {
            store_failed(source, "the order could not be stored; try again".to_owned())
        }
    }
}

pub(super) fn not_funded(error: &FundError) -> Refusal {
    match error {
        FundError::NotOpened(error) => not_opened(error),
        FundError::BadAmount { .. } => bad_request(error.to_string()),
    }
}

fn not_opened(error: &OpenError) -> Refusal {
    match error {
        OpenError::Repeat(RepeatError::KeyReused) => key_reused(error.to_string()),
        OpenError::Repeat(RepeatError::InProgress) => conflict(error.to_string()),
        OpenError::Repeat(RepeatError::Store(source)) => store_failed(source, error.to_string()),
        OpenError::Store(source) => store_failed(source, error.to_string()),
        // The operator's own price.
        OpenError::PriceOutOfBounds => failed(error.to_string()),
        OpenError::NoNode => forbidden(error.to_string()),
        OpenError::TooManyOpenForYou
        | OpenError::TooManyOpenNearYou
        | OpenError::TooManyHeldForYou
        | OpenError::TooManyHeldNearYou
        | OpenError::TooManyUnpaidForYou => too_many_at_once(error.to_string()),
        OpenError::TooManyOpen | OpenError::NodeFull | OpenError::NodeNotReady => {
            unavailable(error.to_string())
        }
    }
}

pub(super) fn not_cancelled(error: CancelError) -> Refusal {
    let reason = error.to_string();
    match error {
        CancelError::Store(source) => store_failed(&source, reason),
        CancelError::NoSuchOrder => not_found(reason),
        CancelError::Already(_) | CancelError::TooLate | CancelError::NotCancellable(_) => {
            conflict(reason)
        }
    }
}

pub(super) fn not_read(error: &PortError) -> Refusal {
    store_failed(error, "it could not be looked up right now; try again".to_owned())
}

fn store_failed(error: &PortError, reason: String) -> Refusal {
    tracing::warn!(%error, "the store could not serve a request");
    match error {
        PortError::Unavailable(_) => unavailable(reason),
        PortError::Refused(_) | PortError::Unknown(_) | PortError::Conflict(_) => failed(reason),
    }
}
