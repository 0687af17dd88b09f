//! The operator of a request, by the key in `Authorization: Bearer …` or `X-API-Key`. A customer's key
//! is not accepted.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::account::operator::Actor;
use engine::Engine;
use engine::accounts::AuthError;

use super::identity::key_text;
use crate::envelope::{Refusal, unauthorized, unavailable};

/// The operator who makes a change.
#[derive(Debug, Clone, Copy)]
pub struct By(pub Actor);

pub(super) async fn identify_operator(engine: &Engine, headers: &HeaderMap) -> Result<By, Refusal> {
    let key = bearer(headers).or_else(|| key_text(headers)).ok_or_else(|| {
        unauthorized("an operator's key is required (Authorization: Bearer, or X-API-Key)")
    })?;
    match engine.accounts.authenticate_operator(key).await {
        Ok(operator) => Ok(By(Actor::Operator(operator.id))),
        Err(error @ (AuthError::BadKey | AuthError::Revoked | AuthError::Disabled)) => {
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
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let by = parts.extensions.get::<Self>().copied();
        by.ok_or_else(|| unauthorized("an operator's key is required"))
    }
}
