//! Whether the server is reachable, by the last attempt to connect. While it is not, one connection is tried
//! periodically.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ports::{LinkStatus, Random};
use smpp::backoff::Backoff;
use tokio::sync::Notify;

use super::config::Settings;
use super::connection::{Connection, OpenError};

const PROBE_AFTER_MIN: Duration = Duration::from_secs(1);
const PROBE_AFTER_MAX: Duration = Duration::from_secs(30);

/// Probes after at most [`PROBE_AFTER_MIN`]: a relay that restarts is back within seconds.
const PROBE_SOON: u32 = 15;

#[derive(Debug)]
pub(super) struct Link {
    status: Mutex<LinkStatus>,
    went_down: Notify,
}

impl Link {
    pub(super) fn new() -> Self {
        let status = LinkStatus { up: false, detail: "not running".to_owned() };
        Self { status: Mutex::new(status), went_down: Notify::new() }
    }

    fn status_mut(&self) -> MutexGuard<'_, LinkStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> LinkStatus {
        self.status_mut().clone()
    }

    pub(super) fn is_up(&self) -> bool {
        self.status_mut().up
    }

    pub(super) fn up(&self) {
        *self.status_mut() = LinkStatus { up: true, detail: "connected".to_owned() };
    }

    pub(super) fn down(&self, detail: impl Into<String>) {
        *self.status_mut() = LinkStatus { up: false, detail: detail.into() };
        self.went_down.notify_one();
    }

    /// Records a failed attempt.
    pub(super) fn failed(&self, carrier: &str, error: &OpenError) {
        tracing::warn!(carrier, error = error as &dyn std::error::Error, "no SMTP connection");
        self.down(error.to_string());
    }

    /// Tries to connect whenever the link is down. Never returns.
    pub(super) async fn keep_probing(
        &self,
        carrier: &str,
        settings: &Settings,
        random: &dyn Random,
    ) {
        let mut lost = Backoff::new(PROBE_AFTER_MIN, PROBE_AFTER_MAX).steady(PROBE_SOON);
        let mut refused = Backoff::refusal();
        loop {
            while self.is_up() {
                lost.reset();
                refused.reset();
                self.went_down.notified().await;
            }
            match Connection::open(settings).await {
                Ok(connection) => {
                    connection.quit().await;
                    self.up();
                    tracing::info!(carrier, "SMTP server reached");
                }
                Err(error) => {
                    self.failed(carrier, &error);
                    let mut draw = [0; 8];
                    random.fill(&mut draw);
                    // Repeated attempts with a wrong password lock the account.
                    let refusal = matches!(error, OpenError::Refused(_));
                    let backoff = if refusal { &mut refused } else { &mut lost };
                    tokio::time::sleep(backoff.next(u64::from_be_bytes(draw))).await;
                }
            }
        }
    }
}
