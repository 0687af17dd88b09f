//! One call: what is sent, and what its answer context.

use std::sync::Arc;

use domain::limits;
use domain::message::progress::Progress;
use domain::ports::{
    FetchError, FetchMethod, FetchRequest, FetchResponse, Snapshot, WebhookCall, WebhookOutcome,
    WebhookResult,
};
use domain::time::Timestamp;
use tokio::time::Instant;
use url::{Position, Url};

use super::Context;
use super::queue::Answer;
use super::schedule;
use super::sign::Signer;
use crate::metrics::ByResult;

/// The receiver wants no more (RFC 9110 §15.5.11).
const GONE: u16 = 410;

/// A call in memory that has not begun.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) call: WebhookCall,
    /// `None` when what is stored is no address.
    pub(super) url: Option<Url>,
    pub(super) begin_by: Timestamp,
}

impl Waiting {
    pub(super) fn new(call: WebhookCall, begin_by: Timestamp) -> Self {
        let url = Url::parse(&call.url).ok();
        Self { call, url, begin_by }
    }

    /// Host and port: two services on one machine do not answer for each other.
    pub(super) fn host(&self) -> &str {
        let Some(url) = &self.url else { return "" };
        &url[Position::BeforeHost..Position::AfterPort]
    }
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) host: Arc<str>,
    pub(super) answer: Answer,
    pub(super) result: WebhookResult,
    /// Another event of the same order may have waited for the end of this one.
    pub(super) frees_next: bool,
}

pub(super) fn request(
    context: &Context,
    signer: &mut Signer,
    call: &WebhookCall,
    url: Option<Url>,
) -> Result<FetchRequest, &'static str> {
    let url = url.ok_or("the stored address is none")?;
    let body = context.render.render(&call.snapshot);
    let id = format!("msg_{}", call.event.simple());
    let timestamp = context.now().as_secs();
    let signature = signer.sign(&call.secret, &id, timestamp, &body).ok_or("the secret is none")?;
    Ok(FetchRequest {
        url,
        method: FetchMethod::Post(body.into()),
        headers: vec![
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ],
        timeout: limits::WEBHOOK_TIMEOUT,
        body_bytes_max: limits::WEBHOOK_ANSWER_BYTES_MAX,
    })
}

/// Makes the call.
pub(super) async fn tell(
    context: &Context,
    host: Arc<str>,
    call: WebhookCall,
    request: Result<FetchRequest, &'static str>,
) -> Ended {
    let begun = Instant::now();
    let fetched = match request {
        Ok(request) => Ok(context.fetch.fetch(request).await),
        Err(why) => Err(why),
    };
    let (answer, told, note) = match fetched {
        Err(why) => (Answer::NotAsked, None, why.to_owned()),
        Ok(Err(error)) => (silence(&error), None, error.to_string()),
        Ok(Ok(FetchResponse { status, .. })) => {
            (Answer::After(begun.elapsed()), outcome_of(status), format!("status {status}"))
        }
    };
    let outcome = told.unwrap_or_else(|| again(context.now(), &call));
    if outcome != WebhookOutcome::Told {
        tracing::debug!(event = %call.event, attempts = call.attempts + 1, note, "not told");
    }
    count(context, &outcome);
    let frees_next = is_over(&outcome) && !is_last(&call.snapshot);
    Ended { host, answer, result: WebhookResult { call: call.id, outcome, note }, frees_next }
}

/// What is refused before the network is no word about the receiver.
const fn silence(error: &FetchError) -> Answer {
    match error {
        FetchError::Forbidden(_) => Answer::NotAsked,
        FetchError::Unreachable | FetchError::TimedOut => Answer::None,
    }
}

const fn outcome_of(status: u16) -> Option<WebhookOutcome> {
    match status {
        200..300 => Some(WebhookOutcome::Told),
        GONE => Some(WebhookOutcome::GaveUp),
        _ => None,
    }
}

/// The next attempt, if there is one.
fn again(now: Timestamp, call: &WebhookCall) -> WebhookOutcome {
    let wait = schedule::wait(call.attempts + 1, call.id.0.unsigned_abs());
    wait.map_or(WebhookOutcome::GaveUp, |wait| WebhookOutcome::RetryAt(now.after(wait)))
}

const fn is_over(outcome: &WebhookOutcome) -> bool {
    matches!(outcome, WebhookOutcome::Told | WebhookOutcome::GaveUp)
}

/// Whether its order has nothing more to tell.
const fn is_last(snapshot: &Snapshot) -> bool {
    match snapshot {
        Snapshot::Inbound(_) => true,
        Snapshot::Order(order) => {
            matches!(order.progress, Some(Progress::Delivered | Progress::Failed))
        }
    }
}

pub(super) fn count(context: &Context, outcome: &WebhookOutcome) {
    let result = match outcome {
        WebhookOutcome::Told => "told",
        WebhookOutcome::RetryAt(_) | WebhookOutcome::PutOff(_) => "retry",
        WebhookOutcome::GaveUp => "gave_up",
    };
    context.metrics.webhooks.get_or_create(&ByResult { result }).inc();
}
