//! The message in a path: `/api/v2/sms/{uuid}…`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::id::MessageId;
use http::{Refusal, not_found};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Named(pub MessageId);

pub(super) fn no_such_message() -> Refusal {
    not_found("there is no such message")
}

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    /// Another text than a UUID is an unknown message.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let segment = parts.uri.path().split('/').nth(4);
        let id = segment.and_then(|segment| Uuid::try_parse(segment).ok());
        id.map(|id| Self(MessageId(id))).ok_or_else(no_such_message)
    }
}
