//! The caller of an order: a handler that needs a key takes [`Known`], one that also sells to
//! strangers takes [`Buyer`].

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::accounts::{AuthError, Caller};
use http::{Identity, Origin, Refusal, forbidden, unauthorized, unavailable};

/// A caller with a good key; others are refused.
#[derive(Debug)]
pub(crate) struct Known(pub Caller);

/// A caller with a good key or without a key; a bad key is refused.
#[derive(Debug)]
pub(crate) struct Buyer {
    pub caller: Option<Caller>,
    /// The client whose limit of open orders counts: `key:7`, or as [`Origin`] names it.
    pub client: String,
}

/// The orders of a key share one limit, wherever they come from.
pub(super) fn client_of(caller: &Caller) -> String {
    format!("key:{}", caller.key.id)
}

fn refusal(error: &AuthError) -> Refusal {
    match error {
        AuthError::BadKey | AuthError::Revoked => unauthorized(error.to_string()),
        AuthError::Disabled => forbidden(error.to_string()),
        AuthError::Store(source) => {
            tracing::warn!(error = %source, "a key could not be checked");
            // Not 401: the owner of a good key would discard it.
            unavailable(format!("{error}; try again"))
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
