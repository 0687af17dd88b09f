//! The worker that tells events: keeps a bounded number of calls under way, few of them to one host,
//! and records each as it ends, so that a receiver that hangs holds up no other. A crash after a
//! call repeats it; receivers know the repeat by its id.

use std::time::Duration;

use domain::limits;
use domain::ports::{FetchRequest, WebhookCall, WebhookOutcome, WebhookResult};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use url::Url;

use super::hosts::Hosts;
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

/// A call that ended, its host, and whether the host answered at all.
struct Ended {
    host: String,
    answered: bool,
    result: WebhookResult,
}

impl Ended {
    fn free(self, hosts: &mut Hosts) -> WebhookResult {
        hosts.end(&self.host, self.answered);
        self.result
    }
}

pub(crate) async fn deliver(engine: &Engine) {
    let mut running = FuturesUnordered::new();
    let mut hosts = Hosts::default();
    loop {
        let mut results = Vec::new();
        for call in claim(engine, running.len()).await {
            let host = host_of(&call);
            if hosts.begin(&host) {
                running.push(tell(engine, call, host));
            } else {
                let outcome = WebhookOutcome::PutOff(engine.now().after(HOST_WAIT));
                let note = "its host has enough calls under way".to_owned();
                results.push(WebhookResult { call: call.id, outcome, note });
            }
        }
        tokio::select! {
            Some(ended) = running.next() => results.push(ended.free(&mut hosts)),
            () = signal_or_timer(&engine.wake.webhooks, ROUND) => {}
        }
        while let Some(Some(ended)) = running.next().now_or_never() {
            results.push(ended.free(&mut hosts));
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

async fn tell(engine: &Engine, call: WebhookCall, host: String) -> Ended {
    let (answered, outcome, note) = match request(engine, &call) {
        Err(why) => (true, again(engine, &call), why.to_owned()),
        Ok(request) => match engine.fetch.fetch(request).await {
            Err(error) => (false, again(engine, &call), error.to_string()),
            Ok(answer) => {
                let outcome = match answer.status {
                    200..300 => WebhookOutcome::Told,
                    GONE => WebhookOutcome::GaveUp,
                    _ => again(engine, &call),
                };
                (true, outcome, format!("status {}", answer.status))
            }
        },
    };
    if outcome != WebhookOutcome::Told {
        tracing::debug!(event = %call.event, attempts = call.attempts + 1, note, "not told");
    }
    Ended { host, answered, result: result(engine, &call, outcome, note) }
}

/// The next attempt, if there is one.
fn again(engine: &Engine, call: &WebhookCall) -> WebhookOutcome {
    let wait = schedule::wait(call.attempts + 1, call.id.0.unsigned_abs());
    wait.map_or(WebhookOutcome::GaveUp, |wait| WebhookOutcome::RetryAt(engine.now().after(wait)))
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
