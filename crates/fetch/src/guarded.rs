//! The call itself: one POST, its answer cut to size, and its end in time.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{Fetch, FetchError, FetchRequest, FetchResponse};
use http_body_util::Full;
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, USER_AGENT};
use hyper::http::uri::PathAndQuery;
use hyper::http::{HeaderValue, Method, Uri};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use crate::connect::Connector;
use crate::connection::{Connection, Failure, Post};
use crate::pool::Pool;
use crate::resolve::{Resolver, SystemResolver};
use crate::{Options, address, tls};

const US: HeaderValue = HeaderValue::from_static(concat!("boltgram/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

const UNSPEAKABLE: FetchError = FetchError::Forbidden("it has what HTTP does not carry");

/// The client could not be made: TLS does not start.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client does not start")]
pub struct BuildError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The client that looks before it calls.
#[derive(Clone)]
pub struct Guarded {
    connector: Connector,
    pool: Arc<Pool>,
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded")
            .field("options", &self.connector.options)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
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
        let tls = tls::config(&options).map_err(|error| BuildError(error.into()))?;
        let tls = TlsConnector::from(Arc::new(tls));
        let connector = Connector { options: Arc::new(options), resolver, tls };
        Ok(Self { connector, pool: Arc::default() })
    }

    async fn call(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let FetchRequest { url, headers, body, answer_bytes_max, .. } = request;
        let mut post = post(&url, headers, body)?;
        let origin = &url[..Position::BeforePath];
        if let Some(kept) = self.pool.take(origin).await {
            match self.call_on(kept, post, answer_bytes_max).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Broken) => return Err(FetchError::Unreachable),
                // It was closed as we took it. Nothing was said on it.
                Err(Failure::Unsent(unsent)) => post = *unsent,
            }
        }
        let wire = self.connector.connect(&url).await?;
        let new = Connection::begin(origin.into(), host(&url)?, wire).await?;
        let answer = self.call_on(new, post, answer_bytes_max).await;
        answer.map_err(|_| FetchError::Unreachable)
    }

    async fn call_on(
        &self,
        mut connection: Box<Connection>,
        mut post: Post,
        answer_bytes_max: usize,
    ) -> Result<FetchResponse, Failure> {
        post.headers_mut().insert(HOST, connection.host.clone());
        let answer = connection.call(post, answer_bytes_max).await?;
        self.pool.put(connection).await;
        Ok(answer)
    }
}

#[async_trait]
impl Fetch for Guarded {
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        address::check(url, &self.connector.options)
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        self.check(&request.url)?;
        timeout(request.timeout, self.call(request)).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

/// All of the request but its `Host`, which the connection knows.
fn post(url: &Url, headers: Vec<(&'static str, String)>, body: Bytes) -> Result<Post, FetchError> {
    let target = Bytes::copy_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
    let target = PathAndQuery::from_maybe_shared(target).map_err(|_| UNSPEAKABLE)?;
    let mut post = Post::new(Full::new(body));
    *post.method_mut() = Method::POST;
    *post.uri_mut() = Uri::from(target);
    *post.headers_mut() = header_map(headers)?;
    Ok(post)
}

fn header_map(headers: Vec<(&'static str, String)>) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::with_capacity(headers.len() + 5);
    map.insert(CONTENT_TYPE, JSON);
    map.insert(USER_AGENT, US);
    map.insert(ACCEPT, ANYTHING);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| UNSPEAKABLE)?;
        map.insert(name, HeaderValue::try_from(value).map_err(|_| UNSPEAKABLE)?);
    }
    Ok(map)
}

/// The host, and the port when it is not the scheme's own (RFC 9110 §7.2).
fn host(url: &Url) -> Result<HeaderValue, FetchError> {
    let text = &url[Position::BeforeHost..Position::AfterPort];
    HeaderValue::from_str(text).map_err(|_| UNSPEAKABLE)
}
