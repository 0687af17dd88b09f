//! Sends by the SIM cards of ordinary phones. It meets them in the store: a text is stored for a SIM card, its phone fetches
//! it and reports what became of it, and this carrier makes an outcome and receipts of that. Any node may serve the phone.
//!
//! | in the store | what the engine gets |
//! |---|---|
//! | no SIM card serves the destination | *try another* |
//! | those that do are away, or have sent what they may today | *deferred*, link down |
//! | they have enough to send at present | *deferred*, carrier full |
//! | the phone has fetched it | *accepted*: it is this phone's, and no other phone gets it |
//! | it was not fetched in time, and is withdrawn | *deferred*, link down |
//! | the phone reports *sent* | an intermediate receipt; *delivered* without delivery reports |
//! | the phone reports *delivered*, *failed*, *expired* | that receipt |
//!
//! A recipient that is handed over again after a crash gets no second text by phones: the store finds the first one.

mod config;
mod open_texts;
mod work;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::form::Form;
use domain::message::{Address, Lane};
use domain::phone::{NewPhoneText, NoSim, Placed, SendTerms};
use domain::ports::{
    AcceptedPart, Carrier, Clock, End, Inbox, LinkStatus, Outcome, PhoneTextStore, PortError,
    Random, Submission,
};
use domain::reason::Reason;
use domain::routing::{CarrierName, Channel};
use domain::text::{Policy, measure};
use domain::time::Timestamp;
use uuid::Uuid;

pub use config::PhonesConfig;

use self::open_texts::OpenTexts;
use crate::ConfigError;
use crate::lifecycle::Lifecycle;

/// Texts in one change of the store.
const BATCH_MAX: usize = 100;

/// See the module documentation.
pub struct Phones {
    lifecycle: Lifecycle,
    terms: Arc<SendTerms>,
    store: Arc<dyn PhoneTextStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    open: OpenTexts,
    status: Mutex<LinkStatus>,
}

impl Phones {
    /// # Errors
    ///
    /// [`ConfigError`] for settings that can never work.
    pub fn new(
        name: CarrierName,
        config: &PhonesConfig,
        store: Arc<dyn PhoneTextStore>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, ConfigError> {
        let terms = Arc::new(config.terms(name.clone())?);
        let status = LinkStatus { up: false, detail: "no phone was seen yet".to_owned() };
        Ok(Arc::new(Self {
            lifecycle: Lifecycle::new(name),
            terms,
            store,
            clock,
            random,
            open: OpenTexts::default(),
            status: Mutex::new(status),
        }))
    }

    fn set_status(&self, up: bool, detail: String) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        *status = LinkStatus { up, detail };
    }

    /// UUID v7: texts are stored next to each other.
    fn new_id(&self, now: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A text has one part here, whatever its phone makes of it.
    fn outcome(&self, submission: &Submission, accepted: Option<Uuid>, end: End) -> Outcome {
        let part = |id: Uuid| AcceptedPart { part: 1, carrier_id: id.to_string() };
        self.lifecycle.outcome(submission, 1, accepted.map(part).into_iter().collect(), end)
    }

    fn deferred(&self, submission: &Submission, reason: Reason, code: &str) -> Outcome {
        let code = Some(code.to_owned());
        self.outcome(submission, None, End::Deferred { reason, wait: None, code })
    }

    /// The text for a phone, or how its submission ends without one.
    fn text(&self, submission: &Submission, now: Timestamp) -> Result<NewPhoneText, End> {
        let refused = |reason, code: &str| Err(End::Refused { reason, code: code.to_owned() });
        if !submission.accepted.is_empty() {
            // The phone has it.
            return Err(End::Accepted);
        }
        let Address::Phone(to) = submission.to else {
            return refused(Reason::BadDestination, "phones:address");
        };
        let content = &submission.content;
        if content.form != Form::Text {
            let code = "phones:form".to_owned();
            return Err(End::TryAnother { reason: Reason::Refused, code });
        }
        let Ok(measured) = measure(content.text.as_str(), &Policy::default()) else {
            return refused(Reason::Refused, "phones:text");
        };
        Ok(NewPhoneText {
            id: self.new_id(now),
            message: content.message,
            recipient: submission.key.recipient,
            to,
            text: content.text.clone(),
            parts: measured.parts.into(),
            valid_until: content.valid_until,
            is_urgent: content.lane == Lane::Single,
        })
    }

    /// Stores texts; returns the outcomes of those that are not open.
    async fn place(&self, batch: Vec<Submission>) -> Vec<Outcome> {
        let now = self.clock.now();
        let (mut texts, mut work, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for submission in batch {
            match self.text(&submission, now) {
                Ok(text) => {
                    work.push((text.id, submission));
                    texts.push(text);
                }
                Err(end) => outcomes.push(self.outcome(&submission, None, end)),
            }
        }
        if texts.is_empty() {
            return outcomes;
        }
        let until = now.after(self.terms.fetch_within);
        match self.store.queue_phone_texts(self.terms.clone(), texts, now).await {
            Ok(placed) => {
                for ((id, submission), placed) in work.into_iter().zip(placed) {
                    match placed {
                        Placed::Waiting => outcomes.extend(self.wait(id, submission, until)),
                        Placed::Taken(id) => {
                            outcomes.push(self.outcome(&submission, Some(id), End::Accepted));
                        }
                        Placed::Nowhere(why) => outcomes.push(self.nowhere(&submission, why)),
                    }
                }
            }
            // They may be stored: the next look finds them, or that they are not.
            Err(PortError::Unknown(_)) => {
                let wait = |(id, submission)| self.wait(id, submission, until);
                outcomes.extend(work.into_iter().filter_map(wait));
            }
            Err(error) => {
                tracing::warn!(carrier = self.lifecycle.name.as_str(), %error, "texts could not be stored");
                let failed = work.iter().map(|(_, submission)| {
                    self.deferred(submission, Reason::CarrierBusy, "phones:store")
                });
                outcomes.extend(failed);
            }
        }
        outcomes
    }

    /// The outcome of one that the run, which is being aborted, may not see any more.
    fn wait(&self, id: Uuid, submission: Submission, until: Timestamp) -> Option<Outcome> {
        self.open.add(id, submission, until);
        if !self.lifecycle.aborting.is_cancelled() {
            return None;
        }
        let submission = self.open.take(id)?;
        Some(self.deferred(&submission, Reason::NoAnswer, "phones:store"))
    }

    fn nowhere(&self, submission: &Submission, why: NoSim) -> Outcome {
        match why {
            NoSim::Destination => {
                let (reason, code) = (Reason::NoRoute, "phones:destination".to_owned());
                self.outcome(submission, None, End::TryAnother { reason, code })
            }
            NoSim::Away => self.deferred(submission, Reason::LinkDown, "phones:away"),
            NoSim::Limit => self.deferred(submission, Reason::LinkDown, "phones:limit"),
            NoSim::Full => self.deferred(submission, Reason::CarrierFull, "phones:full"),
        }
    }
}

#[async_trait]
impl Carrier for Phones {
    fn name(&self) -> &CarrierName {
        &self.lifecycle.name
    }

    fn takes(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn status(&self) -> LinkStatus {
        if self.lifecycle.is_open() {
            self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
        } else {
            LinkStatus { up: false, detail: "not running".to_owned() }
        }
    }

    async fn run(&self, inbox: Arc<dyn Inbox>) {
        let _running = self.lifecycle.open(&inbox);
        tokio::select! {
            () = self.work(&*inbox) => {}
            () = self.lifecycle.aborting.cancelled() => self.give_up(&*inbox).await,
        }
    }

    async fn submit(&self, batch: Vec<Submission>) {
        let inbox = self.lifecycle.inbox().await;
        // Held until every text is answered or open: the run does not end before.
        let _placing = self.open.placing();
        let mut rest = batch.into_iter();
        loop {
            let batch: Vec<_> = rest.by_ref().take(BATCH_MAX).collect();
            if batch.is_empty() {
                return;
            }
            if !self.status().up {
                self.lifecycle.defer(&batch, Reason::LinkDown).await;
                continue;
            }
            let outcomes = self.place(batch).await;
            if !outcomes.is_empty() {
                inbox.outcomes(outcomes).await;
            }
        }
    }

    async fn stop(&self, grace: Duration) {
        self.lifecycle.close(grace).await;
    }
}

impl fmt::Debug for Phones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phones({})", self.lifecycle.name.as_str())
    }
}
