//! One connection on the server side: TLS if configured, then a bind that the caller accepts or refuses.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::CommandStatus;
use crate::link::driver::Driver;
use crate::link::{Events, Handle, Link, Peer, SessionFuture};
use crate::pdu::{DecodeError, EncodeError, RawPdu};
use crate::session::{BindKind, BindParameters, CloseReason, Event, Role, Session, SessionConfig};

/// Settings of a server and its sessions.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Sent in bind responses; at most 15 octets.
    pub system_id: String,
    /// Sent to peers of version 3.4 and newer. 0x34 by default.
    pub interface_version: u8,
    /// TLS, or `None` for clear text: see [`ServerTls::config`](crate::tls::ServerTls::config).
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Window and timers; `session_init` also bounds the TLS handshake.
    pub session: SessionConfig,
}

impl ServerConfig {
    /// A clear-text server of version 3.4 with default window and timers.
    #[must_use]
    pub fn new(system_id: &str) -> Self {
        Self {
            system_id: system_id.to_owned(),
            interface_version: 0x34,
            tls: None,
            session: SessionConfig::default(),
        }
    }
}

/// Why a connection ended without a bind.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The TLS handshake failed, or clear text was received on a TLS port.
    #[error("TLS handshake failed")]
    Tls(#[source] io::Error),
    /// The TLS handshake timed out.
    #[error("TLS handshake timed out")]
    TlsTimeout,
    /// The connection ended without a bind.
    #[error("the connection ended without a bind")]
    Closed(#[source] CloseReason),
}

type Decide =
    Box<dyn FnOnce(Result<(), CommandStatus>) -> Result<SessionFuture, EncodeError> + Send>;

/// A peer's request to bind. Dropping it closes the connection without a response.
pub struct BindAttempt {
    /// The peer's address, if known.
    pub peer_address: Option<SocketAddr>,
    /// Requested direction of messages.
    pub kind: BindKind,
    bind: RawPdu,
    handle: Handle,
    events: Events,
    /// Used once; the mutex only makes the attempt `Sync`, because a handler's future holds it.
    decide: Mutex<Decide>,
}

impl BindAttempt {
    /// System id, password, version, …; `Debug` does not show the password.
    ///
    /// # Errors
    /// Never for an attempt from [`accept`], which refuses malformed binds itself.
    pub fn parameters(&self) -> Result<BindParameters<'_>, DecodeError> {
        BindParameters::decode_body_of(&self.bind)
    }

    /// The `system_id`; invalid UTF-8 is replaced.
    #[must_use]
    pub fn system_id(&self) -> String {
        let id = self.parameters().map(|bind| bind.system_id).unwrap_or_default();
        String::from_utf8_lossy(id).into_owned()
    }

    /// Accepts; the response is sent once the link runs.
    ///
    /// # Errors
    /// [`EncodeError`] if our own `system_id` is too long.
    pub fn accept(self) -> Result<Link, EncodeError> {
        let peer = Peer {
            system_id: self.system_id(),
            interface_version: self.parameters().map(|bind| bind.interface_version).ok(),
            kind: self.kind,
        };
        let decide = self.decide.into_inner().unwrap_or_else(PoisonError::into_inner);
        let run = decide(Ok(()))?;
        Ok(Link { handle: self.handle, events: self.events, run, peer })
    }

    /// Refuses with a status (`ESME_RINVPASWD`, `ESME_RINVSYSID`, `ESME_RALYBND`, …) and closes.
    pub async fn refuse(self, status: CommandStatus) {
        let Self { decide, events, handle, .. } = self;
        drop((events, handle));
        let decide = decide.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Ok(run) = decide(Err(status)) {
            run.await;
        }
    }
}

impl fmt::Debug for BindAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindAttempt").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Waits for a connection's bind.
///
/// # Errors
/// [`AcceptError`]; the connection is then closed.
pub async fn accept(tcp: TcpStream, config: &ServerConfig) -> Result<BindAttempt, AcceptError> {
    let address = tcp.peer_addr().ok();
    // Otherwise Nagle's algorithm delays small responses. A socket that refuses the option is about to fail anyway.
    let _ = tcp.set_nodelay(true);
    let mut attempt = match &config.tls {
        None => accept_over(tcp, config).await?,
        Some(tls) => {
            let handshake = TlsAcceptor::from(Arc::clone(tls)).accept(tcp);
            let stream = timeout(config.session.session_init, handshake)
                .await
                .map_err(|_| AcceptError::TlsTimeout)?
                .map_err(AcceptError::Tls)?;
            accept_over(stream, config).await?
        }
    };
    attempt.peer_address = address;
    Ok(attempt)
}

/// Waits for a bind on any stream.
///
/// # Errors
/// [`AcceptError::Closed`].
pub async fn accept_over<S>(stream: S, config: &ServerConfig) -> Result<BindAttempt, AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let session = Session::new(Role::Server, config.session.clone(), Instant::now().into_std());
    let (mut driver, handle, events) = Driver::new(stream, session, config.session.stall);
    if let Err(reason) = driver.handshake().await {
        driver.events.clear();
        driver.finish().await;
        return Err(AcceptError::Closed(reason));
    }
    let requested = driver.events.drain(..).find_map(|event| match event {
        Event::BindRequested(pdu) => Some(pdu),
        _ => None,
    });
    // A successful handshake ends with this event.
    let Some(bind) = requested else { return Err(AcceptError::Closed(CloseReason::Aborted)) };
    let kind = BindKind::of(bind.id()).unwrap_or_default();
    let (system_id, version) = (config.system_id.clone(), config.interface_version);
    let decide: Decide = Box::new(move |decision| {
        match decision {
            Ok(()) => driver.session.accept_bind(system_id.as_bytes(), version)?,
            Err(status) => driver.session.refuse_bind(status, &mut driver.events),
        }
        driver.publish();
        Ok(SessionFuture(Box::pin(driver.run())))
    });
    Ok(BindAttempt { peer_address: None, kind, bind, handle, events, decide: Mutex::new(decide) })
}
