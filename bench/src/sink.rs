//! The call-back sink: accepts every request, records the reported state, responds 200. The state is in the body of
//! webhooks (`smsStatus`), and in the URL of Kannel's calls:
//!
//! ```text
//! POST /b/INDEX          {"orderId":…,"smsStatus":"delivered"}
//! GET  /k/INDEX/TYPE     1 delivered, 2 failed, 16 rejected; 4 and 8 are not final
//! ```
//!
//! It answers any other request too, so that the loader can be measured against it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use bytes::{Buf, BytesMut};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::http::{Message, number};
use crate::tally::{Tally, Told};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";

/// The sink.
#[derive(Debug)]
pub(crate) struct Sink {
    tally: Arc<Tally>,
    requests: AtomicU64,
    connections: AtomicU64,
}

impl Sink {
    pub(crate) const fn new(tally: Arc<Tally>) -> Self {
        Self { tally, requests: AtomicU64::new(0), connections: AtomicU64::new(0) }
    }

    /// Connections accepted so far; a caller with keep-alive needs few.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Accepts connections forever.
    pub(crate) async fn serve_on(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            self.connections.fetch_add(1, Ordering::Relaxed);
            let sink = Arc::clone(&self);
            tokio::task::spawn(async move {
                if let Err(error) = sink.connection(stream).await {
                    eprintln!("sink: {error}");
                }
            });
        }
    }

    async fn connection(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut input = BytesMut::with_capacity(8 * 1024);
        let mut output = Vec::new();
        loop {
            let mut close = false;
            while let Some(request) = Message::read(&input)? {
                self.enter(&request);
                close = request.close;
                let octets = request.octets;
                input.advance(octets);
                output.extend_from_slice(ANSWER);
            }
            if !output.is_empty() {
                stream.write_all(&output).await?;
                output.clear();
            }
            input.reserve(4 * 1024);
            if close || stream.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
        }
    }

    fn enter(&self, request: &Message<'_>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let path = request.path();
        if let Some(rest) = path.strip_prefix(b"/b/") {
            self.tally.tell(number(rest), order_state(request.body));
        } else if let Some(rest) = path.strip_prefix(b"/k/") {
            let mut words = rest.split(|&octet| octet == b'/');
            let index = words.next().and_then(number);
            self.tally.tell(index, kannel_state(words.next().unwrap_or_default()));
        }
    }
}

fn order_state(body: &[u8]) -> Told {
    let says = |word: &[u8]| memmem::find(body, word).is_some();
    // The code of a number is a string; null before it came.
    if says(b"\"smsStatus\":\"delivered\"") || says(b"\"code\":\"") {
        Told::Delivered
    } else if says(b"\"smsStatus\":\"failed\"") {
        Told::Failed
    } else {
        Told::Interim
    }
}

fn kannel_state(kind: &[u8]) -> Told {
    match kind {
        b"1" => Told::Delivered,
        b"2" | b"16" => Told::Failed,
        _ => Told::Interim,
    }
}

/// Serves forever and prints its counters every second.
pub(crate) async fn run(listen: SocketAddr, messages: usize) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("sink on http://{}", listener.local_addr()?);
    let tally = Arc::new(Tally::new(messages));
    let sink = Arc::new(Sink::new(Arc::clone(&tally)));
    tokio::task::spawn(Arc::clone(&sink).serve_on(listener));
    let thread = crate::measure::Thread::current()?;
    let mut before = (0, thread.cpu());
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = (sink.requests.load(Ordering::Relaxed), thread.cpu());
        println!(
            "{:7} calls/s | {} calls on {} connections, {} final states | own cpu {:.0} %",
            now.0 - before.0,
            now.0,
            sink.connections(),
            tally.told_count(),
            (now.1 - before.1).as_secs_f64() * 100.0,
        );
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{Told, kannel_state, order_state};

    #[test]
    fn states_are_read_as_each_gateway_says_them() {
        let body = br#"{"status":"OK","paid":true,"smsStatus":"delivered","orderId":"x"}"#;
        assert_eq!(order_state(body), Told::Delivered);
        assert_eq!(order_state(br#"{"smsStatus":"failed"}"#), Told::Failed);
        assert_eq!(order_state(br#"{"smsStatus":"sent"}"#), Told::Interim);
        assert_eq!(order_state(br#"{"number":4915100000000,"code":"314159"}"#), Told::Delivered);
        assert_eq!(order_state(br#"{"number":4915100000000,"code":null}"#), Told::Interim);
        let states = [&b"1"[..], b"2", b"4", b"8", b"16"].map(kannel_state);
        use Told::{Delivered, Failed, Interim};
        assert_eq!(states, [Delivered, Failed, Interim, Interim, Failed]);
    }
}
