//! A customer's own server, which takes webhooks and says 200.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::running::PATIENCE;

pub(crate) struct Receiver {
    port: u16,
    called: Arc<Notify>,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let called = Arc::new(Notify::new());
        let told = called.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 4_096];
                // One read is a whole webhook; half of one is answered as well.
                if stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                    let answer =
                        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                    told.notify_one();
                }
            }
        });
        Self { port, called }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) async fn called(&self) {
        tokio::time::timeout(PATIENCE, self.called.notified()).await.unwrap();
    }
}
