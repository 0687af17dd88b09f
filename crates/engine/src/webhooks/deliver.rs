//! The worker that tells events: claims what is due, calls many receivers at a time, records what
//! came of it. A crash after a call repeats it; receivers know the repeat by its id.

use std::time::Duration;

use domain::limits;
use domain::ports::{FetchRequest, WebhookCall, WebhookOutcome, WebhookResult};
use futures_util::{StreamExt, stream};
use url::Url;

use super::{schedule, sign};
use crate::engine::Engine;
use crate::metrics::ByResult;
use crate::wake::signal_or_timer;

const ROUND: Duration = Duration::from_secs(1);

/// Longer than a call may take, so that no other process makes the same one meanwhile.
const LEASE: Duration = Duration::from_secs(60);

/// The receiver wants no more (RFC 9110 §15.5.11).
const GONE: u16 = 410;

pub(crate) async fn deliver(engine: &Engine) {
    loop {
        if round(engine).await < limits::WEBHOOKS_IN_FLIGHT_MAX as usize {
            signal_or_timer(&engine.wake.webhooks, ROUND).await;
        }
    }
}

async fn round(engine: &Engine) -> usize {
    let now = engine.now();
    let lease = now.after(LEASE);
    let calls = match engine.store.claim_webhooks(now, lease, limits::WEBHOOKS_IN_FLIGHT_MAX).await
    {
        Ok(calls) => calls,
        Err(error) => {
            tracing::warn!(%error, "could not claim webhooks; trying again");
            return 0;
        }
    };
    let claimed = calls.len();
    if claimed == 0 {
        return 0;
    }
    let results: Vec<_> = stream::iter(calls)
        .map(|call| tell(engine, call))
        .buffer_unordered(claimed)
        .collect()
        .await;
    if let Err(error) = engine.store.record_webhooks(results, engine.now()).await {
        tracing::warn!(%error, "could not record webhooks; they are made again");
    }
    claimed
}

async fn tell(engine: &Engine, call: WebhookCall) -> WebhookResult {
    let note = match request(engine, &call) {
        Err(why) => Err(why.to_owned()),
        Ok(request) => match engine.fetch.fetch(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(answer.status),
            Ok(answer) if answer.status == GONE => {
                return result(engine, &call, WebhookOutcome::GaveUp, "status 410".to_owned());
            }
            Ok(answer) => Err(format!("status {}", answer.status)),
            Err(error) => Err(error.to_string()),
        },
    };
    match note {
        Ok(status) => result(engine, &call, WebhookOutcome::Told, format!("status {status}")),
        Err(note) => {
            let wait = schedule::wait(call.attempts + 1, call.id.0.unsigned_abs());
            let outcome = wait.map_or(WebhookOutcome::GaveUp, |wait| {
                WebhookOutcome::RetryAt(engine.now().after(wait))
            });
            tracing::debug!(event = %call.event, attempts = call.attempts + 1, note, "not told");
            result(engine, &call, outcome, note)
        }
    }
}

fn result(
    engine: &Engine,
    call: &WebhookCall,
    outcome: WebhookOutcome,
    note: String,
) -> WebhookResult {
    let word = match outcome {
        WebhookOutcome::Told => "told",
        WebhookOutcome::RetryAt(_) => "retry",
        WebhookOutcome::GaveUp => "gave_up",
    };
    engine.metrics().webhooks.get_or_create(&ByResult { result: word }).inc();
    WebhookResult { call: call.id, outcome, note }
}

fn request(engine: &Engine, call: &WebhookCall) -> Result<FetchRequest, &'static str> {
    let url = Url::parse(&call.url).map_err(|_| "the stored address is none")?;
    let body = engine.render.render(&call.snapshot);
    let id = format!("msg_{}", call.event.simple());
    let timestamp = engine.now().as_secs();
    let signature = sign(&call.secret, &id, timestamp, &body).ok_or("the secret is none")?;
    Ok(FetchRequest {
        url,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ],
        body: body.into(),
        timeout: limits::WEBHOOK_TIMEOUT,
        answer_bytes_max: limits::WEBHOOK_ANSWER_BYTES_MAX,
    })
}
