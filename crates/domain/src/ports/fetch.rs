//! HTTP requests to addresses from customers. One implementation, one guard.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

use crate::time::Timestamp;

/// A request to an address from a customer.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub url: Url,
    pub method: FetchMethod,
    pub headers: Vec<(&'static str, String)>,
    /// For the whole request, including name resolution and the response body.
    pub timeout: Duration,
    /// The rest of a longer response body is not read.
    pub body_bytes_max: usize,
}

#[derive(Debug, Clone)]
pub enum FetchMethod {
    Get,
    /// A GET that has an effect: it is written to a new connection, once, and never sent again.
    GetOnce,
    /// Posts this JSON body.
    Post(Bytes),
}

#[derive(Debug, Clone)]
pub struct FetchResponse {
    pub status: u16,
    /// `Retry-After` (RFC 9110 §10.2.3).
    pub retry_after: Option<RetryAfter>,
    /// `Location`, as it was sent (RFC 9110 §10.2.2).
    pub location: Option<String>,
    pub body: Bytes,
}

/// When the receiver wants the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    After(Duration),
    /// By its clock, which it did not tell.
    At(Timestamp),
}

/// None of their texts reveals our network: a private address and a closed public port give the same
/// one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the address is not allowed: {0}")]
    Forbidden(&'static str),
    #[error("no connection, or the connection broke")]
    Unreachable(Cause),
    #[error("no response in time")]
    TimedOut,
}

/// Why a receiver is unreachable: for the operator's log, never for a customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("the name has no address")]
    Name,
    #[error("the name has an internal address")]
    Internal,
    #[error("no connection: {0}")]
    Connect(std::io::ErrorKind),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("the connection broke, or the response is not HTTP")]
    Broken,
}

#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Whether the address may be requested, checked offline: scheme, port, numeric host. Addresses
    /// of a name are checked again after it is resolved.
    fn check(&self, url: &Url) -> Result<(), FetchError>;

    /// The address of the URL's host: written in the URL, or found when the name was last resolved for a
    /// request. `None` if none is known. Never waits.
    fn address_of(&self, url: &Url) -> Option<IpAddr>;

    /// Sends the request. Redirects are not followed: their status is the response. A repeat is a new
    /// request.
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError>;
}
