//! Taking a message to many, and telling what it would cost.

use std::sync::Arc;

use domain::id::{AccountId, MessageId};
use domain::limits;
use domain::message::campaign::{Idempotency, NewBulk, PriceGroup};
use domain::message::{Content, Lane};
use domain::money::Msat;
use domain::ports::{PortError, Spent};
use domain::time::Timestamp;

use super::Campaigns;
use super::addressees::Addressees;
use super::error::{BulkError, CLOCK_SKEW_MAX};
use super::render::Variables;
use crate::ids::uuid_v7;

/// Up to so many recipients a message is as single ones are: it waits behind no campaign.
const SINGLE_RECIPIENTS_MAX: usize = 10;

/// What is written: a text or a template's, with its variables.
#[derive(Debug, Default)]
pub struct Wording {
    pub content: Option<String>,
    pub template: Option<i64>,
    pub variables: Variables,
}

#[derive(Debug)]
pub struct BulkRequest {
    pub sender: Option<String>,
    pub wording: Wording,
    pub to: Addressees,
    /// Of contacts, in addition to `to`.
    pub group: Option<i64>,
    pub start_at: Option<Timestamp>,
    pub idempotency: Option<Idempotency>,
}

/// What was taken, now or by the same request before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub message: MessageId,
    pub start_at: Option<Timestamp>,
    /// Recipients, also those who are sent nothing.
    pub total: u32,
    pub parts: u16,
    pub price: Msat,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    pub total: u32,
    pub parts: u16,
    /// For one recipient, of those with the highest price.
    pub price_each: Msat,
    pub price: Msat,
    pub available: Msat,
}

impl Campaigns {
    /// Stores a message and reserves its price. What came before with the same idempotency key is
    /// answered as it was then, whatever has changed since.
    pub async fn send(
        &self,
        account: AccountId,
        request: BulkRequest,
    ) -> Result<Accepted, BulkError> {
        if let Some(idempotency) = &request.idempotency
            && let Some(spent) = self.store.spent(account, idempotency.clone()).await?
        {
            return self.accepted(account, spent).await;
        }
        let sender = self.approved_sender(account, request.sender.as_deref()).await?;
        let now = self.clock.now();
        let start_at = judge_start(request.start_at, now)?;
        let (text, parts) = self.judge_wording(account, request.wording).await?;
        let draft = self.draft(account, request.to, request.group, parts).await?;
        let begins = start_at.unwrap_or(now);
        let few = draft.payable() <= SINGLE_RECIPIENTS_MAX;
        let message = MessageId(uuid_v7(&*self.random, now));
        let (total, price) = (draft.total(), draft.price);
        let new = NewBulk {
            content: Content {
                message,
                account: Some(account),
                sender: Some(sender),
                text,
                parts,
                lane: if few { Lane::Single } else { Lane::Bulk },
                valid_until: begins.after(limits::BULK_VALIDITY),
            },
            payer: account,
            groups: draft.groups,
            excluded: draft.excluded,
            start_at,
            receipts_until: begins.after(limits::BULK_RECEIPTS_WITHIN),
            refunds: self.agreed(account).await?.refunds,
            idempotency: request.idempotency,
            created_at: now,
        };
        match self.store.add_bulk(Arc::new(new)).await {
            Ok(Spent::Done { .. }) => {}
            // Another request with this key was faster, or there is too little.
            Ok(spent) => return self.accepted(account, spent).await,
            // The commit's answer was lost: what is there was accepted.
            Err(error @ PortError::Unknown(_)) => {
                self.store.bulk(account, message).await?.ok_or(error)?;
            }
            Err(error) => return Err(error.into()),
        }
        self.wake.dispatch.notify_one();
        self.metrics.bulk_messages.inc();
        self.metrics.bulk_recipients.inc_by(total.into());
        Ok(Accepted { message, start_at, total, parts, price })
    }

    /// What an earlier request did, or why nothing was done.
    async fn accepted(&self, account: AccountId, spent: Spent) -> Result<Accepted, BulkError> {
        match spent {
            Spent::Done { message, price, .. } | Spent::Repeat { message, price, .. } => {
                let stored = self.store.bulk(account, message).await?;
                let gone = || PortError::Refused("the message of a request is gone".to_owned());
                let stored = stored.ok_or_else(gone)?;
                Ok(Accepted {
                    message,
                    start_at: stored.start_at,
                    total: stored.counts.total(),
                    parts: stored.parts,
                    price,
                })
            }
            Spent::KeyReused => Err(BulkError::KeyReused),
            Spent::Insufficient { price, available } => {
                Err(BulkError::Insufficient { price, available })
            }
            Spent::OverDailyLimit { price, left } => Err(BulkError::OverDailyLimit { price, left }),
        }
    }

    /// As [`Campaigns::send`] up to where it would store: a sender and a start time are judged
    /// too, by `send` alone.
    pub async fn try_send(
        &self,
        account: AccountId,
        request: BulkRequest,
    ) -> Result<Estimate, BulkError> {
        self.approved_sender(account, request.sender.as_deref()).await?;
        judge_start(request.start_at, self.clock.now())?;
        self.estimate(account, request.wording, request.to, request.group).await
    }

    /// What a message would cost, whoever it says it is from.
    pub async fn estimate(
        &self,
        account: AccountId,
        wording: Wording,
        to: Addressees,
        group: Option<i64>,
    ) -> Result<Estimate, BulkError> {
        let (_, parts) = self.judge_wording(account, wording).await?;
        let draft = self.draft(account, to, group, parts).await?;
        let price_of = |group: &PriceGroup| group.price;
        Ok(Estimate {
            total: draft.total(),
            parts,
            price_each: draft.groups.iter().map(price_of).max().unwrap_or_default(),
            price: draft.price,
            available: self.store.balance(account).await?.available,
        })
    }
}

/// `None` is now.
fn judge_start(asked: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, BulkError> {
    match asked {
        Some(at) if at > now.after(limits::SCHEDULE_AHEAD_MAX) => Err(BulkError::TooFarAhead),
        Some(at) if at < now.before(CLOCK_SKEW_MAX) => Err(BulkError::Past),
        asked => Ok(asked.filter(|at| *at > now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_now_or_within_a_year_and_a_day() {
        let at = |seconds: i64| Timestamp::from_millis(1_800_000_000_000 + seconds * 1_000);
        let judged = |seconds| judge_start(Some(at(seconds)), at(0));
        assert_eq!(judge_start(None, at(0)), Ok(None));
        assert_eq!(judged(-61), Err(BulkError::Past));
        assert_eq!(judged(-60), Ok(None));
        assert_eq!(judged(0), Ok(None));
        assert_eq!(judged(1), Ok(Some(at(1))));
        let year = 366 * 24 * 60 * 60;
        assert_eq!(judged(year), Ok(Some(at(year))));
        assert_eq!(judged(year + 1), Err(BulkError::TooFarAhead));
    }
}
