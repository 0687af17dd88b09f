//! A program that calls the handler door with raw bytes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::running::{Home, PATIENCE, Running};

const PATH: &str = "/stubs/handler_api.php";

/// An account named shop.
pub(super) struct Caller {
    to: SocketAddr,
    pub key: String,
}

impl Caller {
    pub(super) fn new(home: &Home, server: &Running, sats: u32) -> Self {
        home.answer(&["account", "add", "shop", "--credit-sats", &sats.to_string()]);
        let key = home.answer(&["key", "add", "shop", "--scope", "sms:receive"]);
        Self { to: server.address(), key }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{PATH}", self.to)
    }

    /// The body of the answer.
    pub(super) async fn get(&self, parameters: &str) -> String {
        let all = format!("api_key={}&{parameters}", self.key);
        self.exchange(&format!(
            "GET {PATH}?{all} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
        .await
    }

    pub(super) async fn post(&self, parameters: &str) -> String {
        let body = format!("api_key={}&{parameters}", self.key);
        self.exchange(&format!(
            "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    pub(super) async fn json(&self, parameters: &str) -> Value {
        let answer = self.get(parameters).await;
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    async fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.expect("no answer").unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Repeats a call until its answer fits.
    pub(super) async fn until(&self, parameters: &str, fits: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let answer = self.get(parameters).await;
            if fits(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{parameters} stays {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Buys a number: its id and its digits.
    pub(super) async fn buy(&self, parameters: &str) -> (String, String) {
        let answer = self.get(&format!("action=getNumber&{parameters}")).await;
        let number = answer.strip_prefix("ACCESS_NUMBER:").unwrap_or_else(|| panic!("{answer}"));
        let (id, digits) = number.split_once(':').unwrap();
        (id.to_owned(), digits.to_owned())
    }

    /// In hundredths of a unit.
    pub(super) async fn balance(&self) -> u64 {
        let answer = self.get("action=getBalance").await;
        let units = answer.strip_prefix("ACCESS_BALANCE:").unwrap_or_else(|| panic!("{answer}"));
        units.replace('.', "").parse().unwrap()
    }
}
