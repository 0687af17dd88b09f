//! The caller's side of a running session: a handle to send with, a receiver of events, and the figures that both
//! share with the driver. It holds no protocol state.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::session::{Answers, Counters, Event, Requests, Session, Ticket};

/// Limit of queued batches of requests, and of answers.
pub(super) const QUEUED_BATCHES_MAX: usize = 8;
const NO_CONGESTION: u32 = u32::MAX;

/// The session has ended or is unbinding; returns what was to be sent.
#[derive(Debug, thiserror::Error)]
#[error("the session has ended")]
pub struct SessionEnded<T>(pub T);

/// Figures shared by the handles and the driver.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) window: AtomicU32,
    in_flight: AtomicU32,
    unanswered: AtomicU32,
    /// Requests in queued batches that are not in the window yet.
    queued: AtomicUsize,
    congestion: AtomicU32,
    unread_ms: AtomicU64,
    /// By how much [`Handle::shrink`] lowered tickets since the driver's last round.
    pub(super) freed: AtomicUsize,
    accepting: AtomicBool,
    pub(super) unbind: AtomicBool,
    pub(super) abort: AtomicBool,
    counters: Mutex<Counters>,
    room: Notify,
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            window: AtomicU32::new(session.window()),
            in_flight: AtomicU32::new(0),
            unanswered: AtomicU32::new(0),
            queued: AtomicUsize::new(0),
            congestion: AtomicU32::new(NO_CONGESTION),
            unread_ms: AtomicU64::new(0),
            freed: AtomicUsize::new(0),
            accepting: AtomicBool::new(true),
            unbind: AtomicBool::new(false),
            abort: AtomicBool::new(false),
            counters: Mutex::new(Counters::default()),
            room: Notify::new(),
            waker: Mutex::new(None),
        }
    }

    /// Publishes the session's figures to the handles and wakes the tasks that wait for room.
    pub(super) fn publish(&self, session: &Session) {
        self.in_flight.store(session.in_flight(), Ordering::Release);
        self.unanswered.store(session.unanswered(), Ordering::Relaxed);
        let congestion = session.congestion().map_or(NO_CONGESTION, u32::from);
        self.congestion.store(congestion, Ordering::Relaxed);
        let unread_ms = u64::try_from(session.unread().as_millis()).unwrap_or(u64::MAX);
        self.unread_ms.store(unread_ms, Ordering::Relaxed);
        self.accepting.store(session.accepts_requests(), Ordering::Release);
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = session.counters();
        self.room.notify_waiters();
    }

    /// Counts requests as in flight before it stops counting them as queued, so that no room is reported twice.
    pub(super) fn placed(&self, session: &Session, count: usize) {
        self.in_flight.store(session.in_flight(), Ordering::Release);
        self.queued.fetch_sub(count, Ordering::AcqRel);
    }

    pub(super) fn listen(&self, waker: &Waker) {
        let mut held = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *held = Some(waker.clone());
        }
    }

    fn wake(&self) {
        let held = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = held {
            waker.wake();
        }
    }

    fn room(&self) -> usize {
        if !self.accepting.load(Ordering::Acquire) {
            return 0;
        }
        let taken =
            self.in_flight.load(Ordering::Acquire) as usize + self.queued.load(Ordering::Acquire);
        (self.window.load(Ordering::Relaxed) as usize).saturating_sub(taken)
    }
}

/// Sends on a session; cheap to clone. The session unbinds when the last clone is dropped.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: mpsc::Sender<Requests>,
    pub(super) answers: mpsc::Sender<Answers>,
    pub(super) shared: Arc<Shared>,
}

impl Handle {
    /// Queues requests; waits while eight batches are queued. The session sends them in order as the window has room.
    /// Every token comes back in exactly one [`Event::Response`] or [`Event::Failed`]. Call [`Self::wait_room`] first
    /// to decide as late as possible what to send.
    ///
    /// # Errors
    /// Returns the batch, none of it sent, if the session has ended.
    pub async fn submit(&self, requests: Requests) -> Result<(), SessionEnded<Requests>> {
        let Ok(permit) = self.requests.reserve().await else { return Err(SessionEnded(requests)) };
        self.shared.queued.fetch_add(requests.len(), Ordering::AcqRel);
        permit.send(requests);
        Ok(())
    }

    /// Queues answers to the peer's requests. They do not count against the window.
    ///
    /// # Errors
    /// Returns the batch if the session has ended: the peer will repeat those requests.
    pub async fn answer(&self, answers: Answers) -> Result<(), SessionEnded<Answers>> {
        self.answers.send(answers).await.map_err(|error| SessionEnded(error.0))
    }

    /// Tells that the frames of these requests were dropped, and that not more than this many octets of each are kept until
    /// it is answered; see [`InboundRoom`](super::InboundRoom).
    pub fn shrink<'a>(&self, tickets: impl IntoIterator<Item = &'a mut Ticket>, octets: u32) {
        let freed = tickets.into_iter().map(|ticket| ticket.shrink(octets)).sum();
        if self.shared.freed.fetch_add(freed, Ordering::AcqRel) == 0 && freed > 0 {
            self.shared.wake();
        }
    }

    /// How many more requests fit the window; queued ones count as sent.
    #[must_use]
    pub fn room(&self) -> usize {
        self.shared.room()
    }

    /// Waits until the window has room and returns how much.
    ///
    /// # Errors
    /// [`SessionEnded`] if the session has ended or is unbinding.
    pub async fn wait_room(&self) -> Result<usize, SessionEnded<()>> {
        loop {
            let notified = self.shared.room.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.is_ended() {
                return Err(SessionEnded(()));
            }
            match self.shared.room() {
                0 => notified.await,
                room => return Ok(room),
            }
        }
    }

    /// Changes the window, clamped to 1..=[`WINDOW_MAX`](crate::session::WINDOW_MAX). A smaller one takes effect as
    /// responses arrive.
    pub fn set_window(&self, size: u32) {
        let size = size.clamp(1, crate::session::WINDOW_MAX);
        self.shared.window.store(size, Ordering::Release);
        self.shared.wake();
        self.shared.room.notify_waiters();
    }

    /// The window's size in requests.
    #[must_use]
    pub fn window(&self) -> u32 {
        self.shared.window.load(Ordering::Relaxed)
    }

    /// Our requests that await a response.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.shared.in_flight.load(Ordering::Acquire)
    }

    /// The peer's requests that await our answer.
    #[must_use]
    pub fn unanswered(&self) -> u32 {
        self.shared.unanswered.load(Ordering::Relaxed)
    }

    /// The peer's latest `congestion_state`, see [`Session::congestion`].
    #[must_use]
    pub fn congestion(&self) -> Option<u8> {
        u8::try_from(self.shared.congestion.load(Ordering::Relaxed)).ok()
    }

    /// For how long, altogether, the peer was not read because [`InboundRoom`](super::InboundRoom) was full. Its requests
    /// may have waited as long.
    #[must_use]
    pub fn unread(&self) -> Duration {
        Duration::from_millis(self.shared.unread_ms.load(Ordering::Relaxed))
    }

    /// Figures that are counted instead of reported as events.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.shared.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to drain and unbind. The event stream ends when it is done.
    pub fn unbind(&self) {
        self.shared.unbind.store(true, Ordering::Release);
        self.shared.wake();
    }

    /// Closes the connection at once, without an unbind.
    pub fn abort(&self) {
        self.shared.abort.store(true, Ordering::Release);
        self.shared.wake();
    }

    /// Whether the session has ended or is unbinding.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.requests.is_closed() || !self.shared.accepting.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle {{ in flight {} of {} }}", self.in_flight(), self.window())
    }
}

/// Events of a session, in order and in batches. A slow receiver slows our requests down. The peer's wait within
/// [`InboundRoom`](super::InboundRoom) at a client, and are throttled above
/// [`SessionConfig::inbound_window`](crate::session::SessionConfig::inbound_window) at a server. Dropping it unbinds.
#[derive(Debug)]
pub struct Events {
    pub(super) batches: mpsc::Receiver<Vec<Event>>,
}

impl Events {
    /// The next batch, never empty; `None` after the last event of an ended session. Cancel safe.
    pub async fn next(&mut self) -> Option<Vec<Event>> {
        self.batches.recv().await
    }
}
