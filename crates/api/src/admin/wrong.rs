//! From what the store, or the engine, says went wrong to this door's wire form.

use domain::ports::PortError;
use engine::directory::UploadError;

use crate::bulk::{Refused, conflict, invalid, not_found, unavailable};

/// Its refusals and conflicts are of what was asked, in words that hold nothing private.
pub(super) fn not_done(error: PortError) -> Refused {
    match error {
        PortError::Refused(why) => invalid(why),
        PortError::Conflict(why) => conflict("CONFLICT", why),
        error @ (PortError::Unavailable(_) | PortError::Unknown(_)) => {
            tracing::warn!(%error, "the store did not do what an operator asked");
            unavailable("it could not be done right now; try again")
        }
    }
}

pub(super) fn not_uploaded(error: &UploadError) -> Refused {
    let text = error.to_string();
    match error {
        UploadError::NoSuchGroup => not_found(text),
        UploadError::NoNumber => invalid(text),
        UploadError::Refused(_) => conflict("CONFLICT", text),
        UploadError::Store(source) => {
            tracing::warn!(error = %source, "the store did not take an upload");
            unavailable(text)
        }
    }
}

pub(super) fn none() -> Refused {
    not_found("there is no such thing")
}
