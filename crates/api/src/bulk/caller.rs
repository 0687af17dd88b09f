//! The caller. Checked before anything of the body is read.
//!
//! | scope of the key | lists, one, recipients, preview, credits, senders | cancel, pause, resume | send, retry |
//! |---|---|---|---|
//! | `*`, `sms:send` | yes | yes | yes |
//! | `sms:read` | yes | no | no |
//! | of other doors alone | no | no | no |

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::account::Scope;
use domain::id::AccountId;
use engine::accounts::{AuthError, Caller};
use http::{Identity, Refusal, forbidden, unauthorized, unavailable};

fn caller(parts: &Parts) -> Result<&Caller, Refusal> {
    match parts.extensions.get::<Identity>() {
        Some(Identity::Known(caller)) => Ok(caller),
        Some(Identity::Refused(error @ (AuthError::BadKey | AuthError::Revoked))) => {
            Err(unauthorized(error.to_string()))
        }
        Some(Identity::Refused(error @ AuthError::Disabled)) => Err(forbidden(error.to_string())),
        Some(Identity::Refused(error @ AuthError::Store(source))) => {
            tracing::warn!(error = %source, "a key could not be checked");
            Err(unavailable(format!("{error}; try again")))
        }
        Some(Identity::Stranger) | None => {
            Err(unauthorized("an API key is required (header x-api-key)"))
        }
    }
}

/// The account of a key of text messages.
#[derive(Debug)]
pub(crate) struct MayLook(pub AccountId);

impl<S: Sync> FromRequestParts<S> for MayLook {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = caller(parts)?;
        if caller.key.may(Scope::SEND) || caller.key.may(Scope::READ) {
            Ok(Self(caller.account))
        } else {
            Err(forbidden("the API key is not for text messages (scope sms:send or sms:read)"))
        }
    }
}

/// The account of a key that may send, and stop or hold up what was sent.
#[derive(Debug)]
pub(crate) struct MaySend(pub AccountId);

impl<S: Sync> FromRequestParts<S> for MaySend {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = caller(parts)?;
        if caller.key.may(Scope::SEND) {
            Ok(Self(caller.account))
        } else {
            Err(forbidden("the API key may not send (scope sms:send)"))
        }
    }
}
