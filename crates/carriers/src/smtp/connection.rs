//! One connection to the server, which sends one mail after the other. Commands are sent one by one, because the meaning
//! of a refusal depends on the command.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::config::{Settings, Tls};
use super::mail::Mail;
use super::verdict::{Fault, Stage};

/// Idle time after which we close a connection; servers do so after five minutes (RFC 5321 §4.5.3.2.7) or less.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(30);

/// Timeout of the final QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why no connection was established. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("cannot connect: {0}")]
    Tcp(io::ErrorKind),
    #[error("timed out while connecting")]
    Timeout,
    /// 4xx: the server accepts no further connection now.
    #[error("the server is busy: {0}")]
    Busy(u16),
    #[error("refused: {0}")]
    Refused(u16),
    #[error(
        "ca_file has the relay's own certificate, which is marked as an authority: let an authority \
         sign the relay's certificate, or make it with basicConstraints=CA:FALSE"
    )]
    OwnCertificate,
    /// TLS failed, or the server's responses are not SMTP.
    #[error("cannot establish a session")]
    Session(#[source] Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        match code(&error) {
            Some(code @ 0..500) => Self::Busy(code),
            Some(code) => Self::Refused(code),
            None if format!("{error:?}").contains("CaUsedAsEndEntity") => Self::OwnCertificate,
            None => Self::Session(error),
        }
    }
}

/// Whether the transfer of a mail's text has started, for when it is interrupted.
#[derive(Debug, Default)]
pub(super) struct TextStarted(AtomicBool);

impl TextStarted {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    used_at: Instant,
    timeout: Duration,
    text_timeout: Duration,
}

/// Why a mail was not accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    pub(super) stage: Stage,
    pub(super) fault: Fault,
    /// The connection can be used for another mail.
    pub(super) usable: bool,
}

impl Connection {
    pub(super) async fn open(settings: &Settings) -> Result<Self, OpenError> {
        let opening = open(settings);
        let smtp = timeout(settings.timeout, opening).await.map_err(|_| OpenError::Timeout)??;
        let Settings { timeout, text_timeout, .. } = *settings;
        Ok(Self { smtp, used_at: Instant::now(), timeout, text_timeout })
    }

    /// Whether it was used so recently that the server has not closed it.
    pub(super) fn is_fresh(&self) -> bool {
        self.used_at.elapsed() < IDLE_MAX
    }

    /// Sends one mail; `Ok` means that the server accepted it. Once `text_started` is set it may have done so.
    pub(super) async fn send(
        &mut self,
        mail: &Mail,
        text_started: &TextStarted,
    ) -> Result<(), Failed> {
        let parameters = self.parameters(mail).ok_or(Failed {
            stage: Stage::Rcpt,
            // The response of a server without SMTPUTF8 to such a mailbox (RFC 6531 §3.5).
            fault: Fault::Answer(553),
            usable: true,
        })?;
        let from = MailFrom::new(Some(mail.from.clone()), parameters);
        let to = Rcpt::new(mail.to.clone(), vec![]);
        let (limit, text_limit) = (self.timeout, self.text_timeout);
        let smtp = &mut self.smtp;
        let talk = async {
            answered(Stage::Mail, timeout(limit, smtp.command(from)).await.ok())?;
            answered(Stage::Rcpt, timeout(limit, smtp.command(to)).await.ok())?;
            answered(Stage::Data, timeout(limit, smtp.command(Data)).await.ok())?;
            text_started.set();
            answered(Stage::Text, timeout(text_limit, smtp.message(&mail.data)).await.ok())
        };
        let result = talk.await;
        self.used_at = Instant::now();
        match result {
            Ok(()) => Ok(()),
            Err((stage, fault)) => Err(Failed { stage, fault, usable: self.reset(fault).await }),
        }
    }

    /// Resets the connection after a refusal.
    async fn reset(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Silence | Fault::Answer(421) => false,
            Fault::Answer(_) => {
                let reset = timeout(self.timeout, self.smtp.command(Rset)).await;
                reset.is_ok_and(|answer| answer.is_ok())
            }
        }
    }

    /// Parameters of MAIL; `None` if the server cannot transfer this mail.
    fn parameters(&self, mail: &Mail) -> Option<Vec<MailParameter>> {
        let mut parameters = vec![];
        let plain = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
        let server = self.smtp.server_info();
        if !plain(&mail.from) || !plain(&mail.to) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return None;
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.data.is_ascii() && server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Some(parameters)
    }

    pub(super) async fn quit(mut self) {
        // The result does not matter.
        let _ = timeout(QUIT_TIMEOUT, self.smtp.command(Quit)).await;
    }
}

async fn open(settings: &Settings) -> Result<AsyncSmtpConnection, OpenError> {
    let address = (settings.host.as_str(), settings.port);
    let hello = &settings.hello;
    let mut smtp = if settings.tls == Tls::Implicit {
        let parameters = settings.parameters.clone();
        AsyncSmtpConnection::connect_tokio1(address, None, hello, parameters, None).await?
    } else {
        let tcp = TcpStream::connect(address).await.map_err(|e| OpenError::Tcp(e.kind()))?;
        // lettre writes the final dot separately: Nagle's algorithm would delay it by 40 ms.
        tcp.set_nodelay(true).map_err(|error| OpenError::Tcp(error.kind()))?;
        AsyncSmtpConnection::connect_with_transport(Box::new(tcp), hello).await?
    };
    if let (Tls::Starttls, Some(parameters)) = (settings.tls, &settings.parameters) {
        // Fails if the server does not offer it.
        smtp.starttls(parameters.clone(), hello).await?;
    }
    if let Some(credentials) = &settings.credentials {
        smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
    }
    Ok(smtp)
}

/// `None` means that no response came in time.
fn answered(stage: Stage, answer: Option<Result<Response, Error>>) -> Result<(), (Stage, Fault)> {
    match answer {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err((stage, code(&error).map_or(Fault::Silence, Fault::Answer))),
        None => Err((stage, Fault::Silence)),
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().and_then(|code| code.to_string().parse().ok())
}
