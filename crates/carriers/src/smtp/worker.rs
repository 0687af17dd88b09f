//! A worker of an SMTP carrier: at most one connection, and one mail at a time.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::message::Address;
use domain::ports::{AcceptedPart, End, Inbox, Submission};
use domain::reason::Reason;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::Smtp;
use super::connection::{Connection, Failed, IDLE_MAX, OpenError, TextStarted};
use super::mail::{Mail, compose};
use super::verdict::{self, Fault, Stage};

/// How long a worker leaves the queue to the others after the server refused a further connection.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

impl Smtp {
    /// Sends mails from the queue until it is closed and empty.
    pub(super) async fn work(&self, inbox: &dyn Inbox) {
        let mut connection = None;
        loop {
            match timeout(IDLE_MAX, self.next()).await {
                Ok(Some(submission)) if self.lifecycle.has_lapsed(self.clock.now()) => {
                    self.lifecycle.defer(&[submission], Reason::LinkDown).await;
                }
                Ok(Some(submission)) => {
                    let busy = self.answer(inbox, &submission, &mut connection).await;
                    if busy {
                        let closing = self.lifecycle.closing.cancelled();
                        let _ = timeout(BUSY_PAUSE, closing).await;
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    if let Some(idle) = connection.take() {
                        Connection::quit(idle).await;
                    }
                }
            }
        }
        if let Some(last) = connection {
            last.quit().await;
        }
    }

    /// The next mail; `None` when the queue is closed and empty.
    async fn next(&self) -> Option<Submission> {
        let mut queued = self.queued.lock().await;
        if !self.lifecycle.closing.is_cancelled() {
            tokio::select! {
                next = queued.recv() => return next,
                () = self.lifecycle.closing.cancelled() => {}
            }
        }
        queued.close();
        queued.recv().await
    }

    /// Sends a mail and reports its outcome in any case; true if the server accepts no further connection.
    async fn answer(
        &self,
        inbox: &dyn Inbox,
        submission: &Submission,
        connection: &mut Option<Connection>,
    ) -> bool {
        let text_started = TextStarted::default();
        // Interrupted in the text it may have arrived; before that it certainly has not.
        let cut_off = |unsent| {
            let reason = if text_started.is_set() { Reason::NoAnswer } else { unsent };
            (vec![], End::Deferred { reason, wait: None, code: None }, false)
        };
        let delivering = self.deliver(submission, connection, &text_started);
        let delivered = tokio::select! {
            biased;
            () = self.lifecycle.aborting.cancelled() => None,
            delivered = AssertUnwindSafe(delivering).catch_unwind() => Some(delivered),
        };
        let (accepted, end, busy) = match delivered {
            Some(Ok(delivered)) => delivered,
            Some(Err(_)) => {
                tracing::error!(
                    carrier = self.lifecycle.name.as_str(),
                    "panic while sending a mail"
                );
                *connection = None;
                cut_off(Reason::CarrierBusy)
            }
            None => {
                *connection = None;
                cut_off(Reason::LinkDown)
            }
        };
        inbox.outcomes(vec![self.lifecycle.outcome(submission, 1, accepted, end)]).await;
        busy
    }

    async fn deliver(
        &self,
        submission: &Submission,
        connection: &mut Option<Connection>,
        text_started: &TextStarted,
    ) -> (Vec<AcceptedPart>, End, bool) {
        let refused = |reason, code: &str| End::Refused { reason, code: code.to_owned() };
        let now = self.clock.now();
        if submission.accepted.contains(&1) {
            return (vec![], End::Delivered, false);
        }
        if now >= submission.content.valid_until {
            return (vec![], refused(Reason::Expired, ""), false);
        }
        let mail = match &submission.to {
            Address::Email(to) => compose(submission, to, &self.settings, now),
            Address::Phone(_) => None,
        };
        let Some(mail) = mail else {
            return (vec![], refused(Reason::BadDestination, "smtp:address"), false);
        };
        match self.send(&mail, connection, text_started).await {
            Ok(()) => {
                let taken = AcceptedPart { part: 1, carrier_id: mail.id };
                (vec![taken], End::Delivered, false)
            }
            Err(Unsent::Failed(failed)) => {
                (vec![], verdict::end(failed.stage, failed.fault), false)
            }
            Err(Unsent::NoConnection) => {
                (vec![], End::Deferred { reason: Reason::LinkDown, wait: None, code: None }, false)
            }
            Err(Unsent::Busy) => {
                (vec![], End::Deferred { reason: Reason::Throttled, wait: None, code: None }, true)
            }
        }
    }

    /// Sends on the kept connection or a new one. If the server has closed the kept one before the text was sent, a new
    /// one is tried.
    async fn send(
        &self,
        mail: &Mail,
        kept: &mut Option<Connection>,
        text_started: &TextStarted,
    ) -> Result<(), Unsent> {
        if let Some(mut connection) = kept.take().filter(Connection::is_fresh) {
            match connection.send(mail, text_started).await {
                Ok(()) => {
                    *kept = Some(connection);
                    return Ok(());
                }
                Err(failed) if failed.is_a_closed_connection() => {}
                Err(failed) => {
                    *kept = Some(connection).filter(|_| failed.usable);
                    return Err(Unsent::Failed(failed));
                }
            }
        }
        let mut connection = self.open().await?;
        let sent = connection.send(mail, text_started).await;
        match sent {
            Ok(()) => *kept = Some(connection),
            Err(failed) => {
                *kept = Some(connection).filter(|_| failed.usable);
                self.doubt_link(failed);
            }
        }
        sent.map_err(Unsent::Failed)
    }

    /// Marks the link as down if a new session cannot send any mail.
    fn doubt_link(&self, failed: Failed) {
        match (failed.stage, failed.fault) {
            (_, Fault::Answer(code @ (530 | 534 | 535 | 538))) => {
                self.link.down(format!("refused: {code}"));
            }
            (Stage::Mail | Stage::Rcpt | Stage::Data, Fault::Silence) => {
                self.link.down("the server closes sessions before a mail");
            }
            _ => {}
        }
    }

    async fn open(&self) -> Result<Connection, Unsent> {
        if !self.link.is_up() {
            return Err(Unsent::NoConnection);
        }
        match Connection::open(&self.settings).await {
            Ok(connection) => {
                self.link.up();
                Ok(connection)
            }
            Err(OpenError::Busy(_)) => Err(Unsent::Busy),
            Err(error) => {
                self.link.failed(self.lifecycle.name.as_str(), &error);
                Err(Unsent::NoConnection)
            }
        }
    }
}

enum Unsent {
    NoConnection,
    /// The server accepts no further connection now.
    Busy,
    Failed(Failed),
}

impl Failed {
    /// Whether the server has closed the connection since its last use.
    fn is_a_closed_connection(self) -> bool {
        self.stage != Stage::Text && matches!(self.fault, Fault::Silence | Fault::Answer(421))
    }
}
