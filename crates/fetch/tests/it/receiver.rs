//! Test servers: one that echoes the request, and one that writes raw bytes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes as Body;
use axum::http::{HeaderMap, Method, Uri};
use domain::ports::{FetchMethod, FetchRequest};
use fetch::{Guarded, Options, Resolver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// Answers every request with its method, the headers that matter, and its body; counts requests.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    pub(crate) calls: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Echo {
    pub(crate) async fn start() -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let echo = move |method: Method, uri: Uri, headers: HeaderMap, body: Body| async move {
            counter.fetch_add(1, Ordering::SeqCst);
            let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
            let (kind, id) = (header("content-type"), header("webhook-id"));
            let head = format!("{method} {uri}|{kind}|{id}|");
            [head.as_bytes(), &body].concat()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            axum::serve(listener, Router::new().fallback(echo)).await.unwrap();
        });
        Self { address, calls, _task: task }
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}/hook?a=b", self.address).parse().unwrap()
    }
}

/// Accepts connections, reads the first packet of each, and hands the stream to `talk`.
pub(crate) async fn raw<F, Fut>(talk: F) -> (Url, JoinSet<()>)
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4_096];
            let _ = stream.read(&mut buffer).await;
            talk(stream).await;
        }
    });
    (url, task)
}

pub(crate) async fn say(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok()
}

/// A resolver that returns these addresses for every name.
#[derive(Debug)]
pub(crate) struct Fixed(pub(crate) Vec<IpAddr>);

#[async_trait]
impl Resolver for Fixed {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

pub(crate) fn loopback_allowed() -> Guarded {
    Guarded::new(Options { allow_loopback: true, ..Options::default() }).unwrap()
}

pub(crate) fn get(url: Url) -> FetchRequest {
    FetchRequest { method: FetchMethod::Get, headers: Vec::new(), ..post(url) }
}

pub(crate) fn post(url: Url) -> FetchRequest {
    FetchRequest {
        url,
        method: FetchMethod::Post("{\"x\":1}".into()),
        headers: vec![("webhook-id", "msg_1".into())],
        timeout: Duration::from_secs(5),
        body_bytes_max: 1_024,
    }
}
