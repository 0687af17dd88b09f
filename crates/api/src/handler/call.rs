//! A call: who calls, and with which parameters. Those of a form in the body win over those of the query
//! string; the last of two equal names counts; an empty value is absent.

use std::fmt;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::account::Scope;
use domain::id::{AccountId, ActivationId};
use engine::accounts::{AuthError, Caller};
use http::{Counter, FormPair, Refusal, form_pairs, read_body};

use super::answer::{Answer, Failure};
use crate::settings::DoorState;

pub(crate) struct Call {
    pub(super) account: AccountId,
    /// Whose idempotency keys these are (see [`domain::sale::client`]).
    pub(super) client: String,
    parameters: Parameters,
}

/// Not for logs.
struct Parameters(Vec<(String, String)>);

/// Parameters of a call, to its own bytes after decoding.
const VALUE_CHARS_MAX: usize = 2_048;

impl Call {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }

    /// `true` or `1`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The parameter `id`. Ids that we never gave are unknown, and what is no id at all is wrong.
    pub(super) fn id(&self) -> Result<ActivationId, Failure> {
        let id = self.get("id").ok_or_else(|| Failure::word("WRONG_ACTIVATION_ID"))?;
        id.parse().map(ActivationId).map_err(|_| Failure::word("WRONG_ACTIVATION_ID"))
    }
}

impl Parameters {
    async fn read(request: Request, door: &DoorState) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs: Vec<_> = form_pairs(query.as_bytes()).map(owned).collect();
        let is_form = is_form(request.headers());
        let body = read_body(request, door.body_limits()).await?;
        if !body.is_empty() {
            is_form?;
            pairs.extend(form_pairs(&body).map(owned));
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

fn owned((name, value): FormPair<'_>) -> (String, String) {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).chars().take(VALUE_CHARS_MAX).collect::<String>()
    };
    (text(&name), text(&value))
}

fn is_form(headers: &HeaderMap) -> Result<(), Refusal> {
    let media = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    let media = media.split(';').next().unwrap_or_default().trim();
    if media.is_empty() || media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let reason = "the body must be application/x-www-form-urlencoded";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason))
}

/// The holder of the key, who must be allowed to buy numbers.
async fn authenticate(door: &DoorState, parameters: &Parameters) -> Result<Caller, Failure> {
    let key = parameters.get("api_key").ok_or_else(|| Failure::word("NO_KEY"))?;
    match door.engine.accounts.authenticate(key).await {
        Ok(caller) if caller.key.may(Scope::RECEIVE) => Ok(caller),
        Ok(_) | Err(AuthError::BadKey | AuthError::Revoked) => Err(Failure::word("BAD_KEY")),
        Err(AuthError::Disabled) => Err(Failure::word("ACCOUNT_INACTIVE")),
        Err(AuthError::Store(source)) => Err(source.into()),
    }
}

impl FromRequest<DoorState> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, door: &DoorState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let counter = Counter::from_request_parts(&mut parts, door).await;
        let counter = counter.map_err(IntoResponse::into_response)?;
        let read = Parameters::read(Request::from_parts(parts, body), door).await;
        let parameters = match read {
            Ok(parameters) => parameters,
            Err(refusal) => {
                counter.count(None).map_err(IntoResponse::into_response)?;
                return Err(refusal.into_response());
            }
        };
        let caller = authenticate(door, &parameters).await;
        counter.count(caller.as_ref().ok()).map_err(IntoResponse::into_response)?;
        let caller = caller.map_err(|failure| Answer::from(failure).into_response())?;
        let client = format!("key:{}", caller.key.id);
        Ok(Self { account: caller.account, client, parameters })
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("account", &self.account).finish_non_exhaustive()
    }
}
