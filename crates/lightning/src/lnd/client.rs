//! Requests to LND's REST API, and the meaning of its errors. Nearly every error has code 2 (*unknown*) and HTTP status
//! 500, so they are distinguished by message.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use domain::ports::PortError;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::credentials::Credentials;
use super::wire::{Failure, Message};

/// Limit of a response's body; a page of invoices is far smaller.
const ANSWER_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Why the client cannot be created. The text names files and never includes their contents.
#[derive(Debug, thiserror::Error)]
pub enum LndError {
    #[error("cannot read {path}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} has mode {mode:03o}, so that other users can access it: chmod 600 it")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{path} contains no PEM certificate")]
    Certificate { path: PathBuf },
    #[error("the URL of LND must be https://host:port")]
    Address,
    #[error("cannot create the HTTP client")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// LND's refusals, by message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    StillOpen,
    AlreadyCancelled,
    AlreadySettled,
    AlreadyExists,
    /// Of a payment of ours.
    AlreadyPaid,
    InTransition,
    NeverSent,
    /// Of an invoice that it does not pay: expired, or its own.
    Unpayable,
}

#[derive(Debug)]
pub(super) enum CallError {
    Refusal(Refusal),
    Port(PortError),
}

impl From<PortError> for CallError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// For callers that expect no refusal.
impl From<CallError> for PortError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Port(error) => error,
            CallError::Refusal(refusal) => Self::Conflict(format!("LND: {refusal:?}")),
        }
    }
}

#[derive(Debug)]
pub(super) struct Rest {
    credentials: Credentials,
    base: Url,
}

impl Rest {
    pub(super) fn new(
        base: Url,
        macaroon_file: PathBuf,
        certificate_file: PathBuf,
        timeout: Duration,
    ) -> Result<Self, LndError> {
        if base.scheme() != "https" || base.host().is_none() || base.path() != "/" {
            return Err(LndError::Address);
        }
        Ok(Self { credentials: Credentials::new(macaroon_file, certificate_file, timeout)?, base })
    }

    /// A read: without a response, nothing happened.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, CallError> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.call(Method::GET, url, None::<&()>, PortError::Unavailable).await
    }

    /// A change: without a response, it may have happened.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        self.call(Method::POST, self.at(path), Some(body), PortError::Unknown).await
    }

    /// The first message of a stream. The stream is closed then, whatever would follow.
    pub(super) async fn first<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, CallError> {
        let mut url = self.at(path);
        url.query_pairs_mut().extend_pairs(query);
        let request = self.credentials.clients().calls.get(url);
        self.first_of(request, PortError::Unavailable).await
    }

    /// The first message of the stream that a change returns, which may take `timeout`.
    pub(super) async fn post_first<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let request = self.credentials.clients().calls.post(self.at(path)).json(body);
        self.first_of(request.timeout(timeout), PortError::Unknown).await
    }

    async fn first_of<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        no_answer: fn(String) -> PortError,
    ) -> Result<T, CallError> {
        let response = self.send(request, no_answer).await?;
        let status = response.status();
        let line = read_line(response, no_answer).await?;
        let misread = |error| no_answer(format!("unexpected response of LND: {error}"));
        match serde_json::from_slice::<Message<T>>(&line) {
            Ok(Message { result: Some(result), .. }) if status.is_success() => Ok(result),
            Ok(Message { error: Some(failure), .. } | Message { failure, .. }) => {
                Err(self.refused(status, &failure.message, no_answer))
            }
            Err(error) => Err(misread(error).into()),
        }
    }

    /// Opens a stream, which has no limit of time once it has begun.
    pub(super) async fn open_stream(&self, path: &str) -> Result<Response, CallError> {
        let request = self.credentials.clients().streams.get(self.at(path));
        let response = self.send(request, PortError::Unavailable).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = read_body(response, PortError::Unavailable).await?;
        Err(self.refused(status, &message(&bytes), PortError::Unavailable))
    }

    /// A failure to connect may be due to another certificate.
    async fn send(
        &self,
        request: RequestBuilder,
        no_answer: fn(String) -> PortError,
    ) -> Result<Response, PortError> {
        request.send().await.map_err(|error| {
            if error.is_connect() {
                self.credentials.read_again();
            }
            broken(error, no_answer)
        })
    }

    /// A refusal of the request itself may be due to another macaroon.
    pub(super) fn refused(
        &self,
        status: StatusCode,
        message: &str,
        no_answer: fn(String) -> PortError,
    ) -> CallError {
        let error = refused(status, message, no_answer);
        if matches!(error, CallError::Port(_)) {
            self.credentials.read_again();
        }
        error
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<&impl Serialize>,
        no_answer: fn(String) -> PortError,
    ) -> Result<T, CallError> {
        let mut request = self.credentials.clients().calls.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = self.send(request, no_answer).await?;
        let status = response.status();
        let bytes = read_body(response, no_answer).await?;
        if status.is_success() {
            let misread = |error| no_answer(format!("unexpected response of LND: {error}"));
            return Ok(serde_json::from_slice(&bytes).map_err(misread)?);
        }
        Err(self.refused(status, &message(&bytes), no_answer))
    }
}

fn message(body: &[u8]) -> String {
    serde_json::from_slice::<Failure>(body).map(|failure| failure.message).unwrap_or_default()
}

/// Up to the first line break, or the end.
async fn read_line(
    mut response: Response,
    no_answer: fn(String) -> PortError,
) -> Result<Vec<u8>, PortError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, no_answer))? {
        let line = chunk.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if bytes.len() + line.len() > ANSWER_BYTES_MAX {
            return Err(no_answer("LND's response is too long".into()));
        }
        bytes.extend_from_slice(line);
        if line.len() < chunk.len() {
            break;
        }
    }
    Ok(bytes)
}

async fn read_body(
    mut response: Response,
    no_answer: fn(String) -> PortError,
) -> Result<Vec<u8>, PortError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, no_answer))? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(no_answer("LND's response is too long".into()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Without a connection the node received nothing.
pub(super) fn broken(error: reqwest::Error, no_answer: fn(String) -> PortError) -> PortError {
    let kind = if error.is_connect() { PortError::Unavailable } else { no_answer };
    kind(chain(&error.without_url()))
}

/// The message and its causes on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn refused(status: StatusCode, message: &str, no_answer: fn(String) -> PortError) -> CallError {
    let has = |part: &str| message.contains(part);
    let refusal = if has("unable to locate invoice") || has("there are no existing invoices") {
        Refusal::NotFound
    } else if has("invoice still open") {
        Refusal::StillOpen
    } else if has("invoice already canceled") {
        Refusal::AlreadyCancelled
    } else if has("invoice already settled") {
        Refusal::AlreadySettled
    } else if has("invoice with payment hash already exists") {
        Refusal::AlreadyExists
    } else if has("invoice is already paid") {
        Refusal::AlreadyPaid
    } else if has("payment is in transition") {
        Refusal::InTransition
    } else if has("payment isn't initiated") {
        Refusal::NeverSent
    } else if has("invoice expired") || has("self-payments not allowed") {
        Refusal::Unpayable
    } else {
        return CallError::Port(node_failure(status, message, no_answer));
    };
    CallError::Refusal(refusal)
}

/// Failures of the node itself. A wrong macaroon is one, too: the operator can fix it, so it must not decide an order.
fn node_failure(
    status: StatusCode,
    message: &str,
    no_answer: fn(String) -> PortError,
) -> PortError {
    const NOT_READY: [&str; 5] =
        ["wallet locked", "starting up", "macaroon", "permission denied", "verification failed"];
    let text = format!("LND refusal {status}: {message}");
    if NOT_READY.iter().any(|part| message.contains(part)) || status == StatusCode::UNAUTHORIZED {
        PortError::Unavailable(text)
    } else if status == StatusCode::BAD_REQUEST {
        PortError::Refused(text)
    } else {
        no_answer(text)
    }
}
