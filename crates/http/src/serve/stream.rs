//! A client's TCP stream with a time limit for heads and writes, answers of our own to requests that cannot
//! be read, and a lingering close.
//!
//! Where hyper answers such a request by itself, its answer is replaced by that of the door; see
//! [`super::unreadable`]. A head that does not come in time gets one too, and an idle connection is closed.
//!
//! A client that does not read its answers is disconnected when nothing could be written for a while.
//!
//! When a request is refused before its body was read, closing at once would reset the connection,
//! and the client may never see the refusal. So the sending half is closed first, and what still
//! arrives is discarded, for a short time and up to a size (RFC 9112 §9.6).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::Server;
use super::unreadable::{Head, Unreadable, own_answer};
use crate::doors::Doors;

const LINGER_MAX: Duration = Duration::from_secs(1);

const DISCARDED_BYTES_MAX: usize = 4 * 1_024 * 1_024;

pub(super) struct ClientStream {
    stream: TcpStream,
    write_timeout: Duration,
    head_timeout: Duration,
    head: Head,
    doors: Doors,
    /// Runs while a head is awaited, the one of this number.
    awaited: Option<(u64, Pin<Box<Sleep>>)>,
    /// What is written instead of hyper's answer, and how much of it is written.
    answer: Option<(Vec<u8>, usize)>,
    /// Runs while a write waits for the client.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Set when the sending half is closed: the time limit, and the bytes that may still be discarded.
    closing: Option<(Pin<Box<Sleep>>, usize)>,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, server: &Server, head: Head, doors: Doors) -> Self {
        Self {
            stream,
            write_timeout: server.write_timeout,
            head_timeout: server.head_timeout,
            head,
            doors,
            awaited: None,
            answer: None,
            stalled: None,
            closing: None,
        }
    }

    /// Ready when the head that is read did not come in time.
    fn poll_head_timeout(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(number) = self.head.reading() else {
            self.awaited = None;
            return Poll::Pending;
        };
        if self.awaited.as_ref().is_none_or(|(awaited, _)| *awaited != number) {
            self.awaited = Some((number, Box::pin(sleep(self.head_timeout))));
        }
        match &mut self.awaited {
            Some((_, timeout)) => timeout.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    /// Tells a client whose head came too slowly; one that has sent nothing is just idle.
    fn refuse_slow_head(&mut self, cx: &mut Context<'_>) {
        if self.answer.is_none() && self.head.has_begun() {
            let answer = self.head.refuse(Unreadable::TooSlow(self.head_timeout), &self.doors);
            // An idle socket has room for it.
            let _ = Pin::new(&mut self.stream).poll_write(cx, &answer);
            self.answer = Some((answer, usize::MAX));
        }
    }

    /// Writes the answer that replaces hyper's, of which `replaced` bytes count as written then.
    fn poll_write_answer(
        &mut self,
        cx: &mut Context<'_>,
        replaced: usize,
    ) -> Poll<io::Result<usize>> {
        while let Some((answer, written)) = &mut self.answer {
            let Some(rest) = answer.get(*written..).filter(|rest| !rest.is_empty()) else { break };
            *written += ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
        }
        Poll::Ready(Ok(replaced))
    }

    fn poll_write_or_answer(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.answer.is_some() {
            return self.poll_write_answer(cx, bytes.len());
        }
        let own = self.head.reading().and_then(|_| own_answer(bytes));
        match own {
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
            Some((0, why)) => {
                self.answer = Some((self.head.refuse(why, &self.doors), 0));
                self.poll_write_answer(cx, bytes.len())
            }
            // What is left of the answer before it.
            Some((at, _)) => {
                Pin::new(&mut self.stream).poll_write(cx, bytes.get(..at).unwrap_or_default())
            }
        }
    }

    fn with_timeout<T>(
        &mut self,
        cx: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.stalled = None;
            return wrote;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.head.arrived(buf.filled().get(before..).unwrap_or_default());
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(self.poll_head_timeout(cx));
                self.refuse_slow_head(cx);
                // As if the client had ended.
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = self.poll_write_or_answer(cx, bytes);
        self.with_timeout(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        let wrote = match (filled.next(), filled.next()) {
            // An answer of hyper's own is a head alone.
            (Some(bytes), None) => self.poll_write_or_answer(cx, bytes),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        };
        self.with_timeout(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.closing.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let (time, left) =
            this.closing.get_or_insert_with(|| (Box::pin(sleep(LINGER_MAX)), DISCARDED_BYTES_MAX));
        let mut discarded = [0; 8 * 1_024];
        while *left > 0 && time.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut discarded);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    *left = left.saturating_sub(buf.filled().len());
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
