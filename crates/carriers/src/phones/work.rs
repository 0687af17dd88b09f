//! The carrier's rounds: which phones are there, which texts were fetched or withdrawn, and what phones reported.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::phone::{PhoneTextNews, PhoneTextState};
use domain::ports::{End, Inbox, PortError, Receipt, ReceiptScope, ReceiptState};
use domain::reason::Reason;
use uuid::Uuid;

use super::Phones;

/// Between two rounds.
const ROUND: Duration = Duration::from_millis(500);

/// For the store to withdraw what is open when the run is aborted.
const LAST_TRY: Duration = Duration::from_secs(1);

/// Reports in one change of the store.
const NEWS_MAX: u32 = 500;

impl Phones {
    /// Ends when the carrier stops and nothing is open.
    pub(super) async fn work(&self, inbox: &dyn Inbox) {
        let mut was_down = false;
        loop {
            let is_closing = self.lifecycle.closing.is_cancelled();
            // Read before the round: what was placed meanwhile is looked at in the next one.
            let is_idle = self.open.is_idle();
            let done = self.round(inbox, is_closing).await;
            match &done {
                Ok(()) if is_closing && is_idle => return,
                Ok(()) => was_down = false,
                Err(error) if !was_down => {
                    was_down = true;
                    let carrier = self.lifecycle.name.as_str();
                    tracing::warn!(carrier, %error, "texts of phones wait for the store");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = self.open.changed(), if is_closing => {}
                () = self.lifecycle.closing.cancelled(), if !is_closing => {}
            }
        }
    }

    async fn round(&self, inbox: &dyn Inbox, is_closing: bool) -> Result<(), PortError> {
        self.look_at_phones().await?;
        self.look_at_texts(inbox, is_closing).await?;
        while self.pass_on_news(inbox).await? {}
        Ok(())
    }

    async fn look_at_phones(&self) -> Result<(), PortError> {
        let sims = self.store.sending_sims(self.clock.now()).await.inspect_err(|_| {
            self.set_status(false, "the store is not available".to_owned());
        })?;
        let ours: Vec<_> =
            sims.iter().filter(|sim| self.terms.names(&sim.phone_name, sim.sim)).collect();
        let ready = ours.iter().filter(|sim| sim.is_ready).count();
        let can_send = ours.iter().filter(|sim| self.terms.can_send(sim)).count();
        let mut detail = format!("{ready} of {} SIM cards ready", ours.len());
        if can_send < ready {
            detail += &format!(", {} at the limit of the day", ready - can_send);
        }
        self.set_status(can_send > 0, detail);
        Ok(())
    }

    /// Answers texts that were fetched, withdrawn, or replaced by a later attempt.
    async fn look_at_texts(&self, inbox: &dyn Inbox, is_closing: bool) -> Result<(), PortError> {
        let open = self.open.all();
        if open.is_empty() {
            return Ok(());
        }
        let (now, ids) = (self.clock.now(), open.iter().map(|(id, _)| *id).collect());
        let stored: BTreeMap<_, _> =
            self.store.phone_texts_fetched(ids).await?.into_iter().collect();
        let (mut ended, mut overdue, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (id, until) in open {
            match stored.get(&id) {
                Some(true) => ended.push((id, true)),
                None => gone.push(id),
                Some(false) if is_closing || now >= until => overdue.push(id),
                Some(false) => {}
            }
        }
        overdue.extend_from_slice(&gone);
        if !overdue.is_empty() {
            // Those that a phone fetched in between stay, and are found in the next round.
            let withdrawn = self.store.withdraw_phone_texts(overdue, now).await?;
            ended.extend(withdrawn.into_iter().map(|id| (id, false)));
        }
        if !gone.is_empty() {
            // The change that was to store them has ended by now.
            let stored = self.store.phone_texts_fetched(gone.clone()).await?;
            gone.retain(|id| stored.iter().all(|(known, _)| known != id));
            ended.extend(gone.into_iter().map(|id| (id, false)));
        }
        self.end(inbox, ended).await;
        Ok(())
    }

    async fn end(&self, inbox: &dyn Inbox, ended: Vec<(Uuid, bool)>) {
        let outcome = |(id, is_fetched): (Uuid, bool)| {
            let submission = self.open.take(id)?;
            Some(match is_fetched {
                true => self.outcome(&submission, Some(id), End::Accepted),
                false => self.deferred(&submission, Reason::LinkDown, "phones:not_fetched"),
            })
        };
        let outcomes: Vec<_> = ended.into_iter().filter_map(outcome).collect();
        if !outcomes.is_empty() {
            inbox.outcomes(outcomes).await;
        }
    }

    /// Whether there may be more.
    async fn pass_on_news(&self, inbox: &dyn Inbox) -> Result<bool, PortError> {
        let name = &self.lifecycle.name;
        let news = self.store.phone_text_news(name.clone(), NEWS_MAX).await?;
        if news.is_empty() {
            return Ok(false);
        }
        let receipts: Vec<_> = news.iter().map(|news| self.receipt(news)).collect();
        match inbox.receipts(receipts.into()).await {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if news.len() > 1 => {
                for news in &news {
                    self.pass_on_alone(inbox, news).await?;
                }
            }
            // It can never be recorded, which the inbox has logged.
            Ok(()) | Err(PortError::Refused(_) | PortError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        let stored = news.iter().map(|news| (news.id, news.state)).collect();
        self.store.phone_text_news_stored(stored).await?;
        Ok(news.len() >= usize::try_from(NEWS_MAX).unwrap_or(usize::MAX))
    }

    async fn pass_on_alone(
        &self,
        inbox: &dyn Inbox,
        news: &PhoneTextNews,
    ) -> Result<(), PortError> {
        match inbox.receipts([self.receipt(news)].into()).await {
            Ok(()) | Err(PortError::Refused(_) | PortError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn receipt(&self, news: &PhoneTextNews) -> Receipt {
        let state = match news.state {
            PhoneTextState::Delivered => ReceiptState::Delivered,
            PhoneTextState::Sent if !news.wants_report => ReceiptState::Delivered,
            PhoneTextState::Failed => ReceiptState::Failed,
            PhoneTextState::Expired => ReceiptState::Expired,
            PhoneTextState::Waiting
            | PhoneTextState::Fetched
            | PhoneTextState::Processed
            | PhoneTextState::Sent => ReceiptState::Intermediate,
        };
        Receipt {
            carrier: self.lifecycle.name.clone(),
            carrier_id: news.id.to_string(),
            state,
            code: news.code.clone(),
            to: Some(news.to),
            at: news.at,
            unmarked: None,
            scope: ReceiptScope::Message,
        }
    }

    /// The store did not answer before the end: phones may have what is open.
    pub(super) async fn give_up(&self, inbox: &dyn Inbox) {
        let waiting: Vec<_> = self.open.all().into_iter().map(|(id, _)| id).collect();
        if waiting.is_empty() {
            return;
        }
        let withdrawn = self.store.withdraw_phone_texts(waiting, self.clock.now());
        // What stays is withdrawn when its recipient is claimed again.
        drop(tokio::time::timeout(LAST_TRY, withdrawn).await);
        let open = self.open.all().into_iter().filter_map(|(id, _)| self.open.take(id));
        let outcomes: Vec<_> = open
            .map(|submission| self.deferred(&submission, Reason::NoAnswer, "phones:store"))
            .collect();
        if !outcomes.is_empty() {
            inbox.outcomes(outcomes).await;
        }
    }
}
