//! What a path names: `/admin/v1/accounts/{account}/templates/{id}`. What is no number names nothing
//! of ours.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::id::{AccountId, MessageId, OrderId};
use http::Refusal;
use uuid::Uuid;

use super::error_response::none;

fn segment(parts: &Parts, at: usize) -> Result<i64, Refusal> {
    let segment = parts.uri.path().split('/').nth(at);
    let id = segment.and_then(|text| text.parse().ok()).filter(|id| *id > 0);
    id.ok_or_else(none)
}

/// The one after the noun: `/admin/v1/senders/{id}`.
#[derive(Debug)]
pub(crate) struct Named(pub i64);

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        segment(parts, 4).map(Self)
    }
}

/// Digits, with `+` or without.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `/admin/v1/numbers/{number}…`, with `+` or without.
#[derive(Debug)]
pub(crate) struct Numbered(pub String);

impl<S: Sync> FromRequestParts<S> for Numbered {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let segment = parts.uri.path().split('/').nth(4).unwrap_or_default();
        let number = is_number(segment).then(|| Self(segment.to_owned()));
        number.ok_or_else(none)
    }
}

/// `/admin/v1/accounts/{account}…`
#[derive(Debug)]
pub(crate) struct Of(pub AccountId);

impl<S: Sync> FromRequestParts<S> for Of {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        segment(parts, 4).map(|id| Self(AccountId(id)))
    }
}

/// A thing of an account: `/admin/v1/accounts/{account}/groups/{id}…`
#[derive(Debug)]
pub(crate) struct Theirs(pub AccountId, pub i64);

impl<S: Sync> FromRequestParts<S> for Theirs {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(AccountId(segment(parts, 4)?), segment(parts, 6)?))
    }
}

/// `/admin/v1/orders/{order}…`
#[derive(Debug)]
pub(crate) struct Ordered(pub OrderId);

impl<S: Sync> FromRequestParts<S> for Ordered {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let segment = parts.uri.path().split('/').nth(4);
        segment.and_then(|text| text.parse().ok()).map(Self).ok_or_else(none)
    }
}

/// A message of an account: `/admin/v1/accounts/{account}/messages/{uuid}…`
#[derive(Debug)]
pub(crate) struct Sent(pub AccountId, pub MessageId);

impl<S: Sync> FromRequestParts<S> for Sent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let account = AccountId(segment(parts, 4)?);
        let id = parts.uri.path().split('/').nth(6).and_then(|text| Uuid::try_parse(text).ok());
        id.map(|id| Self(account, MessageId(id))).ok_or_else(none)
    }
}
