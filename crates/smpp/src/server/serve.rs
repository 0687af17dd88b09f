//! Serves a listener: accepts connections; the handler decides on binds and runs sessions. It starts no tasks itself:
//! each connection is a future given to the caller's spawner.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{BindAttempt, ServerConfig, accept};
use crate::CommandStatus;
use crate::link::{Events, Handle, Peer};

/// Pause after `accept` failed, usually for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The future of one connection, to be run by the caller.
pub type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Decides on binds and runs sessions.
pub trait Handler: Send + Sync + 'static {
    /// Decides on a bind. It may look up accounts; the peer waits meanwhile.
    fn bind(&self, attempt: &BindAttempt)
    -> impl Future<Output = Result<(), CommandStatus>> + Send;

    /// Runs a bound session: receives its events, answers its requests, delivers. The session unbinds when this
    /// returns; `events` ends when the session does.
    fn session(
        &self,
        peer: Peer,
        handle: Handle,
        events: Events,
    ) -> impl Future<Output = ()> + Send;
}

/// Accepts connections forever, at most `connections_max` at a time; further ones wait in the listen backlog.
/// Dropping the future stops listening; sessions continue.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    config: ServerConfig,
    connections_max: usize,
    handler: Arc<H>,
    spawn: impl Fn(Connection),
) {
    let config = Arc::new(config);
    let places = Arc::new(Semaphore::new(connections_max));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let tcp = match listener.accept().await {
            Ok((tcp, _)) => tcp,
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (config, handler) = (Arc::clone(&config), Arc::clone(&handler));
        spawn(Box::pin(async move {
            match accept(tcp, &config).await {
                Ok(attempt) => live(attempt, &*handler).await,
                Err(error) => tracing::debug!(%error, "connection ended without a bind"),
            }
            drop(place);
        }));
    }
}

async fn live<H: Handler>(attempt: BindAttempt, handler: &H) {
    if let Err(status) = handler.bind(&attempt).await {
        return attempt.refuse(status).await;
    }
    match attempt.accept() {
        Ok(link) => {
            let session = handler.session(link.peer, link.handle, link.events);
            tokio::join!(link.run, session);
        }
        Err(error) => tracing::error!(%error, "the server's system_id is too long"),
    }
}
