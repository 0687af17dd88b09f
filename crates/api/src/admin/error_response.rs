//! From the errors of the store and the engine to this door's wire form.

use domain::ports::PortError;
use engine::directory::UploadError;
use http::{Refusal, bad_request, conflict, not_found, unavailable};

/// Its refusals and conflicts are of what was asked, in words that hold nothing private.
pub(super) fn not_done(error: PortError) -> Refusal {
    match error {
        PortError::Refused(why) => bad_request(why),
        PortError::Conflict(why) => conflict(why),
        error @ (PortError::Unavailable(_) | PortError::Unknown(_)) => {
            tracing::warn!(%error, "the store did not do what an operator asked");
            unavailable("it could not be done right now; try again")
        }
    }
}

pub(super) fn not_uploaded(error: &UploadError) -> Refusal {
    let text = error.to_string();
    match error {
        UploadError::NoSuchGroup => not_found(text),
        UploadError::NoNumber => bad_request(text),
        UploadError::Refused(_) => conflict(text),
        UploadError::Store(source) => {
            tracing::warn!(error = %source, "the store did not take an upload");
            unavailable(text)
        }
    }
}

pub(super) fn none() -> Refusal {
    not_found("there is no such thing")
}

/// A field whose value is not what it must be.
pub(super) fn field<T, E: std::fmt::Display>(
    name: &'static str,
    read: Result<T, E>,
) -> Result<T, Refusal> {
    read.map_err(|why| bad_request(format!("`{name}`: {why}")))
}
