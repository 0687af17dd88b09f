//! A customer's server, which records webhooks and responds 200 unless configured otherwise.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::running::PATIENCE;

/// One received webhook.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `POST /hook HTTP/1.1`.
    pub(crate) request: String,
    /// Header names are in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Kept {
    calls: Vec<Call>,
    /// Statuses of the next responses; 200 if empty.
    statuses: VecDeque<u16>,
}

pub(crate) struct Receiver {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let keep = kept.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, keep.clone()));
            }
        });
        Self { address, kept }
    }

    /// Sets the statuses of the next responses.
    pub(crate) fn answer_next(&self, statuses: &[u16]) {
        self.kept.lock().unwrap().statuses.extend(statuses);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.kept.lock().unwrap().calls.clone()
    }

    /// Waits until this many calls have arrived.
    pub(crate) async fn called(&self, times: usize) -> Vec<Call> {
        let begun = Instant::now();
        loop {
            let calls = self.calls();
            if calls.len() >= times {
                return calls;
            }
            assert!(begun.elapsed() < PATIENCE, "{} calls of {times}", calls.len());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

async fn serve(stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let mut stream = BufReader::new(stream);
    while let Some(call) = read(&mut stream).await {
        let status = {
            let mut kept = kept.lock().unwrap();
            kept.calls.push(call);
            kept.statuses.pop_front().unwrap_or(200)
        };
        let answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one request; `None` at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let request = line.trim_end().to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Call { request, headers, body: String::from_utf8(body).ok()? })
}
