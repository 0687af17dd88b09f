//! Who calls, as `X-API-Key` tells. The key is looked at once per request, before the handler; a
//! handler that needs a caller takes [`Known`], one that sells to strangers too [`Buyer`].

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use engine::Engine;
use engine::accounts::{AuthError, Caller};

use super::origin::Origin;
use crate::refusal::{Refusal, failed, unauthorized};

#[derive(Debug, Clone)]
pub(crate) enum Identity {
    Stranger,
    Known(Caller),
    /// A key was given that is none.
    Refused(AuthError),
}

/// The key as sent; an empty header is none. Not for logs.
pub(crate) fn key_text(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get("x-api-key")?;
    // No key of ours has other characters: an impossible key is a bad one, not an absent one.
    let key = key.to_str().map_or("?", str::trim);
    Some(key).filter(|key| !key.is_empty())
}

pub(super) async fn identify(engine: &Engine, headers: &HeaderMap) -> Identity {
    match key_text(headers) {
        None => Identity::Stranger,
        Some(key) => match engine.authenticate(key).await {
            Ok(caller) => Identity::Known(caller),
            Err(error) => Identity::Refused(error),
        },
    }
}

fn refusal(error: &AuthError) -> Refusal {
    match error {
        AuthError::BadKey | AuthError::Revoked => unauthorized(error.to_string()),
        AuthError::Store(source) => {
            tracing::warn!(error = %source, "a key could not be checked");
            // Not that the key is bad: its owner would throw it away.
            failed(format!("{error}; try again"))
        }
    }
}

fn caller(parts: &Parts) -> Result<Option<Caller>, Refusal> {
    match parts.extensions.get::<Identity>() {
        Some(Identity::Known(caller)) => Ok(Some(caller.clone())),
        Some(Identity::Refused(error)) => Err(refusal(error)),
        Some(Identity::Stranger) | None => Ok(None),
    }
}

/// Whose room the orders of a key take. They share it wherever they come from.
pub(crate) fn client_of(caller: &Caller) -> String {
    format!("key:{}", caller.key.id)
}

/// A caller with a good key; others are refused.
#[derive(Debug)]
pub(crate) struct Known(pub Caller);

/// A caller with a good key or with none; a bad one is refused.
#[derive(Debug)]
pub(crate) struct Buyer {
    pub caller: Option<Caller>,
    /// Whose room an order takes: `key:7`, `net:192.0.2.1`, `net:2001:db8::/64`, `local`.
    pub client: String,
}

impl<S: Sync> FromRequestParts<S> for Buyer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = caller(parts)?;
        let origin = || *parts.extensions.get::<Origin>().unwrap_or(&Origin::Unknown);
        let client = caller.as_ref().map_or_else(|| origin().to_string(), client_of);
        Ok(Self { caller, client })
    }
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = caller(parts)?;
        caller.map(Self).ok_or_else(|| unauthorized("an API key is required (header X-API-Key)"))
    }
}
