//! The message that a path names: `/api/v2/sms/{uuid}…`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::id::MessageId;
use uuid::Uuid;

use super::refused::{Refused, not_found};

#[derive(Debug)]
pub(crate) struct Named(pub MessageId);

pub(super) fn no_such_message() -> Refused {
    not_found("there is no such message")
}

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = Refused;

    /// What is no UUID is no message of ours.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let segment = parts.uri.path().split('/').nth(4);
        let id = segment.and_then(|segment| Uuid::try_parse(segment).ok());
        id.map(|id| Self(MessageId(id))).ok_or_else(no_such_message)
    }
}
