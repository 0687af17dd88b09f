//! The message in a path: `/api/v2/sms/{uuid}…`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::id::MessageId;
use engine::campaigns::Absent;
use http::Refusal;
use uuid::Uuid;

use super::error_response::not_there;

#[derive(Debug)]
pub(crate) struct Named(pub MessageId);

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    /// Another text than a UUID is an unknown message.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let segment = parts.uri.path().split('/').nth(4);
        let id = segment.and_then(|segment| Uuid::try_parse(segment).ok());
        id.map(|id| Self(MessageId(id))).ok_or_else(|| not_there(Absent::NoSuchMessage))
    }
}
