//! Moves a session's octets: one future per connection, which reads what is available, handles every whole PDU in it,
//! and writes all pending output at once. The protocol rules are in `session`.
//!
//! Each round: controls, answers, requests up to the window, timers, write, read, pass events on. The connection is
//! read whatever the caller does, except while the peer itself does not read ([`OUTPUT_OCTETS_MAX`]) and while there is
//! no room for its requests ([`InboundRoom`]); the peer's timers stand still then. No requests are accepted while too
//! many events are pending ([`EVENTS_UNTAKEN_MAX`]).

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::PollSender;

use super::handle::{QUEUED_BATCHES_MAX, Shared};
use super::inbound_room::{InboundRoom, LinkShare};
use super::{Events, Handle};
use crate::session::{Answers, CloseReason, Event, Failure, Requests, Session, State};

/// Size of the read buffer: about 300 PDUs.
const READ_OCTETS: usize = 64 * 1024;
/// Above this amount of unwritten output the peer is not read.
const OUTPUT_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Above this number of pending events no request is sent.
const EVENTS_UNTAKEN_MAX: usize = 8_192;
/// Time limit for writing the last output of a session.
const LINGER: Duration = Duration::from_secs(2);

/// A connection that can carry a session.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

#[derive(Debug)]
pub(crate) struct Driver<S> {
    stream: S,
    pub(crate) session: Session,
    pub(crate) events: Vec<Event>,
    input: BytesMut,
    requests: mpsc::Receiver<Requests>,
    current: Requests,
    answers: mpsc::Receiver<Answers>,
    batches: PollSender<Vec<Event>>,
    shared: Arc<Shared>,
    timer: Pin<Box<Sleep>>,
    stall: Duration,
    unwritten_since: Option<Instant>,
    /// `None` for a server, which limits the peer's requests by their number.
    share: Option<LinkShare>,
}

impl<S: Stream> Driver<S> {
    pub(crate) fn new(stream: S, session: Session, stall: Duration) -> (Self, Handle, Events) {
        let (request_sender, requests) = mpsc::channel(QUEUED_BATCHES_MAX);
        let (answer_sender, answers) = mpsc::channel(QUEUED_BATCHES_MAX);
        let (batch_sender, batches) = mpsc::channel(QUEUED_BATCHES_MAX);
        let shared = Arc::new(Shared::new(&session));
        let driver = Self {
            stream,
            session,
            events: Vec::new(),
            input: BytesMut::with_capacity(READ_OCTETS),
            requests,
            current: Requests::new(),
            answers,
            batches: PollSender::new(batch_sender),
            shared: Arc::clone(&shared),
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            stall,
            unwritten_since: None,
            share: None,
        };
        let handle = Handle { requests: request_sender, answers: answer_sender, shared };
        (driver, handle, Events { batches })
    }

    /// Reads the peer only while this room is not full.
    pub(crate) fn limit_inbound(&mut self, room: &Arc<InboundRoom>) {
        self.share = Some(LinkShare::new(Arc::clone(room)));
    }

    /// Runs until the peer answered our bind or sent its own; that is then the last of `events`.
    pub(crate) async fn handshake(&mut self) -> Result<(), CloseReason> {
        poll_fn(|cx| self.poll_rounds(cx, true)).await.map_or(Ok(()), Err)
    }

    /// Publishes the session's state to the handles before it runs.
    pub(crate) fn publish(&self) {
        self.shared.publish(&self.session);
    }

    /// Runs until the session has ended and all its events were received.
    pub(crate) async fn run(mut self) -> CloseReason {
        let ended = poll_fn(|cx| self.poll_rounds(cx, false)).await;
        let reason = ended.unwrap_or(CloseReason::Aborted);
        tracing::debug!(%reason, "smpp session ended");
        self.finish().await;
        reason
    }

    /// Writes the last output and closes; queued requests are reported as never sent.
    pub(crate) async fn finish(mut self) {
        let Self { stream, session, .. } = &mut self;
        let _ = tokio::time::timeout(LINGER, async {
            stream.write_all_buf(session.output()).await?;
            stream.shutdown().await
        })
        .await;
        self.requests.close();
        self.answers.close();
        self.shared.publish(&self.session);
        let unsent = |token| Event::Failed { token, why: Failure::NeverSent };
        self.events.extend(self.current.tokens().map(unsent));
        while let Some(batch) = self.requests.recv().await {
            self.events.extend(batch.tokens().map(unsent));
        }
        let Self { stream, batches, events, .. } = self;
        drop(stream);
        if let Some(sender) = batches.get_ref().filter(|_| !events.is_empty()) {
            // It is no error if the receiver was dropped.
            let _ = sender.send(events).await;
        }
    }

    /// `Some(reason)` when the session ended, `None` when a handshake has its event.
    fn poll_rounds(&mut self, cx: &mut Context<'_>, binding: bool) -> Poll<Option<CloseReason>> {
        self.shared.listen(cx.waker());
        loop {
            let now = Instant::now();
            self.take_controls(now);
            let mut progress = false;
            progress |= self.poll_answers(cx, now);
            if !binding {
                progress |= self.poll_requests(cx, now);
            }
            self.session.tick(now.into_std(), &mut self.events);
            progress |= self.poll_write(cx, now);
            progress |= self.poll_read(cx, now);
            let bind = |event: &Event| matches!(event, Event::Bound(_) | Event::BindRequested(_));
            if binding && self.events.iter().any(bind) {
                return Poll::Ready(None);
            }
            if !binding {
                progress |= self.poll_events(cx, now);
            }
            self.shared.publish(&self.session);
            if let State::Closed(reason) = self.session.state() {
                return Poll::Ready(Some(reason));
            }
            if !progress {
                ready!(self.poll_timer(cx));
            }
        }
    }

    fn take_controls(&mut self, now: Instant) {
        let wanted = self.shared.window.load(Ordering::Acquire);
        if wanted != self.session.window() {
            self.session.set_window(wanted, now.into_std());
        }
        if self.shared.abort.load(Ordering::Acquire) {
            self.session.close(CloseReason::Aborted, &mut self.events);
        } else if self.shared.unbind.load(Ordering::Acquire) || self.is_abandoned() {
            self.session.unbind(now.into_std(), &mut self.events);
        }
    }

    /// Whether the caller dropped the events, or dropped the handles with nothing left to send.
    fn is_abandoned(&self) -> bool {
        let handles = self.requests.is_closed() && self.requests.is_empty();
        let events = self.batches.get_ref().is_none_or(mpsc::Sender::is_closed);
        (handles && self.current.is_empty()) || events
    }

    fn poll_answers(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut progress = false;
        self.session.free(self.shared.freed.swap(0, Ordering::AcqRel));
        while let Poll::Ready(Some(answers)) = self.answers.poll_recv(cx) {
            self.session.answer(&answers, now.into_std());
            progress = true;
        }
        self.update_share();
        progress
    }

    fn poll_requests(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut progress = false;
        while self.session.room() > 0 && self.events.len() < EVENTS_UNTAKEN_MAX {
            if self.current.is_empty() {
                match self.requests.poll_recv(cx) {
                    Poll::Ready(Some(batch)) => self.current = batch,
                    Poll::Ready(None) | Poll::Pending => break,
                }
            }
            let before = self.current.len();
            self.session.send(&mut self.current, now.into_std());
            self.shared.placed(&self.session, before - self.current.len());
            progress = true;
        }
        progress
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut progress = false;
        while !self.session.output().is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, self.session.output()) {
                Poll::Ready(Ok(0)) => {
                    self.fail(&io::ErrorKind::WriteZero.into());
                    return true;
                }
                Poll::Ready(Ok(written)) => {
                    self.session.output().advance(written);
                    self.unwritten_since = None;
                    progress = true;
                }
                Poll::Ready(Err(error)) => {
                    self.fail(&error);
                    return true;
                }
                Poll::Pending => {
                    let since = *self.unwritten_since.get_or_insert(now);
                    if self.session.is_reading() && now >= since + self.stall {
                        self.session.close(CloseReason::WriteStalled, &mut self.events);
                    }
                    return progress;
                }
            }
        }
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.stream).poll_flush(cx) {
            self.fail(&error);
        }
        progress
    }

    /// Whether there is room for more requests of the peer. While there is none, its timers stand still, and so does the
    /// one for our output: a peer may read only when it can write.
    fn may_read(&mut self, cx: &Context<'_>, now: Instant) -> bool {
        if self.share.as_ref().is_some_and(|share| share.poll_room(cx).is_pending()) {
            self.session.stop_reading(now.into_std());
            return false;
        }
        let pause = self.session.resume_reading(now.into_std());
        if let Some(since) = &mut self.unwritten_since {
            *since += pause;
        }
        true
    }

    fn update_share(&mut self) {
        if let Some(share) = &mut self.share {
            share.update(&self.session);
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if !self.may_read(cx, now) {
            return false;
        }
        if self.session.output().len() >= OUTPUT_OCTETS_MAX {
            return false;
        }
        if self.input.capacity() - self.input.len() < READ_OCTETS / 4 {
            self.input.reserve(READ_OCTETS);
        }
        match pin!(self.stream.read_buf(&mut self.input)).poll(cx) {
            Poll::Ready(Ok(0)) => {
                self.session.close(CloseReason::PeerClosed, &mut self.events);
            }
            Poll::Ready(Ok(_)) => {
                self.session.receive(&mut self.input, now.into_std(), &mut self.events);
                self.update_share();
            }
            Poll::Ready(Err(error)) => self.fail(&error),
            Poll::Pending => return false,
        }
        true
    }

    fn poll_events(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.events.is_empty() {
            return false;
        }
        match self.batches.poll_reserve(cx) {
            Poll::Ready(Ok(())) => {
                // A reserved slot always accepts.
                let _ = self.batches.send_item(std::mem::take(&mut self.events));
                true
            }
            Poll::Ready(Err(_)) => {
                self.events.clear();
                self.session.unbind(now.into_std(), &mut self.events);
                false
            }
            Poll::Pending => false,
        }
    }

    /// Ready when a timer of the session is due. The tokio timer is reset only if it must fire earlier or has fired.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let unwritten = self.unwritten_since.filter(|_| self.session.is_reading());
        let unwritten = unwritten.map(|since| since + self.stall);
        let session = self.session.deadline().map(Instant::from_std);
        let Some(deadline) = session.into_iter().chain(unwritten).min() else {
            return Poll::Pending;
        };
        if deadline < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(deadline);
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(())
    }

    fn fail(&mut self, error: &io::Error) {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let reason = match inner {
            Some(rustls::Error::AlertReceived(alert)) => {
                CloseReason::TlsAlert(alert.as_str().unwrap_or("unknown"))
            }
            _ => CloseReason::Io(error.kind()),
        };
        self.session.close(reason, &mut self.events);
    }
}
