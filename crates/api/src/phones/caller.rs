//! The phone of a request, by its own token.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use domain::phone::Phone;
use engine::phones::CallError;
use http::{Counter, Refusal, unauthorized};

use super::error_response::not_called;
use crate::settings::DoorState;

/// The app's user agent is this, a slash and its version.
const APP: &str = "me.capcom.smsgateway/";

/// A phone that has registered. It was seen with this request.
pub(crate) struct OfPhone(pub(crate) Phone);

impl FromRequestParts<DoorState> for OfPhone {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, door: &DoorState) -> Result<Self, Refusal> {
        let counter = Counter::from_request_parts(parts, door).await?;
        let token = bearer(&parts.headers)?;
        let phones = &door.engine.phones;
        let phone = match phones.phone_of(token).await {
            Ok(phone) => phone,
            Err(error) => {
                // Tokens are guessed here.
                if matches!(error, CallError::BadToken) {
                    counter.count(None)?;
                }
                return Err(not_called(error));
            }
        };
        phones.see(phone.id).await.map_err(not_called)?;
        Ok(Self(phone))
    }
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(unauthorized("a phone registers with its private token: tab \"Sign up\""))
    }
}

/// The app's version; `None` for another program.
pub(super) fn app_version(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT)?.to_str().ok()?;
    let version = agent.strip_prefix(APP)?.split_whitespace().next()?;
    let fits = |char: char| char.is_ascii_alphanumeric() || ".-+_".contains(char);
    (version.len() <= 32 && version.chars().all(fits)).then(|| version.to_owned())
}

/// Whether the version is at least this one. An app without a version is an old one.
pub(super) fn is_at_least(version: Option<&str>, least: (u32, u32)) -> bool {
    let mut numbers = version.unwrap_or_default().split('.').map(|part| part.parse().unwrap_or(0));
    let read = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    read >= least
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn reads_the_version_of_the_app_alone() {
        let of = |agent: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_static(agent));
            app_version(&headers)
        };
        assert_eq!(of("me.capcom.smsgateway/1.68.0").as_deref(), Some("1.68.0"));
        assert_eq!(of("okhttp/4.12.0"), None);
        assert_eq!(of("me.capcom.smsgateway/<script>"), None);
        assert!(is_at_least(Some("1.66.1"), (1, 66)) && is_at_least(Some("2.0"), (1, 66)));
        assert!(!is_at_least(Some("1.54.0"), (1, 66)) && !is_at_least(None, (1, 66)));
    }
}
