//! Mails by SMTP, to a relay of the operator's. A mail that the server has taken counts as
//! delivered: SMTP tells nothing later but by mail of its own.
//!
//! `run` keeps as many workers as connections are allowed; each takes mails from one queue and
//! keeps its connection while there is something to send. A mail is spoken stage by stage (see
//! `verdict`). When the answer to the text itself is lost it ends as *no answer*; should it be sent
//! again it may arrive twice, with the same Message-ID.

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
use crate::desk::Desk;

/// See the head of this module.
pub struct Smtp {
    desk: Desk,
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
    /// [`ConfigError`] for what cannot work whatever the server does.
    pub fn new(
        name: CarrierName,
        config: SmtpConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, ConfigError> {
        let settings = config.settings()?;
        let (queue, queued) = mpsc::channel(settings.pool);
        Ok(Arc::new(Self {
            desk: Desk::new(name),
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
        &self.desk.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }

    fn status(&self) -> LinkStatus {
        if self.desk.has_lapsed(self.clock.now()) {
            LinkStatus { up: false, detail: "this node's time is over".to_owned() }
        } else if self.desk.is_open() {
            self.link.status()
        } else {
            LinkStatus { up: false, detail: "not running".to_owned() }
        }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.desk.open(&inbox);
        let carrier = self.desk.name.as_str();
        self.link.down("connecting");
        let workers = (0..self.settings.pool).map(|_| self.work(&*inbox));
        tokio::select! {
            _ = join_all(workers) => {}
            () = self.link.keep_probing(carrier, &self.settings, &*self.random) => {}
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let mut rest = batch.into_iter();
        while self.desk.is_open() && self.link.is_up() {
            let Some(submission) = rest.next() else { return };
            if let Err(unsent) = self.queue.send(submission).await {
                self.desk.defer(&[unsent.0], Reason::LinkDown).await;
            }
        }
        self.desk.defer(rest.as_slice(), Reason::LinkDown).await;
    }

    fn allow(&self, _: u32, until: Timestamp) {
        self.desk.set_lease(until);
    }

    async fn stop(&self, grace: Duration) {
        self.desk.close(grace).await;
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desk, settings, .. } = self;
        write!(f, "Smtp({}, {}:{})", desk.name.as_str(), settings.host, settings.port)
    }
}
