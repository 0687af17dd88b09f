//! Requests to the gateway's bulk door, each on its own connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{PAGE, STALLED};
use crate::http::Message;
use crate::number;

/// One part in every alphabet.
const TEXT: &str =
    "Big sale this Saturday at all our stores. Come early. Reply STOP to hear no more of us.";

/// Sends requests to the nodes in turn, beginning with the first.
#[derive(Debug)]
pub(super) struct Ask {
    to: Vec<SocketAddr>,
    key: String,
    asked: AtomicUsize,
}

impl Ask {
    pub(super) const fn new(to: Vec<SocketAddr>, key: String) -> Self {
        Self { to, key, asked: AtomicUsize::new(0) }
    }

    pub(super) fn request(
        &self,
        line: &str,
        length: usize,
        write: impl FnOnce(&mut TcpStream) -> std::io::Result<()>,
    ) -> Result<(Value, Duration)> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed) % self.to.len().max(1);
        let mut stream = TcpStream::connect(self.to.get(turn).context("no node")?)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STALLED))?;
        let began = Instant::now();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: gateway\r\nX-API-Key: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.key
        )?;
        // A refusal may arrive before everything is written.
        let written = write(&mut stream);
        let mut answer = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = stream.read(&mut buffer)?;
            answer.extend_from_slice(&buffer[..read]);
            if let Some(message) = Message::read(&answer)? {
                let took = began.elapsed();
                let text = String::from_utf8_lossy(message.body);
                ensure!(message.status() == 200, "{line}: {} {text}", message.status());
                return Ok((serde_json::from_slice(message.body)?, took));
            }
            if read == 0 {
                written?;
                bail!("{line}: the connection ended");
            }
        }
    }

    fn get(&self, path: &str) -> Result<(Value, Duration)> {
        self.request(&format!("GET {path}"), 0, |_| Ok(()))
    }
}

/// The campaign's uuid, and the time from the first byte to the response.
pub(super) fn send(ask: &Ask, recipients: usize) -> Result<(String, Duration)> {
    let (head, tail) = (r#"{"sender":"BENCH","msisdns":["#, format!(r#"],"content":"{TEXT}"}}"#));
    // Each number with its quotes and a comma.
    let length = head.len() + recipients * 13 + recipients.saturating_sub(1) + tail.len();
    let (answer, took) = ask.request("POST /api/v2/sms/send", length, |stream| {
        let mut part = Vec::with_capacity(128 * 1024);
        part.extend_from_slice(head.as_bytes());
        for index in 0..recipients {
            if index > 0 {
                part.push(b',');
            }
            part.push(b'"');
            part.extend_from_slice(&number::digits_of(index));
            part.push(b'"');
            if part.len() > 120 * 1024 {
                stream.write_all(&part)?;
                part.clear();
            }
        }
        part.extend_from_slice(tail.as_bytes());
        stream.write_all(&part)
    })?;
    let uuid = answer["uuid"].as_str().context("a response without a uuid")?;
    Ok((uuid.to_owned(), took))
}

/// A page of recipients after the cursor `after`.
pub(super) fn page(ask: &Ask, uuid: &str, after: usize) -> Result<(Value, Duration)> {
    ask.get(&format!("/api/v2/sms/{uuid}/recipients?after={after}&limit={PAGE}"))
}
