//! A client of the bulk door.

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::running::{Home, PATIENCE, Running};

pub(super) const SEND: &str = "/api/v2/sms/send";

/// An account with the sender ACME, whose credits cost 100 sats each.
pub(super) struct Campaigner {
    http: Client,
    base: String,
    pub(super) key: String,
}

impl Campaigner {
    pub(super) fn new(home: &Home, server: &Running, credits: u32) -> Self {
        home.answer(&["account", "add", "acme", "--credit-sats", &(credits * 100).to_string()]);
        home.answer(&["sender", "add", "acme", "ACME"]);
        Self::with_key(server, home.answer(&["key", "add", "acme"]))
    }

    pub(super) fn with_key(server: &Running, key: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().pool_idle_timeout(Duration::from_secs(5)).build().unwrap();
        Self { http, base: server.url(""), key }
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v2{path}", self.base);
        let answer = self.http.get(url).header("x-api-key", &self.key).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Status and response.
    pub(super) async fn post(&self, path: &str, once: Option<&str>, body: &Value) -> (u16, Value) {
        self.post_text(path, once, body.to_string()).await
    }

    pub(super) async fn post_text(
        &self,
        path: &str,
        once: Option<&str>,
        body: String,
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.post(url).header("x-api-key", &self.key).body(body);
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(super) async fn send(&self, body: &Value) -> Value {
        self.done(SEND, body).await
    }

    /// A request that must succeed; returns the response.
    pub(super) async fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, None, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A request that must be refused with this status and code; returns the error text.
    pub(super) async fn refused(&self, path: &str, body: &Value, with: (u16, &str)) -> String {
        let (status, answer) = self.post(path, None, body).await;
        words(status, &answer, with)
    }

    /// Asserts that nothing was accepted or charged.
    pub(super) async fn assert_untouched(&self, credits: u32) {
        let list = self.get("/sms").await;
        assert_eq!((&list["total"], &list["data"]), (&json!(0), &json!([])));
        assert_eq!(self.credits().await, credits);
    }

    /// Status and, if refused, code.
    pub(super) async fn change(&self, uuid: &Value, verb: &str) -> (u16, Value) {
        let path = format!("/api/v2/sms/{}/{verb}", uuid.as_str().unwrap());
        let (status, answer) = self.post(&path, None, &json!({})).await;
        let told = if status == 200 { answer } else { answer["code"].clone() };
        (status, told)
    }

    pub(super) async fn one(&self, uuid: &Value) -> Value {
        self.get(&format!("/sms/{}", uuid.as_str().unwrap())).await
    }

    pub(super) async fn credits(&self) -> Value {
        self.get("/credits").await["credits"].clone()
    }

    /// Polls until the message satisfies the condition, and returns it.
    pub(super) async fn await_message(
        &self,
        uuid: &Value,
        wished: impl Fn(&Value) -> bool,
    ) -> Value {
        let begun = Instant::now();
        loop {
            let message = self.one(uuid).await;
            if wished(&message) {
                return message;
            }
            assert!(begun.elapsed() < PATIENCE, "stays {message}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn await_credits(&self, wished: u32) {
        let begun = Instant::now();
        loop {
            let credits = self.credits().await;
            if credits == wished {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{credits} instead of {wished}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn await_end(&self, uuid: &Value) -> Value {
        self.await_message(uuid, |message| message["drSummary"].is_object()).await
    }

    /// All recipients, read page by page.
    pub(super) async fn recipients(&self, uuid: &Value, limit: u32) -> Vec<Value> {
        let (mut after, mut all) = (json!(0), Vec::new());
        loop {
            let uuid = uuid.as_str().unwrap();
            let path = format!("/sms/{uuid}/recipients?after={after}&limit={limit}");
            let page = self.get(&path).await;
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["hasMore"] == false {
                return all;
            }
            after = page["nextCursor"].clone();
        }
    }
}

/// Error text of a refusal in this door's envelope.
pub(super) fn words(status: u16, answer: &Value, with: (u16, &str)) -> String {
    let error = answer["error"].as_str().unwrap_or_default();
    assert_eq!((status, answer), (with.0, &json!({"error": error, "code": with.1})));
    assert!(!error.is_empty());
    error.to_owned()
}
