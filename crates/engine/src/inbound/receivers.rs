//! The receivers of inbound messages, read from the rows of our numbers: at start, after a change
//! here, when another node announces one, and periodically in case an announcement is lost.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::event::Target;
use domain::id::AccountId;
use domain::inbound::keyword::Phrases;
use domain::inbound::{Party, Receiver, Receivers};
use domain::number::own::NumberTerms;
use domain::number::{Home, Msisdn};
use domain::ports::{NumberList, PortError};
use domain::secret::Secret;

use super::Inbound;
use crate::wake::signal_or_timer;

const ROUND: Duration = Duration::from_secs(30);

/// Numbers per page.
const PAGE: u32 = 1_000;

impl Inbound {
    /// Reads the rows at the first call: nothing is recorded before the numbers are known.
    pub(crate) async fn receivers(&self) -> Result<Arc<Receivers>, PortError> {
        let known = self.receivers.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(receivers) => Ok(receivers),
            None => self.load().await,
        }
    }

    /// The worker that reads the numbers again after changes at other nodes.
    pub(crate) async fn follow_numbers(self: Arc<Self>) {
        loop {
            signal_or_timer(&self.wake.numbers, ROUND).await;
            self.reload().await;
        }
    }

    /// Reads the numbers again; on an error the worker retries soon.
    pub(crate) async fn reload(&self) {
        if let Err(error) = self.load().await {
            tracing::warn!(%error, "could not read the numbers; trying again");
        }
    }

    pub(crate) async fn load(&self) -> Result<Arc<Receivers>, PortError> {
        // One at a time: an older reading must not replace a newer one.
        let _loading = self.loading.lock().await;
        let (mut numbers, mut silent) = (BTreeMap::new(), BTreeMap::new());
        let (mut secrets, mut callbacks) = (HashMap::new(), HashMap::new());
        let mut list = NumberList { limit: PAGE, ..NumberList::default() };
        loop {
            let page = self.store.numbers(list.clone()).await?;
            let Some(last) = page.last() else { break };
            list.after = Some(last.number.clone());
            for row in page {
                if row.receives() {
                    let callback = self.callback_of(row.terms.account, &mut callbacks).await?;
                    let receiver = self.receiver(row.terms, &mut secrets).await?;
                    let receiver = Receiver { callback, ..receiver };
                    // Messages that come to it in another spelling are resolved to today's.
                    let today = row.number.as_str().parse().map(Msisdn::as_spelled_today);
                    let today = today.ok().map(|today| Party::new(today.digits().to_string()));
                    if let Some(today) = today.filter(|today| *today != row.number) {
                        numbers.insert(today, receiver.clone());
                    }
                    numbers.insert(row.number, receiver);
                } else if let Some(owner) = row.terms.account {
                    silent.insert(row.number, owner);
                }
            }
        }
        let receivers = Receivers {
            keywords: self.settings.get().inbound.keywords.clone(),
            numbers,
            others: Receiver { target: self.other_target(), ..Receiver::default() },
            silent,
        };
        let receivers = Arc::new(receivers);
        *self.receivers.write().unwrap_or_else(PoisonError::into_inner) = Some(receivers.clone());
        Ok(receivers)
    }

    /// A number's own webhook is signed with its account's secret, any other with the operator's.
    async fn receiver(
        &self,
        terms: NumberTerms,
        secrets: &mut HashMap<AccountId, Secret>,
    ) -> Result<Receiver, PortError> {
        let NumberTerms { account, webhook_url, help, country, can, keywords, .. } = terms;
        let receiver = Receiver {
            account,
            target: self.other_target(),
            callback: None,
            // Its HELP may be the borrower's.
            help: help.filter(|_| !can.lends()),
            country: country.and_then(|country| Home::from_iso(&country.to_string())),
            // What it sends can be stopped there, lent or not.
            lent: can.lends() && !can.send,
            has_keywords: !can.lends() && (can.keywords || account.is_some()),
            own_words: Phrases::new(keywords.iter().map(String::as_str)),
        };
        let Some(url) = webhook_url else { return Ok(receiver) };
        let secret = match account {
            None => self.settings.get().inbound.webhook_secret.clone(),
            Some(account) => self.secret_of(account, secrets).await?,
        };
        Ok(Receiver { target: Some(Target::Webhook { url, secret }), ..receiver })
    }

    async fn secret_of(
        &self,
        account: AccountId,
        known: &mut HashMap<AccountId, Secret>,
    ) -> Result<Secret, PortError> {
        if let Some(secret) = known.get(&account) {
            return Ok(secret.clone());
        }
        let found = self.store.account(account).await?;
        let gone = || PortError::Refused("the account of a number does not exist".to_owned());
        let secret = found.ok_or_else(gone)?.webhook_secret;
        known.insert(account, secret.clone());
        Ok(secret)
    }

    async fn callback_of(
        &self,
        account: Option<AccountId>,
        known: &mut HashMap<AccountId, Option<String>>,
    ) -> Result<Option<Target>, PortError> {
        let Some(account) = account else { return Ok(None) };
        let url = match known.get(&account) {
            Some(url) => url.clone(),
            None => {
                let settings = self.store.account_settings(account).await?;
                let url = settings.and_then(|settings| settings.callback_url);
                known.insert(account, url.clone());
                url
            }
        };
        Ok(url.map(|url| Target::Callback { url }))
    }

    fn other_target(&self) -> Option<Target> {
        let settings = self.settings.get();
        let url = settings.inbound.webhook_url.clone()?;
        Some(Target::Webhook { url, secret: settings.inbound.webhook_secret.clone() })
    }
}
