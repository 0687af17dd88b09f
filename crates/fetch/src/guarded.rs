//! The call itself: one POST, its answer cut to size, and its end in time.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use domain::limits;
use domain::ports::{Fetch, FetchError, FetchRequest, FetchResponse};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect};
use tokio::time::timeout;
use url::Url;

use crate::address;
use crate::resolve::{AllInside, Filtered, Resolver, SystemResolver};
use crate::{Options, tls};

/// Connections kept open to one receiver between calls, and how long: a campaign tells many events
/// to the same one.
const IDLE_CONNECTIONS_MAX: usize = limits::WEBHOOKS_PER_HOST_MAX;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A receiver that does not even take the connection by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The client could not be made: TLS does not start.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client does not start")]
pub struct BuildError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The client that looks before it calls.
#[derive(Debug, Clone)]
pub struct Guarded {
    options: Arc<Options>,
    client: Client,
}

impl Guarded {
    pub fn new(options: Options) -> Result<Self, BuildError> {
        Self::with_resolver(options, Arc::new(SystemResolver::default()))
    }

    /// With another source of addresses. They are judged all the same.
    pub fn with_resolver(
        options: Options,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, BuildError> {
        let options = Arc::new(options);
        let tls = tls::config(&options).map_err(|error| BuildError(error.into()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Filtered { resolver, options: Arc::clone(&options) })
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("boltgram/", env!("CARGO_PKG_VERSION")))
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
            .map_err(|error| BuildError(error.into()))?;
        Ok(Self { options, client })
    }

    async fn call(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let FetchRequest { url, headers, body, answer_bytes_max, .. } = request;
        let headers = header_map(headers)?;
        let sent = self.client.post(url).headers(headers).body(body).send().await;
        let response = sent.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body = read(response, answer_bytes_max).await?;
        Ok(FetchResponse { status, body })
    }
}

#[async_trait]
impl Fetch for Guarded {
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        address::check(url, &self.options)
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        self.check(&request.url)?;
        timeout(request.timeout, self.call(request)).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

fn header_map(headers: Vec<(&'static str, String)>) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::with_capacity(headers.len() + 1);
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) else {
            return Err(FetchError::Forbidden("a header that HTTP does not carry"));
        };
        map.insert(name, value);
    }
    Ok(map)
}

/// At most `max` bytes of the body. The rest is not waited for; its connection is closed.
async fn read(mut response: Response, max: usize) -> Result<Bytes, FetchError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        let room = max - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    Ok(body.freeze())
}

/// A name that resolves inside is *unreachable*, as a closed port is: the answer tells a customer
/// nothing about our network. Our own log knows.
fn failure(error: &reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(source) = cause {
        if source.is::<AllInside>() {
            let host = error.url().and_then(Url::host_str).unwrap_or_default();
            tracing::warn!(host, "a customer's address names a host inside; not called");
            return FetchError::Unreachable;
        }
        cause = source.source();
    }
    if error.is_timeout() { FetchError::TimedOut } else { FetchError::Unreachable }
}
