//! One attempt to deliver an event: the request, and what its response means.

use std::net::IpAddr;

use domain::event::{Attempt, AttemptError, AttemptResult, Next, Target, Tried, next_attempt};
use domain::limits;
use domain::message::progress::Progress;
use domain::ports::{
    Delivery, DeliveryOutcome, DeliveryResult, Fetch, FetchError, FetchMethod, FetchRequest,
    RetryAfter, Snapshot,
};
use domain::time::Timestamp;
use tokio::time::Instant;
use url::form_urlencoded::byte_serialize;
use url::{Position, Url};
use uuid::Uuid;

use super::Context;
use super::queue::{Call, Destination, Response};
use super::sign::Signer;
use crate::metrics::ByResult;

/// A delivery in memory whose request has not begun.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) delivery: Delivery,
    /// `None` when the stored text is not a URL.
    pub(super) url: Option<Url>,
    pub(super) begin_by: Timestamp,
}

impl Waiting {
    pub(super) fn new(delivery: Delivery, begin_by: Timestamp) -> Self {
        let url = Url::parse(delivery.target.url()).ok();
        Self { delivery, url, begin_by }
    }

    pub(super) fn destination(&self, fetch: &dyn Fetch) -> Destination {
        let part = |end| self.url.as_ref().map_or("", |url| &url[Position::BeforeHost..end]);
        Destination {
            owner: self.delivery.owner.clone(),
            host: part(Position::AfterHost).to_owned(),
            receiver: part(Position::AfterPort).to_owned(),
            address: self.url.as_ref().and_then(|url| fetch.address_of(url)),
            is_retry: self.delivery.attempts > 0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) call: Call,
    pub(super) response: Response,
    /// Of the receiver, if it is known by now.
    pub(super) address: Option<IpAddr>,
    pub(super) result: DeliveryResult,
    /// Another event of the same order may have waited for the end of this one.
    pub(super) frees_next: bool,
    pub(super) failed: Option<Failed>,
}

/// A failed attempt, for the log.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) event: Uuid,
    pub(super) attempts: u32,
    pub(super) why: String,
}

/// `None` when the stored URL or secret is unusable.
pub(super) fn request(
    context: &Context,
    signer: &mut Signer,
    delivery: &Delivery,
    url: Option<Url>,
) -> Option<FetchRequest> {
    let mut url = url?;
    let (method, headers) = match &delivery.target {
        Target::Webhook { secret, .. } => {
            let body = context.render.body(&delivery.snapshot);
            let id = format!("msg_{}", delivery.event.simple());
            let timestamp = context.now().as_secs();
            let signature = signer.sign(secret, &id, timestamp, &body)?;
            let headers = vec![
                ("webhook-id", id),
                ("webhook-timestamp", timestamp.to_string()),
                ("webhook-signature", signature),
            ];
            (FetchMethod::Post(body.into()), headers)
        }
        Target::Callback { .. } => {
            append_query(&mut url, &context.render.parameters(&delivery.snapshot));
            (FetchMethod::Get, Vec::new())
        }
    };
    Some(FetchRequest {
        url,
        method,
        headers,
        timeout: limits::WEBHOOK_TIMEOUT,
        body_bytes_max: limits::WEBHOOK_ANSWER_BYTES_MAX,
    })
}

/// Appends parameters to the query that the URL has.
fn append_query(url: &mut Url, parameters: &[(String, String)]) {
    // All but letters, digits and `*-._` is encoded, a space as `+`, which not every receiver reads as one.
    let encoded =
        |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let pair = |(name, value): &(String, String)| format!("{}={}", encoded(name), encoded(value));
    let own = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let pairs: Vec<_> = own.into_iter().chain(parameters.iter().map(pair)).collect();
    url.set_query(Some(&pairs.join("&")));
}

/// Sends the request.
pub(super) async fn attempt(
    context: &Context,
    call: Call,
    delivery: Delivery,
    request: Option<FetchRequest>,
) -> Ended {
    let (at, begun) = (context.now(), Instant::now());
    let url = request.as_ref().map(|request| request.url.clone());
    let fetched = match request {
        Some(request) => Some(context.fetch.fetch(request).await),
        None => None,
    };
    let address = url.and_then(|url| context.fetch.address_of(&url));
    let took = begun.elapsed();
    if fetched.is_some() {
        context.metrics.webhook.observe(took.as_secs_f64());
    }
    let cause = match &fetched {
        Some(Err(FetchError::Unreachable(cause))) => Some(cause.to_string()),
        Some(Err(error)) => Some(error.to_string()),
        Some(Ok(_)) | None => None,
    };
    let (response, result, retry_after) = match fetched {
        None => (Response::NotSent, AttemptResult::Error(AttemptError::Invalid), None),
        Some(Err(error)) => (silence(&error), AttemptResult::Error(failure(&error)), None),
        Some(Ok(fetched)) => {
            let result = AttemptResult::Status(fetched.status);
            (Response::After(took), result, fetched.retry_after)
        }
    };
    let outcome = outcome(context, &delivery, Attempt { at, took, result }, retry_after);
    let failed = (!matches!(outcome, DeliveryOutcome::Delivered(_))).then(|| Failed {
        event: delivery.event,
        attempts: delivery.attempts + 1,
        why: cause.unwrap_or_else(|| result.to_string()),
    });
    count(context, &outcome);
    let frees_next = has_ended(&outcome) && !is_last(&delivery.snapshot);
    let result = DeliveryResult { event: delivery.id, outcome };
    Ended { call, response, address, result, frees_next, failed }
}

fn outcome(
    context: &Context,
    delivery: &Delivery,
    attempt: Attempt,
    retry_after: Option<RetryAfter>,
) -> DeliveryOutcome {
    let (attempts, salt) = (delivery.attempts + 1, delivery.id.0.unsigned_abs());
    let tried = Tried { attempts, result: attempt.result, retry_after, salt };
    match next_attempt(delivery.target.kind().plan(), tried, context.now()) {
        Next::Delivered => DeliveryOutcome::Delivered(attempt),
        Next::At(at) => DeliveryOutcome::RetryAt(at, attempt),
        Next::Failed => DeliveryOutcome::Failed(attempt),
    }
}

/// A request that was refused before the network says nothing about the receiver.
const fn silence(error: &FetchError) -> Response {
    match error {
        FetchError::Forbidden(_) => Response::NotSent,
        FetchError::Unreachable(_) | FetchError::TimedOut => Response::None,
    }
}

const fn failure(error: &FetchError) -> AttemptError {
    match error {
        FetchError::Forbidden(_) => AttemptError::Forbidden,
        FetchError::Unreachable(_) => AttemptError::Unreachable,
        FetchError::TimedOut => AttemptError::TimedOut,
    }
}

const fn has_ended(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Delivered(_) | DeliveryOutcome::Failed(_))
}

/// Whether no event of its order or campaign comes after it, as far as is known.
const fn is_last(snapshot: &Snapshot) -> bool {
    match snapshot {
        Snapshot::Inbound(_) | Snapshot::Campaign(_) | Snapshot::Report(_) => true,
        Snapshot::Recipients(..) => false,
        Snapshot::Order(order) => {
            matches!(order.progress, Some(Progress::Delivered | Progress::Failed))
        }
    }
}

pub(super) fn count(context: &Context, outcome: &DeliveryOutcome) {
    let result = match outcome {
        DeliveryOutcome::Delivered(_) => "told",
        DeliveryOutcome::RetryAt(..) | DeliveryOutcome::PutOff(_) => "retry",
        DeliveryOutcome::Failed(_) => "gave_up",
    };
    context.metrics.webhooks.get_or_create(&ByResult { result }).inc();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_appended_to_the_query_and_before_the_fragment() {
        for (url, expected) in [
            ("http://a.example", "http://a.example/?text=a%20b%26c%2B%C3%A6%23&mms="),
            ("http://a.example/x?", "http://a.example/x?text=a%20b%26c%2B%C3%A6%23&mms="),
            (
                "http://a.example/x?k=v%20w&z#top",
                "http://a.example/x?k=v%20w&z&text=a%20b%26c%2B%C3%A6%23&mms=#top",
            ),
        ] {
            let mut url = Url::parse(url).unwrap();
            let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            append_query(&mut url, &[parameter("text", "a b&c+æ#"), parameter("mms", "")]);
            assert_eq!(url.as_str(), expected);
        }
    }
}
