//! From the engine's errors to this door's wire form.

use domain::ports::PortError;
use engine::orders::{CancelError, CreateError};
use http::{Refusal, failed, forbidden, unauthorized};

pub(super) fn not_created(error: CreateError) -> Refusal {
    let reason = error.to_string();
    match error {
        CreateError::KeyRequired => unauthorized(reason),
        CreateError::ScopeMissing => forbidden(reason),
        CreateError::Store(source) => store_failed(&source, reason),
        CreateError::BadNumber(_)
        | CreateError::BadEmail
        | CreateError::EmptyText
        | CreateError::TextTooLong { .. }
        | CreateError::BadText(_)
        | CreateError::BadWebhook(_)
        | CreateError::BadAmount
        | CreateError::InsufficientCredit { .. }
        | CreateError::OverDailyLimit { .. }
        | CreateError::NoRoute
        | CreateError::Blocked
        | CreateError::TooManyOpen
        | CreateError::TooManyOpenForYou
        | CreateError::NodeFull
        | CreateError::TooManyHeldForYou
        | CreateError::NodeNotReady => failed(reason),
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
