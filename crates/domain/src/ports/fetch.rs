//! Calls to addresses that customers give. One implementation, one guard.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

/// A POST with a JSON body to an address that a customer gave.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    /// For the whole call, name resolution included.
    pub timeout: Duration,
    /// More than this of the answer is not read.
    pub answer_bytes_max: usize,
}

#[derive(Debug, Clone)]
pub struct FetchResponse {
    pub status: u16,
    pub body: Bytes,
}

/// None of these tells more than the caller knew: an address inside the house and a closed port
/// outside look alike to the customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the address is not one we call: {0}")]
    Forbidden(&'static str),
    #[error("no connection, or it broke")]
    Unreachable,
    #[error("no answer in time")]
    TimedOut,
}

#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Whether the address could be called at all, judged without the network: scheme, port, host
    /// given as a number. Names are judged again when they are resolved.
    fn check(&self, url: &Url) -> Result<(), FetchError>;

    /// Calls it. Redirects are not followed: their status is the answer. A repeat is a new call.
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError>;
}
