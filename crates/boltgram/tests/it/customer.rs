//! A client of the orders door.

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::running::{PATIENCE, Running};

/// Shorter than ten seconds, after which the server closes an idle connection.
const IDLE_MAX: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Customer {
    http: Client,
    base: String,
    key: Option<String>,
}

/// An order as returned by the door.
#[derive(Debug, Clone)]
pub(crate) struct Bought {
    pub(crate) id: String,
    pub(crate) payreq: String,
    pub(crate) answer: Value,
}

impl Customer {
    pub(crate) fn of(server: &Running) -> Self {
        // No test uses TLS, but the client requires a provider. A second call has no effect.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().pool_idle_timeout(IDLE_MAX).build().unwrap();
        Self { http, base: server.url(""), key: None }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same customer at another listener.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    async fn call(&self, request: RequestBuilder) -> Value {
        let request = match &self.key {
            Some(key) => request.header("X-API-Key", key),
            None => request,
        };
        request.send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(self.http.get(format!("{}{path}", self.base))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.call(self.http.post(format!("{}{path}", self.base)).json(&body)).await
    }

    /// `None` if the connection ended before the response.
    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Option<Value> {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(&body);
        if let Some(key) = &self.key {
            request = request.header("X-API-Key", key);
        }
        request.send().await.ok()?.json().await.ok()
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    pub(crate) async fn buy(&self, path: &str, body: Value) -> Bought {
        let answer = self.post(path, body).await;
        assert_eq!(answer["status"], "OK", "{answer}");
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Bought { id: text("orderId"), payreq: text("payreq"), answer: answer.clone() }
    }

    pub(crate) async fn buy_text(&self, phone: &str, message: &str) -> Bought {
        self.buy("/createsendorder", json!({"phone": phone, "message": message})).await
    }

    /// Holds the payment of an order.
    pub(crate) async fn pay(&self, order: &Bought) {
        let paid = self.post("/sandbox/pay", json!({"payreq": order.payreq})).await;
        assert!(matches!(paid["state"].as_str(), Some("held" | "settled")), "{paid}");
    }

    pub(crate) async fn status(&self, order: &Bought) -> Value {
        self.get(&format!("/orderstatus?orderId={}", order.id)).await
    }

    /// Polls until the status satisfies the condition, and returns it.
    pub(crate) async fn await_status(
        &self,
        order: &Bought,
        wished: impl Fn(&Value) -> bool,
    ) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.status(order).await;
            if wished(&status) {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "stays {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn await_delivered(&self, order: &Bought) -> Value {
        self.await_status(order, |status| status["smsStatus"] == "delivered").await
    }

    /// Waits until at least this many orders have ended this way at the node.
    pub(crate) async fn await_ended(&self, result: &str, count: u32) {
        let name = format!("boltgram_orders_ended_total{{result=\"{result}\"}} ");
        let begun = Instant::now();
        loop {
            let page = self.page("/metrics").await;
            let counted = page.lines().find_map(|line| line.strip_prefix(&name));
            if counted.is_some_and(|counted| counted.parse::<u32>().unwrap() >= count) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "never {name}{count}:\n{page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the newest funding order is settled, and returns its line of the history. It has a
    /// payment hash other than its id.
    pub(crate) async fn await_funded(&self, order: &Bought) -> Value {
        let begun = Instant::now();
        loop {
            let history = self.get("/history").await;
            let newest = history["orders"].get(0);
            if let Some(line) = newest.filter(|line| line["preimage"].is_string()) {
                assert_ne!(line["preimageHash"], json!(order.id));
                return line.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "not settled: {history}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
