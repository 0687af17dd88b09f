//! HTTP requests to addresses that customers give. One implementation, one guard.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

/// A request to an address that a customer gave.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub url: Url,
    pub method: FetchMethod,
    pub headers: Vec<(&'static str, String)>,
    /// For the whole request, name resolution and the response body included.
    pub timeout: Duration,
    /// The rest of a longer response body is not read.
    pub body_bytes_max: usize,
}

#[derive(Debug, Clone)]
pub enum FetchMethod {
    Get,
    /// With this JSON body.
    Post(Bytes),
}

#[derive(Debug, Clone)]
pub struct FetchResponse {
    pub status: u16,
    /// `Retry-After` in seconds (RFC 9110 §10.2.3); a date there is ignored.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

/// None of these reveals anything about our network: a private address and a closed public port give
/// the same error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the address is not allowed: {0}")]
    Forbidden(&'static str),
    #[error("no connection, or the connection broke")]
    Unreachable,
    #[error("no response in time")]
    TimedOut,
}

#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Whether the address may be requested at all, checked without the network: scheme, port, host
    /// given as a number. The addresses of a name are checked again after it is resolved.
    fn check(&self, url: &Url) -> Result<(), FetchError>;

    /// Sends the request. Redirects are not followed: their status is the response. A repeat is a new
    /// request.
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError>;
}
