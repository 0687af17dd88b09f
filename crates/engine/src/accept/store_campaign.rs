//! Stores a campaign with its reservation and its chunks, as a whole or not at all.

use std::sync::Arc;

use domain::id::{AccountId, MessageId};
use domain::limits;
use domain::message::campaign::{LeftOut, NewBulk};
use domain::message::{Content, Lane};
use domain::ports::{PortError, Spent};
use domain::sale::quote::Priced;

use super::judge::Judged;
use super::request::{Accepted, AcceptedId, Priority, Repeat, Request};
use super::traffic::is_refused;
use super::{Accept, AcceptError};
use crate::ids::uuid_v7;

impl Accept {
    pub(super) async fn store_campaign(&self, request: Request) -> Result<Accepted, AcceptError> {
        let Request { draft, door, campaign_webhook, takes_sms_ids, repeat, callbacks, .. } =
            request;
        let with_account_callback = request.with_account_callback;
        let account = draft.account.ok_or(AcceptError::NoAccount)?;
        let (single_lane_max, priority) = (draft.demands.single_lane_max, draft.priority);
        let idempotency = match repeat {
            Repeat::Key(key) => Some(key),
            Repeat::Never | Repeat::Order(_) => None,
        };
        if let Some(key) = &idempotency
            && let Some(spent) = self.store.spent(account, key.clone()).await?
        {
            // Same response as before, whatever has changed since.
            return self.read_spent(account, spent).await;
        }
        let Judged {
            sender,
            start_at,
            text,
            form,
            charge,
            texts,
            place,
            quote,
            held_until,
            settings,
            traffic,
        } = self.judge(draft).await?;
        let webhook = self.campaign_webhook(campaign_webhook, settings.webhook)?;
        let of_account = settings.callback_url.filter(|_| with_account_callback);
        let callbacks = self.callbacks(&callbacks, of_account)?;
        let webhook_secret = match webhook {
            Some(_) => Some(self.secret_of(account).await?),
            None => None,
        };
        let left_out = quote.left_out();
        let now = self.clock.now();
        let begins = start_at.unwrap_or(now);
        let message = MessageId(uuid_v7(&*self.random, now));
        let few = quote.payable() <= single_lane_max;
        let (total, parts, price) = (quote.recipients(), quote.size.parts, quote.price);
        let first_sms_id = match takes_sms_ids {
            true => Some(self.sms_ids.take(&*self.store, total).await?),
            false => None,
        };
        let (groups, excluded) = match quote.to {
            Priced::Numbers { groups, excluded, .. } => (groups, excluded),
            // Campaigns have no mailboxes, and the store refuses one without recipients.
            Priced::Mailbox(_) => (Vec::new(), Vec::new()),
        };
        let new = NewBulk {
            content: Content {
                message,
                account: Some(account),
                sender: sender.clone(),
                text,
                form,
                charge,
                parts,
                lane: if few { Lane::Single } else { Lane::Bulk },
                valid_until: begins.after(limits::BULK_VALIDITY),
            },
            door,
            payer: account,
            groups,
            excluded,
            texts,
            duplicates: left_out.duplicates,
            at_any_hour: priority == Priority::Otp,
            held_until,
            start_at,
            receipts_until: begins.after(limits::BULK_RECEIPTS_WITHIN),
            webhook,
            callbacks,
            refunds: settings.refunds,
            idempotency,
            first_sms_id,
            created_at: now,
        };
        let parts_in_all = new.own_parts().unwrap_or_else(|| same_parts(parts, total, left_out));
        let counted = self.count_traffic(Some(account), traffic).await?;
        let stored = self.store.add_bulk(Arc::new(new)).await;
        drop(place);
        if is_refused(&stored)
            || matches!(&stored, Ok(spent) if !matches!(spent, Spent::Done { .. }))
        {
            self.uncount_traffic(counted).await;
        }
        match stored {
            Ok(Spent::Done { .. }) => {}
            // A concurrent request used this key, or the credit is insufficient.
            Ok(spent) => return self.read_spent(account, spent).await,
            // The outcome of the commit is unknown: a stored message was accepted.
            Err(error @ PortError::Unknown(_)) => {
                self.store.bulk(account, message).await?.ok_or(error)?;
            }
            Err(error) => return Err(error.into()),
        }
        self.wake.dispatch.notify_one();
        self.metrics.bulk_messages.inc();
        self.metrics.bulk_recipients.inc_by(total.into());
        let id = AcceptedId::Message(message);
        let (invoice, repeated) = (None, false);
        Ok(Accepted {
            id,
            invoice,
            webhook_secret,
            start_at,
            sender,
            first_sms_id,
            total,
            left_out,
            held_until,
            parts,
            parts_in_all,
            price,
            repeated,
        })
    }

    /// The result of an earlier request, or the reason for a refusal.
    async fn read_spent(&self, account: AccountId, spent: Spent) -> Result<Accepted, AcceptError> {
        match spent {
            Spent::Done { message, price, .. } | Spent::Repeat { message, price, .. } => {
                let stored = self.store.bulk(account, message).await?;
                let missing =
                    || PortError::Refused("the message of a request is missing".to_owned());
                let stored = stored.ok_or_else(missing)?;
                let webhook_secret = match stored.has_webhook {
                    true => Some(self.secret_of(account).await?),
                    false => None,
                };
                Ok(Accepted {
                    id: AcceptedId::Message(message),
                    invoice: None,
                    webhook_secret,
                    start_at: stored.start_at,
                    sender: stored.sender,
                    first_sms_id: stored.first_sms_id,
                    total: stored.counts.total(),
                    left_out: stored.left_out,
                    held_until: stored.held_until,
                    parts: stored.parts,
                    parts_in_all: stored.own_parts.unwrap_or_else(|| {
                        same_parts(stored.parts, stored.counts.total(), stored.left_out)
                    }),
                    price,
                    repeated: true,
                })
            }
            Spent::KeyReused => Err(AcceptError::KeyReused),
            Spent::Insufficient { price, available } => {
                Err(AcceptError::Insufficient { price, available })
            }
            Spent::OverDailyLimit { price, left } => {
                Err(AcceptError::OverDailyLimit { price, left })
            }
        }
    }
}

/// Parts to all recipients that are sent to.
fn same_parts(parts: u16, total: u32, left_out: LeftOut) -> u64 {
    let sent_to = total.saturating_sub(left_out.invalid + left_out.blocked);
    u64::from(parts) * u64::from(sent_to)
}
