//! Sends mails by SMTP to the operator's relay. A mail counts as delivered when the server has accepted it, because SMTP
//! reports later failures only by mail.
//!
//! `run` keeps one worker per allowed connection; the workers share one queue, and each keeps its connection while there
//! are mails to send. A mail is sent stage by stage (see `verdict`). If the response to its text is lost it ends as *no
//! answer*; a retry may then deliver it twice, with the same Message-ID.

mod config;
mod connection;
mod link;
mod mail;
mod verdict;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Carrier, Clock, Inbox, LinkStatus, Random, Submission};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::time::Timestamp;
use futures_util::future::join_all;
use tokio::sync::{Mutex, mpsc};

pub use config::{SmtpConfig, Tls};

use self::config::Settings;
use self::link::Link;
use crate::ConfigError;
use crate::lifecycle::Lifecycle;

/// See the module documentation.
pub struct Smtp {
    lifecycle: Lifecycle,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    link: Link,
    queue: mpsc::Sender<Submission>,
    queued: Mutex<mpsc::Receiver<Submission>>,
}

impl Smtp {
    /// # Errors
    ///
    /// [`ConfigError`] for settings that can never work.
    pub fn new(
        name: CarrierName,
        config: SmtpConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, ConfigError> {
        let settings = config.settings()?;
        let (queue, queued) = mpsc::channel(settings.pool);
        Ok(Arc::new(Self {
            lifecycle: Lifecycle::new(name),
            settings,
            clock,
            random,
            link: Link::new(),
            queue,
            queued: Mutex::new(queued),
        }))
    }
}

#[async_trait]
impl Carrier for Smtp {
    fn name(&self) -> &CarrierName {
        &self.lifecycle.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }

    fn status(&self) -> LinkStatus {
        if self.lifecycle.has_lapsed(self.clock.now()) {
            LinkStatus { up: false, detail: "this node's lease has expired".to_owned() }
        } else if self.lifecycle.is_open() {
            self.link.status()
        } else {
            LinkStatus { up: false, detail: "not running".to_owned() }
        }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.lifecycle.open(&inbox);
        let carrier = self.lifecycle.name.as_str();
        self.link.down("connecting");
        let workers = (0..self.settings.pool).map(|_| self.work(&*inbox));
        tokio::select! {
            _ = join_all(workers) => {}
            () = self.link.keep_probing(carrier, &self.settings, &*self.random) => {}
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let mut rest = batch.into_iter();
        while self.lifecycle.is_open() && self.link.is_up() {
            let Some(submission) = rest.next() else { return };
            if let Err(unsent) = self.queue.send(submission).await {
                self.lifecycle.defer(&[unsent.0], Reason::LinkDown).await;
            }
        }
        self.lifecycle.defer(rest.as_slice(), Reason::LinkDown).await;
    }

    fn allow(&self, _: u32, until: Timestamp) {
        self.lifecycle.set_lease(until);
    }

    async fn stop(&self, grace: Duration) {
        self.lifecycle.close(grace).await;
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lifecycle, settings, .. } = self;
        write!(f, "Smtp({}, {}:{})", lifecycle.name.as_str(), settings.host, settings.port)
    }
}
