//! One HTTP/1.1 connection and the request on it. No task runs for a connection: the caller polls it
//! while a request is under way, and nobody polls it while it is idle.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use domain::ports::{Cause, FetchError, FetchResponse};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{Builder, Connection as Driver, SendRequest};
use hyper::http::header::{HeaderValue, LOCATION};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::connect::Wire;
use crate::retry_after::retry_after;

/// Read buffer: status line and headers of a response, and its body as far as it is read ahead.
const BUFFER_BYTES_MAX: usize = 64 * 1_024;

pub(crate) type Outgoing = Request<Full<Bytes>>;

pub(crate) struct Connection {
    /// `https://example.com:8443`.
    pub(crate) origin: Arc<str>,
    pub(crate) host: HeaderValue,
    /// Last use.
    pub(crate) since: Instant,
    sender: SendRequest<Full<Bytes>>,
    driver: Driver<TokioIo<Heard>, Full<Bytes>>,
    /// Whether the peer sent anything since the last request began.
    heard: Arc<AtomicBool>,
    ended: bool,
}

/// Why there is no response.
pub(crate) enum Failure {
    /// The connection was closed before any byte of this request was written.
    Unsent(Box<Outgoing>),
    /// It was closed before any byte of the response came.
    Unanswered,
    Broken,
}

impl Connection {
    pub(crate) async fn begin(
        origin: Arc<str>,
        host: HeaderValue,
        wire: Box<dyn Wire>,
    ) -> Result<Box<Self>, FetchError> {
        // A request is small: copying it into one buffer costs less than two writes.
        let mut builder = Builder::new();
        builder.max_buf_size(BUFFER_BYTES_MAX).writev(false);
        let heard = Arc::<AtomicBool>::default();
        let wire = Heard { wire, heard: heard.clone() };
        let begun = builder.handshake(TokioIo::new(wire)).await;
        let (sender, driver) = begun.map_err(|_| FetchError::Unreachable(Cause::Broken))?;
        let since = Instant::now();
        Ok(Box::new(Self { origin, host, since, sender, driver, heard, ended: false }))
    }

    /// Whether another request can be made on it: the last response is read to its end, and the peer
    /// has not closed it as far as we know.
    pub(crate) async fn is_free(&mut self) -> bool {
        poll_fn(|cx| {
            if !self.ended && Pin::new(&mut self.driver).poll(cx).is_ready() {
                self.ended = true;
            }
            let ready = !self.ended && matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())));
            Poll::Ready(ready)
        })
        .await
    }

    pub(crate) async fn send(
        &mut self,
        request: Outgoing,
        body_bytes_max: usize,
    ) -> Result<FetchResponse, Failure> {
        self.heard.store(false, Ordering::Relaxed);
        let sent = self.sender.try_send_request(request);
        let response = self.drive(sent).await.map_err(|mut error| match error.take_message() {
            Some(request) => Failure::Unsent(request.into()),
            None if self.heard.load(Ordering::Relaxed) => Failure::Broken,
            None => Failure::Unanswered,
        })?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = self.read(response, body_bytes_max).await?;
        Ok(FetchResponse { status, retry_after, location, body })
    }

    /// Reads at most `max` bytes of the body. A connection with unread bytes is not free.
    async fn read(&mut self, response: Response<Incoming>, max: usize) -> Result<Bytes, Failure> {
        let mut body = response.into_body();
        let mut read = BytesMut::new();
        while !body.is_end_stream() {
            let Some(frame) = self.drive(body.frame()).await else { break };
            let Ok(data) = frame.map_err(|_| Failure::Broken)?.into_data() else { continue };
            let room = max - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                break;
            }
        }
        Ok(read.freeze())
    }

    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            // Polled first, so that `work` sees the end of the connection.
            if !self.ended && Pin::new(&mut self.driver).poll(cx).is_ready() {
                self.ended = true;
            }
            work.as_mut().poll(cx)
        })
        .await
    }
}

/// A wire that notes whether the peer sent anything.
struct Heard {
    wire: Box<dyn Wire>,
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
