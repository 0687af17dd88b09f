//! Serves connections: HTTP/1.1 and 1.0, a time limit on everything that a client may be slow at,
//! and a shutdown that loses no request.
//!
//! No TLS and no HTTP/2: put a proxy in front of Boltgram where they are needed.

mod stream;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use domain::limits;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

use stream::ClientStream;

use crate::doors::Doors;

/// Longest request line and headers: room for a key, an id and what browsers add.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// Pause after a failed accept: long enough for a file descriptor to become free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How connections are served.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// Time for a request's head to arrive; an idle connection is closed after it too.
    pub head_timeout: Duration,
    /// Time for a client to read more of an answer.
    pub write_timeout: Duration,
    /// Connections at a time. More wait in the listener's queue.
    pub connections_max: usize,
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
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let place = room.clone().acquire_owned().await.ok();
                (listener.accept().await, place)
            };
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                (accepted, place) = accepted => match accepted {
                    Ok((stream, peer)) => {
                        let (doors, stopping) = (doors.clone(), stopping.clone());
                        let server = *self;
                        connections.spawn(async move {
                            server.connection(stream, peer, doors, stopping).await;
                            drop(place);
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

    /// Serves one client until it leaves, is too slow, or shutdown comes and its request is answered.
    async fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        doors: Doors,
        mut stopping: watch::Receiver<()>,
    ) {
        // Answers are small; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let stream = ClientStream::new(stream, self.write_timeout);
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            doors.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_header_size(HEAD_BYTES_MAX)
            // A client that closes its sending half still wants its answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
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
