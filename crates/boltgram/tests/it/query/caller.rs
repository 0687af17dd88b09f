//! A program that calls the query door with raw bytes, as curl and PHP write them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::running::{Home, PATIENCE, Running};

/// An account named shop with the senders You and Minblog.
pub(super) struct Caller {
    to: SocketAddr,
    key: String,
}

impl Caller {
    pub(super) fn new(home: &Home, server: &Running, credits: u32) -> Self {
        home.answer(&["account", "add", "shop", "--credit-sats", &(credits * 100).to_string()]);
        for sender in ["You", "Minblog"] {
            home.answer(&["sender", "add", "shop", sender]);
        }
        Self { to: server.address(), key: home.answer(&["key", "add", "shop"]) }
    }

    /// The same caller at a server that was started again.
    pub(super) fn at(self, server: &Running) -> Self {
        Self { to: server.address(), ..self }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Parameters with user and key; the last of two equal names counts.
    fn parameters(&self, parameters: &str) -> String {
        format!("user=shop&key={}&{parameters}", self.key)
    }

    pub(super) async fn get(&self, path: &str, parameters: &str) -> Value {
        let all = self.parameters(parameters);
        self.exchange(&format!(
            "GET {path}?{all} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n"
        ))
        .await
    }

    pub(super) async fn post(&self, path: &str, parameters: &str) -> Value {
        let body = self.parameters(parameters);
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Txty Class version 1.0\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    async fn exchange(&self, request: &str) -> Value {
        let mut stream = TcpStream::connect(self.to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.expect("no answer").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Polls the outbox until every row satisfies the condition.
    pub(super) async fn await_outbox(&self, wished: impl Fn(&Value) -> bool) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let list = self.get("/view/outbox/api.json", "").await;
            let rows = list["outbox"].as_array().unwrap();
            if !rows.is_empty() && rows.iter().all(&wished) {
                return rows.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "stays {list}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Credit in kroner.
    pub(super) async fn balance(&self) -> String {
        let prices = self.get("/view/yourprices/api.json", "").await;
        prices["yourprices"]["credit"]["balance"].to_string()
    }
}

/// As PHP's `urlencode` writes it.
pub(super) fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
