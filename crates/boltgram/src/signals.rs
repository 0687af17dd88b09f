//! SIGTERM and SIGINT, which stop the process, and SIGHUP, which makes it read its configuration again.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signalled {
    /// With the name of the signal.
    Stop(&'static str),
    Reload,
}

impl Signals {
    /// Installs the handlers, so that the signals no longer kill the process.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let take = |kind| signal(kind).context("cannot handle signals");
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            hangup: take(SignalKind::hangup())?,
        })
    }

    /// The next signal; several SIGHUP at once are one. Cancel safe.
    pub(crate) async fn next(&mut self) -> Signalled {
        tokio::select! {
            _ = self.terminate.recv() => Signalled::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Signalled::Stop("SIGINT"),
            _ = self.hangup.recv() => Signalled::Reload,
        }
    }

    /// The name of the next signal that stops the process; SIGHUP is ignored meanwhile. Cancel safe.
    pub(crate) async fn next_stop(&mut self) -> &'static str {
        loop {
            if let Signalled::Stop(name) = self.next().await {
                return name;
            }
        }
    }
}
