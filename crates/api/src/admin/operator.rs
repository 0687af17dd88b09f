//! Whose key it is: `Authorization: Bearer …` or `X-API-Key`. Looked at before the handler, which
//! takes [`By`]; a customer's key is none here.

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::account::operator::Actor;
use engine::Engine;
use engine::accounts::AuthError;

use crate::bulk::{Refused, unauthorized, unavailable};
use crate::guard::key_text;

/// Who makes the change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By(pub Actor);

/// A request that may go on knows [`By`] whom it is made.
pub(crate) async fn identify_operator(
    engine: &Engine,
    request: &mut Request,
) -> Result<(), Refused> {
    let key = bearer(request.headers()).or_else(|| key_text(request.headers()));
    let key = key.ok_or_else(|| {
        unauthorized("an operator's key is required (Authorization: Bearer, or X-API-Key)")
    })?;
    match engine.authenticate_operator(key).await {
        Ok(operator) => {
            request.extensions_mut().insert(By(Actor::Operator(operator.id)));
            Ok(())
        }
        Err(error @ (AuthError::BadKey | AuthError::Revoked)) => {
            Err(unauthorized(error.to_string()))
        }
        Err(AuthError::Store(source)) => {
            tracing::warn!(error = %source, "an operator's key could not be checked");
            Err(unavailable("keys cannot be checked right now; try again"))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let known = parts.extensions.get::<Self>().copied();
        known.ok_or_else(|| unauthorized("an operator's key is required"))
    }
}
