//! The client side (ESME): connect, optionally with TLS, bind, and return a [`Link`]. The caller reconnects (see
//! [`crate::backoff`]) and limits its rate (see [`crate::rate`]).

mod config;

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

pub use config::{ClientConfig, Password};

use crate::link::driver::Driver;
use crate::link::{Link, Peer, SessionFuture};
use crate::pdu::EncodeError;
use crate::session::{CloseReason, Event, Role, Session, State};
use crate::tls::TlsError;
use crate::{CommandStatus, ErrorClass};

/// Why no session was established. Nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The host name cannot be resolved, or the port does not answer.
    #[error("cannot connect")]
    Tcp(#[source] io::Error),
    /// A TLS file or name is wrong; a retry will not help.
    #[error("TLS is misconfigured")]
    TlsConfig(#[source] TlsError),
    /// The TLS handshake failed: the certificate is not trusted, or the port speaks clear text.
    #[error("TLS handshake failed")]
    Tls(#[source] io::Error),
    /// A field of the bind is too long; a retry will not help.
    #[error("the bind cannot be sent")]
    Bind(#[source] EncodeError),
    /// The server refused the bind. Wait much longer than after a failed connection: the account may be locked otherwise.
    #[error("bind refused: {status}")]
    Refused {
        /// `ESME_RINVPASWD`, `ESME_RALYBND`, …
        status: CommandStatus,
    },
    /// Connecting or binding timed out.
    #[error("timed out while {during}")]
    Timeout {
        /// "connecting" or "binding".
        during: &'static str,
    },
    /// The connection ended before the bind was answered.
    #[error("connection ended before the bind was answered")]
    Closed(#[source] CloseReason),
}

impl ConnectError {
    /// Whether the next attempt should wait long: the server refused the bind for good, or the configuration is wrong.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            // A server that is starting answers `ESME_RSYSERR`.
            Self::Refused { status } => {
                !matches!(status.error_class(), Some(ErrorClass::Temporary))
            }
            Self::TlsConfig(_) | Self::Bind(_) => true,
            _ => false,
        }
    }
}

/// Connects and binds.
///
/// # Errors
/// [`ConnectError`]; the connection is then closed.
pub async fn connect(config: &ClientConfig) -> Result<Link, ConnectError> {
    let connector = match &config.tls {
        Some(tls) => Some(tls.connector(&config.host).map_err(ConnectError::TlsConfig)?),
        None => None,
    };
    let deadline = Instant::now() + config.connect_timeout;
    let late = |_| ConnectError::Timeout { during: "connecting" };
    let address = (config.host.as_str(), config.port);
    let tcp = tokio::time::timeout_at(deadline, TcpStream::connect(address))
        .await
        .map_err(late)?
        .map_err(ConnectError::Tcp)?;
    tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
    let Some(connector) = connector else { return connect_over(tcp, config).await };
    let name: ServerName<'static> = connector.name;
    let handshake = TlsConnector::from(connector.config).connect(name, tcp);
    let tls = tokio::time::timeout_at(deadline, handshake)
        .await
        .map_err(late)?
        .map_err(ConnectError::Tls)?;
    connect_over(tls, config).await
}

/// Binds on an existing connection, such as a tunnel or a test's pipe.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect_over<S>(stream: S, config: &ClientConfig) -> Result<Link, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let now = Instant::now().into_std();
    let mut session = Session::new(Role::Client, config.session.clone(), now);
    session.bind(config.kind, config.bind(), now).map_err(ConnectError::Bind)?;
    let (mut driver, handle, events) = Driver::new(stream, session, config.session.stall);
    driver.limit_inbound(&config.inbound_room);
    // The session has its own timer; this one covers a connection that accepts no octets.
    let bound = timeout(config.session.session_init * 2, driver.handshake()).await;
    let failed = match bound {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some(CloseReason::SessionInitTimeout),
    };
    if let Some(reason) = failed {
        return Err(match reason {
            CloseReason::BindRefused(status) => ConnectError::Refused { status },
            CloseReason::SessionInitTimeout => ConnectError::Timeout { during: "binding" },
            reason => ConnectError::Closed(reason),
        });
    }
    driver.publish();
    let mut system_id = String::new();
    driver.events.retain(|event| match event {
        Event::Bound(pdu) => {
            let body = pdu.body();
            let end = memchr::memchr(0, body).unwrap_or(body.len());
            system_id = String::from_utf8_lossy(body.get(..end).unwrap_or_default()).into_owned();
            false
        }
        _ => true,
    });
    let kind = match driver.session.state() {
        State::Bound(kind) => kind,
        _ => config.kind,
    };
    let peer = Peer { system_id, interface_version: driver.session.peer_version(), kind };
    Ok(Link { handle, events, run: SessionFuture(Box::pin(driver.run())), peer })
}
