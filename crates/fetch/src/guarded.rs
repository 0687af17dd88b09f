//! One request: built, sent on an idle or a new connection, its response cut to size, all within its
//! timeout.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::limits::{CALLED_URL_CHARS_MAX, URL_CHARS_MAX};
use domain::ports::{Cause, Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse};
use http_body_util::Full;
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, USER_AGENT};
use hyper::http::uri::PathAndQuery;
use hyper::http::{HeaderValue, Method, Uri};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use crate::connect::Connector;
use crate::connection::{Connection, Failure, Outgoing};
use crate::pool::Pool;
use crate::resolve::{Resolver, SystemResolver};
use crate::{Options, address, tls};

const BOLTGRAM: HeaderValue =
    HeaderValue::from_static(concat!("boltgram/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

const NOT_HTTP: FetchError =
    FetchError::Forbidden("it contains characters that HTTP does not allow");

/// The client could not be built: the TLS configuration is unusable.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be built")]
pub struct BuildError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The HTTP client that checks addresses before it connects.
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

    /// With another resolver. Its addresses are checked all the same.
    pub fn with_resolver(
        options: Options,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, BuildError> {
        let tls = tls::config(&options).map_err(|error| BuildError(error.into()))?;
        let tls = TlsConnector::from(Arc::new(tls));
        let connector =
            Connector { options: Arc::new(options), resolver, tls, known: Arc::default() };
        Ok(Self { connector, pool: Arc::default() })
    }

    async fn send(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let FetchRequest { url, method, headers, body_bytes_max, .. } = request;
        // On a kept connection one cannot know whether a request that was not answered was read.
        let once = matches!(method, FetchMethod::GetOnce);
        let mut outgoing = outgoing(&url, method, headers)?;
        let broken = FetchError::Unreachable(Cause::Broken);
        let origin = &url[..Position::BeforePath];
        let kept = if once { None } else { self.pool.take(origin).await };
        if let Some(kept) = kept {
            let again = outgoing.clone();
            match self.send_on(kept, outgoing, body_bytes_max).await {
                Ok(response) => return Ok(response),
                Err(Failure::Broken) => return Err(broken),
                // The peer closed it meanwhile. Once more on a new one.
                Err(Failure::Unsent(unsent)) => outgoing = *unsent,
                Err(Failure::Unanswered) => outgoing = again,
            }
        }
        let wire = self.connector.connect(&url).await?;
        let new = Connection::begin(origin.into(), host(&url)?, wire).await?;
        let response = self.send_on(new, outgoing, body_bytes_max).await;
        response.map_err(|_| broken)
    }

    async fn send_on(
        &self,
        mut connection: Box<Connection>,
        mut outgoing: Outgoing,
        body_bytes_max: usize,
    ) -> Result<FetchResponse, Failure> {
        outgoing.headers_mut().insert(HOST, connection.host.clone());
        let response = connection.send(outgoing, body_bytes_max).await?;
        self.pool.put(connection).await;
        Ok(response)
    }
}

#[async_trait]
impl Fetch for Guarded {
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        address::check(url, &self.connector.options, URL_CHARS_MAX)
    }

    fn address_of(&self, url: &Url) -> Option<IpAddr> {
        match url.host()? {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(name) => self.connector.known.of(name),
        }
    }

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        // It may have more parameters than the customer's.
        address::check(&request.url, &self.connector.options, CALLED_URL_CHARS_MAX)?;
        timeout(request.timeout, self.send(request)).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

/// The request without its `Host` header, which the connection adds.
fn outgoing(
    url: &Url,
    method: FetchMethod,
    headers: Vec<(&'static str, String)>,
) -> Result<Outgoing, FetchError> {
    let target = Bytes::copy_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
    let target = PathAndQuery::from_maybe_shared(target).map_err(|_| NOT_HTTP)?;
    let mut headers = header_map(headers)?;
    let (method, body) = match method {
        FetchMethod::Get | FetchMethod::GetOnce => (Method::GET, Bytes::new()),
        FetchMethod::Post(json) => {
            headers.insert(CONTENT_TYPE, JSON);
            (Method::POST, json)
        }
    };
    let mut outgoing = Outgoing::new(Full::new(body));
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = Uri::from(target);
    *outgoing.headers_mut() = headers;
    Ok(outgoing)
}

fn header_map(headers: Vec<(&'static str, String)>) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::with_capacity(headers.len() + 5);
    map.insert(USER_AGENT, BOLTGRAM);
    map.insert(ACCEPT, ANYTHING);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| NOT_HTTP)?;
        map.insert(name, HeaderValue::try_from(value).map_err(|_| NOT_HTTP)?);
    }
    Ok(map)
}

/// The host, and the port unless it is the scheme's default (RFC 9110 §7.2).
fn host(url: &Url) -> Result<HeaderValue, FetchError> {
    let text = &url[Position::BeforeHost..Position::AfterPort];
    HeaderValue::from_str(text).map_err(|_| NOT_HTTP)
}
