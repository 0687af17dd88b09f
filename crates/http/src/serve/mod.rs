//! Serves connections: HTTP/1.1 and 1.0, a time limit on everything that a client may be slow at,
//! and a shutdown that loses no request. An address has a share of the connections. A connection without a place is
//! refused, after its request was read, in its door's form; so that a probe of `/healthz` is answered even then.
//!
//! No TLS and no HTTP/2: put a proxy in front of Boltgram where they are needed.

mod check_host;
mod standing;
mod stopping;
mod stream;
mod unreadable;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use domain::limits;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

use check_host::check_host;
use standing::{Standing, Stay};
use stream::ClientStream;
use unreadable::Head;

pub use stopping::Stopping;

use crate::admission::{AddressSlot, Seat};
use crate::doors::Doors;
use crate::envelope::{Refusal, too_many_at_once, unavailable};

/// Longest request line and headers: room for a key, an id and what browsers add.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// Pause after a failed accept: long enough for a file descriptor to become free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The request has no valid head; the text says why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BadHead(pub &'static str);

/// There is no place for the request's connection.
#[derive(Debug, Clone)]
pub(crate) struct Crowded(pub Refusal);

/// How connections are served.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// Time for a request's head to arrive; an idle connection is closed after it too.
    pub head_timeout: Duration,
    /// Time for a client to read more of an answer.
    pub write_timeout: Duration,
    /// Connections at a time. More are refused, as are those of an address that has its share; see `standing`.
    pub connections_max: usize,
    /// Connections without a place, which are kept until they are refused.
    pub standing_max: usize,
    /// Time for requests in flight at shutdown.
    pub grace: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            head_timeout: limits::REQUEST_READ_TIMEOUT,
            write_timeout: Duration::from_secs(30),
            // Each is a file descriptor and some 20 KiB.
            connections_max: 4_096,
            standing_max: 128,
            grace: limits::SHUTDOWN_GRACE,
        }
    }
}

/// Serves until `shutdown`, then finishes the requests in flight.
pub async fn serve(listener: TcpListener, doors: Doors, shutdown: impl Future<Output = ()>) {
    Server::default().serve(listener, doors, shutdown).await;
}

impl Server {
    /// As [`serve`].
    pub async fn serve(
        &self,
        listener: TcpListener,
        doors: Doors,
        shutdown: impl Future<Output = ()>,
    ) {
        let (stop, stopping) = watch::channel(());
        let room = Arc::new(Semaphore::new(self.connections_max));
        let standing = Standing::new(self.standing_max);
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let Some(place) = self.place(peer, &doors, &room, &standing) else { continue };
                        let (doors, stopping) = (doors.clone(), stopping.clone());
                        let server = *self;
                        connections.spawn(async move {
                            server.connection(stream, peer, place, doors, stopping).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "could not accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        drop(stopping);
        drop(stop);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            tracing::warn!(left = connections.len(), "requests did not end in time");
        }
    }

    /// `None` if there is not even room to refuse it.
    fn place(
        &self,
        peer: SocketAddr,
        doors: &Doors,
        room: &Arc<Semaphore>,
        standing: &Standing,
    ) -> Option<Place> {
        let refusal = match doors.seat(peer.ip(), self.connections_max) {
            Seat::Full => too_many_at_once("too many connections from your address"),
            Seat::Free(slot) => match room.clone().try_acquire_owned() {
                Ok(permit) => return Some(Place::Seat { _slot: slot, _permit: permit }),
                Err(_) => unavailable("all connections are taken; try again soon"),
            },
        };
        Some(Place::Standing { stay: standing.enter()?, refusal })
    }

    /// Serves one client until it leaves, is too slow, or shutdown comes and its request is answered.
    async fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        mut place: Place,
        doors: Doors,
        mut stopping: watch::Receiver<()>,
    ) {
        // Answers are small; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let head = Head::default();
        let stream = ClientStream::new(stream, self, head.clone(), doors.clone());
        let (crowded, asked) = match &place {
            Place::Seat { .. } => (None, None),
            Place::Standing { stay, refusal } => {
                (Some(Crowded(refusal.clone())), Some(stay.asked()))
            }
        };
        let lasting = Stopping::new(stopping.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            head.begin(request.uri().path());
            let mut request = request.map(Body::new);
            let bad_head = check_host(&request).err().map(BadHead);
            let extensions = request.extensions_mut();
            extensions.insert(ConnectInfo(peer));
            extensions.insert(lasting.clone());
            if let Some(bad_head) = bad_head {
                extensions.insert(bad_head);
            }
            if let Some(crowded) = &crowded {
                extensions.insert(crowded.clone());
            }
            if let Some(asked) = &asked {
                asked.set();
            }
            let (answer, closes) = (doors.clone().call(request), crowded.is_some());
            let head = head.clone();
            async move {
                let mut answer = answer.await;
                head.end();
                if let (Ok(answer), true) = (&mut answer, closes) {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                answer
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The stream ends a head in time, with an answer.
            .header_read_timeout(self.head_timeout + Duration::from_secs(1))
            .max_header_size(HEAD_BYTES_MAX)
            // A client that closes its sending half still wants its answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = place.left() => return,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

/// What a connection holds while it is served.
enum Place {
    Seat { _slot: Option<AddressSlot>, _permit: OwnedSemaphorePermit },
    Standing { stay: Stay, refusal: Refusal },
}

impl Place {
    /// Ends when the connection must make room for a newer one.
    async fn left(&mut self) {
        match self {
            Self::Seat { .. } => std::future::pending().await,
            Self::Standing { stay, .. } => stay.left().await,
        }
    }
}
