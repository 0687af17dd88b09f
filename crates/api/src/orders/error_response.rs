//! From the engine's errors to this door's wire form.

use domain::ports::PortError;
use domain::sale::quote::QuoteError;
use engine::accept::AcceptError;
use engine::orders::{CancelError, FundError, OpenError};
use http::{Refusal, failed, unauthorized};

pub(super) fn not_accepted(error: &AcceptError) -> Refusal {
    match error {
        AcceptError::NoAccount => unauthorized("an API key is required to pay from credit"),
        AcceptError::Quote(error) => failed(quote_reason(error)),
        AcceptError::Insufficient { price, available } => failed(format!(
            "insufficient credit: the price is {} sats, {} are available",
            price.sats_ceil(),
            available.sats_floor()
        )),
        AcceptError::OverDailyLimit { price, left } => failed(format!(
            "the account's daily limit is reached: the price is {} sats, {} are left until midnight UTC",
            price.sats_ceil(),
            left.sats_floor()
        )),
        AcceptError::NotOpened(error) => not_opened(error),
        AcceptError::Store(source) => {
            store_failed(source, "the order could not be stored; try again".to_owned())
        }
        AcceptError::BadWebhook(_)
        | AcceptError::BadSender(_)
        | AcceptError::SenderNotApproved
        | AcceptError::NoSuchTemplate
        | AcceptError::Variables(_)
        | AcceptError::NoSuchGroup
        | AcceptError::TooManyNumbers(_)
        | AcceptError::StartInThePast
        | AcceptError::StartTooFarAhead
        | AcceptError::NotForOrders
        | AcceptError::KeyReused => failed(error.to_string()),
    }
}

/// In the words of an order to one recipient.
fn quote_reason(error: &QuoteError) -> String {
    match error {
        QuoteError::EmptyText => "the message is empty".to_owned(),
        QuoteError::TextTooLong { chars, max } => {
            format!("the message has {chars} characters; at most {max} are allowed")
        }
        QuoteError::BadText(error) => format!("the message cannot be sent: {error}"),
        QuoteError::NoRoute => "no carrier serves this destination".to_owned(),
        QuoteError::AllBlocked => "this number takes no messages from here".to_owned(),
        QuoteError::NoRecipients
        | QuoteError::TooManyRecipients { .. }
        | QuoteError::NoValidNumber
        | QuoteError::PriceTooHigh => error.to_string(),
    }
}

pub(super) fn not_funded(error: &FundError) -> Refusal {
    match error {
        FundError::NotOpened(error) => not_opened(error),
        FundError::BadAmount => failed(error.to_string()),
    }
}

fn not_opened(error: &OpenError) -> Refusal {
    match error {
        OpenError::Store(source) => store_failed(source, error.to_string()),
        OpenError::PriceOutOfBounds
        | OpenError::TooManyOpen
        | OpenError::TooManyOpenForYou
        | OpenError::NodeFull
        | OpenError::TooManyHeldForYou
        | OpenError::NodeNotReady => failed(error.to_string()),
    }
}

pub(super) fn not_cancelled(error: CancelError) -> Refusal {
    let reason = error.to_string();
    match error {
        CancelError::Store(source) => store_failed(&source, reason),
        CancelError::NoSuchOrder | CancelError::Already(_) | CancelError::TooLate => failed(reason),
    }
}

pub(super) fn not_read(error: &PortError) -> Refusal {
    store_failed(error, "it could not be looked up right now; try again".to_owned())
}

fn store_failed(error: &PortError, reason: String) -> Refusal {
    tracing::warn!(%error, "the store could not serve a request");
    failed(reason)
}
