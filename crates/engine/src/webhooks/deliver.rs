//! The worker that tells events: keeps a bounded number of calls under way, few of them to one host,
//! and records each as it ends, so that a receiver that hangs holds up no other. A crash after a
//! call repeats it; receivers know the repeat by its id.

use std::collections::HashMap;
use std::time::Duration;

use domain::limits;
use domain::ports::{FetchRequest, WebhookCall, WebhookOutcome, WebhookResult};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use url::Url;

use super::{schedule, sign};
use crate::engine::Engine;
use crate::metrics::ByResult;
use crate::wake::signal_or_timer;

const ROUND: Duration = Duration::from_secs(1);

/// Longer than a call may take, so that no other process makes the same one meanwhile.
const LEASE: Duration = Duration::from_secs(60);

/// When a call is looked at again whose host has enough of them.
const HOST_WAIT: Duration = Duration::from_secs(10);

/// The receiver wants no more (RFC 9110 §15.5.11).
const GONE: u16 = 410;

/// A call that ended, and the host whose place is free again.
type Ended = (String, WebhookResult);

pub(crate) async fn deliver(engine: &Engine) {
    let mut running = FuturesUnordered::new();
    let mut hosts: HashMap<String, usize> = HashMap::new();
    loop {
        let mut results = Vec::new();
        for call in claim(engine, running.len()).await {
            let host = host_of(&call);
            let places = hosts.entry(host.clone()).or_default();
            if *places < limits::WEBHOOKS_PER_HOST_MAX {
                *places += 1;
                running.push(tell(engine, call).map(move |result| (host, result)));
            } else {
                let outcome = WebhookOutcome::PutOff(engine.now().after(HOST_WAIT));
                let note = "its host has enough calls under way".to_owned();
                results.push(WebhookResult { call: call.id, outcome, note });
            }
        }
        tokio::select! {
            Some(ended) = running.next() => results.push(free(&mut hosts, ended)),
            () = signal_or_timer(&engine.wake.webhooks, ROUND) => {}
        }
        while let Some(Some(ended)) = running.next().now_or_never() {
            results.push(free(&mut hosts, ended));
        }
        record(engine, results).await;
    }
}

/// Takes as many calls as there are places.
async fn claim(engine: &Engine, running: usize) -> Vec<WebhookCall> {
    let running = u32::try_from(running).unwrap_or(u32::MAX);
    let places = limits::WEBHOOKS_IN_FLIGHT_MAX.saturating_sub(running);
    if places == 0 {
        return Vec::new();
    }
    let now = engine.now();
    engine.store.claim_webhooks(now, now.after(LEASE), places).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "could not claim webhooks; trying again");
        Vec::new()
    })
}

fn free(hosts: &mut HashMap<String, usize>, (host, result): Ended) -> WebhookResult {
    if let Some(places) = hosts.get_mut(&host) {
        *places -= 1;
        if *places == 0 {
            hosts.remove(&host);
        }
    }
    result
}

async fn record(engine: &Engine, results: Vec<WebhookResult>) {
    if results.is_empty() {
        return;
    }
    if let Err(error) = engine.store.record_webhooks(results, engine.now()).await {
        tracing::warn!(%error, "could not record webhooks; they are made again");
    }
}

fn host_of(call: &WebhookCall) -> String {
    let url = Url::parse(&call.url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
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
        WebhookOutcome::RetryAt(_) | WebhookOutcome::PutOff(_) => "retry",
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
