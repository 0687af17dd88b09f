//! A provider of lookups over HTTP: a GET of a configured URL, and fields of its JSON answer.
//!
//! | status | |
//! |---|---|
//! | 2xx | the answer; without the field `stat` there is none |
//! | 400, 404, 422 | the provider does not answer this question |
//! | any other | no answer |

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{
    Cause, Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse, Lookup, PortError,
};
use domain::secret::Secret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// What the number and the question about roaming are written for.
const MSISDN: &str = "{msisdn}";
const ROAMING: &str = "{roaming}";

/// A provider's answer is far smaller.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Where the fields stand in the answer, as JSON pointers (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookupPointers {
    pub stat: String,
    pub err: String,
    pub imsi: String,
    pub mccmnc: String,
    pub original_network: String,
    pub original_prefix: String,
    pub ported_network: String,
    pub ported_prefix: String,
    pub roaming: String,
}

impl Default for LookupPointers {
    fn default() -> Self {
        let at = |name: &str| format!("/{name}");
        Self {
            stat: at("stat"),
            err: at("err"),
            imsi: at("imsi"),
            mccmnc: at("mccmnc"),
            original_network: at("original_network"),
            original_prefix: at("original_prefix"),
            ported_network: at("ported_network"),
            ported_prefix: at("ported_prefix"),
            roaming: at("roaming"),
        }
    }
}

impl LookupPointers {
    fn all(&self) -> [&str; 9] {
        [
            &self.stat,
            &self.err,
            &self.imsi,
            &self.mccmnc,
            &self.original_network,
            &self.original_prefix,
            &self.ported_network,
            &self.ported_prefix,
            &self.roaming,
        ]
    }
}

#[derive(Debug, Clone)]
pub struct HttpLookupOptions {
    /// With `{msisdn}`, and perhaps `{roaming}` for `true` or `false`.
    pub url: String,
    /// Value of the header `Authorization`.
    pub authorization: Option<Secret>,
    pub timeout: Duration,
    pub pointers: LookupPointers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LookupConfigError {
    #[error("url must be an http:// or https:// URL that contains {MSISDN} after its host")]
    Url,
    #[error("a JSON pointer begins with /")]
    Pointer,
}

#[derive(Debug)]
pub struct HttpLookup {
    options: HttpLookupOptions,
    fetch: Arc<dyn Fetch>,
}

impl HttpLookup {
    /// `fetch` may call the operator's own network, because the URL is the operator's.
    pub fn new(
        options: HttpLookupOptions,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Self, LookupConfigError> {
        // Numbers in the host would be names to resolve.
        let (before, _) = options.url.split_once(MSISDN).ok_or(LookupConfigError::Url)?;
        let base = Url::parse(before).map_err(|_| LookupConfigError::Url)?;
        let whole = before.get(base.scheme().len() + 3..).unwrap_or_default().contains('/');
        let whole = whole || before.contains('?');
        if !matches!(base.scheme(), "http" | "https") || !whole {
            return Err(LookupConfigError::Url);
        }
        if options.pointers.all().iter().any(|pointer| !pointer.starts_with('/')) {
            return Err(LookupConfigError::Pointer);
        }
        Ok(Self { options, fetch })
    }

    fn request(&self, number: Msisdn, roaming: bool) -> Result<FetchRequest, PortError> {
        let url = self.options.url.replace(MSISDN, &number.digits().to_string());
        let url = url.replace(ROAMING, if roaming { "true" } else { "false" });
        let url =
            Url::parse(&url).map_err(|_| PortError::Unavailable("the URL is wrong".to_owned()))?;
        let secret = self.options.authorization.as_ref();
        let authorization = secret.map(|secret| ("authorization", secret.expose().to_owned()));
        Ok(FetchRequest {
            url,
            method: FetchMethod::Get,
            headers: authorization.into_iter().collect(),
            timeout: self.options.timeout,
            body_bytes_max: ANSWER_BYTES_MAX,
        })
    }

    fn read(&self, body: &[u8], roaming: bool) -> Option<NetworkAnswer> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let pointers = &self.options.pointers;
        let at = |pointer: &str| body.pointer(pointer).filter(|value| !value.is_null());
        let abroad = at(&pointers.roaming).and_then(flag);
        Some(NetworkAnswer {
            stat: at(&pointers.stat).and_then(text)?,
            err: at(&pointers.err).and_then(number).unwrap_or(0),
            imsi: at(&pointers.imsi).and_then(text),
            mccmnc: at(&pointers.mccmnc).and_then(number),
            original_network: at(&pointers.original_network).and_then(text),
            original_prefix: at(&pointers.original_prefix).and_then(number),
            ported_network: at(&pointers.ported_network).and_then(text),
            ported_prefix: at(&pointers.ported_prefix).and_then(number),
            roaming: abroad.filter(|_| roaming),
        })
    }
}

/// Characters of a field.
const FIELD_CHARS_MAX: usize = 100;

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text.chars().take(FIELD_CHARS_MAX).collect()).filter(|text: &String| !text.is_empty())
}

fn number<T: std::str::FromStr>(value: &Value) -> Option<T> {
    text(value)?.parse().ok()
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        other => match text(other)?.as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
    }
}

#[async_trait]
impl Lookup for HttpLookup {
    async fn look_up(&self, number: Msisdn, roaming: bool) -> Result<NetworkAnswer, PortError> {
        let unknown = |why: String| PortError::Unknown(why);
        let response = self.fetch.fetch(self.request(number, roaming)?).await;
        let FetchResponse { status, body, .. } = response.map_err(|error| match error {
            FetchError::Unreachable(Cause::Broken) | FetchError::TimedOut => {
                unknown(error.to_string())
            }
            FetchError::Forbidden(_) | FetchError::Unreachable(_) => {
                PortError::Unavailable(error.to_string())
            }
        })?;
        match status {
            200..=299 => self
                .read(&body, roaming)
                .ok_or_else(|| unknown("the provider's answer has no field `stat`".to_owned())),
            400 | 404 | 422 => {
                Err(PortError::Refused(format!("the provider answered with status {status}")))
            }
            _ => Err(unknown(format!("the provider answered with status {status}"))),
        }
    }
}
