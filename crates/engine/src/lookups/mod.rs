//! Lookups of numbers in the networks: asked at the configured provider, paid from credit, and kept for a time.
//!
//! | what happened | the account |
//! |---|---|
//! | an answer | pays; the answer and its price are stored in one change |
//! | an answer is kept that is young enough | gets it for nothing |
//! | no answer, or nobody knows whether there is one | pays nothing |
//! | the process died before the change | pays nothing |

use std::sync::Arc;

use domain::id::AccountId;
use domain::limits::LOOKUPS_IN_PROGRESS_MAX;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{Clock, Lookup, LookupSale, PortError, Random, SoldLookup, Store};
use domain::sale::tariff::Product;
use domain::time::Timestamp;
use tokio::sync::Semaphore;

use crate::accounts::Accounts;
use crate::ids::uuid_v7;
use crate::live::Live;
use crate::settings::Settings;

#[derive(Debug)]
pub struct Lookups {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    accounts: Arc<Accounts>,
    settings: Arc<Live<Settings>>,
    /// `None`: no provider is configured.
    provider: Option<Arc<dyn Lookup>>,
    in_progress: Semaphore,
}

/// An answer, and when the network gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    pub answer: NetworkAnswer,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    #[error("no provider of lookups is configured")]
    NotConfigured,
    #[error("the credit is insufficient")]
    Insufficient { price: Msat, available: Msat },
    #[error("the account's daily limit is reached")]
    OverDailyLimit { price: Msat, left: Msat },
    #[error("the provider does not know this number")]
    Refused,
    #[error("the provider did not answer; nothing was charged")]
    NoAnswer,
    #[error("too many lookups are in progress; try again")]
    Busy,
    #[error("the lookup could not be stored; nothing was charged")]
    Store(#[from] PortError),
}

impl Lookups {
    pub(crate) fn new(
        accounts: &Arc<Accounts>,
        settings: &Arc<Live<Settings>>,
        provider: Option<Arc<dyn Lookup>>,
    ) -> Self {
        Self {
            store: accounts.store.clone(),
            clock: accounts.clock.clone(),
            random: accounts.random.clone(),
            accounts: accounts.clone(),
            settings: settings.clone(),
            provider,
            in_progress: Semaphore::new(LOOKUPS_IN_PROGRESS_MAX),
        }
    }

    pub async fn look_up(
        &self,
        account: AccountId,
        number: Msisdn,
        roaming: bool,
    ) -> Result<LookedUp, LookupError> {
        let provider = self.provider.as_ref().ok_or(LookupError::NotConfigured)?;
        let since = self.clock.now().before(self.settings.get().lookup_age_max);
        if let Some((answer, at)) = self.store.last_lookup(number, roaming, since).await? {
            return Ok(LookedUp { answer, at });
        }
        let price = self.price(account, number).await?;
        let _place = self.in_progress.try_acquire().map_err(|_| LookupError::Busy)?;
        let answer = provider.look_up(number, roaming).await.map_err(|error| match error {
            PortError::Refused(why) | PortError::Conflict(why) => {
                tracing::info!(?account, why, "the provider of lookups refused a number");
                LookupError::Refused
            }
            error @ (PortError::Unavailable(_) | PortError::Unknown(_)) => {
                tracing::warn!(?account, %error, "the provider of lookups did not answer");
                LookupError::NoAnswer
            }
        })?;
        let at = self.clock.now();
        let id = uuid_v7(&*self.random, at);
        let answer_kept = answer.clone();
        let sold = SoldLookup {
            id,
            account,
            number,
            roaming,
            answer: answer_kept,
            price,
            fresh_since: since,
        };
        match self.store.sell_lookup(sold, at).await? {
            LookupSale::Paid => Ok(LookedUp { answer, at }),
            LookupSale::Insufficient { available } => {
                Err(LookupError::Insufficient { price, available })
            }
            LookupSale::OverDailyLimit { left } => Err(LookupError::OverDailyLimit { price, left }),
        }
    }

    /// What the answer will cost, if the account has that much: the provider is not asked for nothing.
    async fn price(&self, account: AccountId, number: Msisdn) -> Result<Msat, LookupError> {
        let tariff = self.accounts.tariff(Some(account)).await?;
        let price = tariff.price(Product::Lookup, Some(number));
        let available = self.store.balance(account).await?.available;
        if available < price {
            return Err(LookupError::Insufficient { price, available });
        }
        Ok(price)
    }
}
