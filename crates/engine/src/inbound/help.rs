//! Answers to HELP: an order from the credit of the account whose number was asked.
//!
//! Its id is made of who asked which number on which day (UTC), and of a secret, so however often a carrier repeats
//! the question, and whoever asks all day long, there is one answer.

use domain::id::{AccountId, InboundId, OrderId};
use domain::inbound::keyword::Keyword;
use domain::inbound::{InboundMessage, InboundPart, PartSet, Party, Receivers};
use domain::message::Address;
use domain::number::{Msisdn, SenderId};
use domain::ports::{CreditOrder, CreditOutcome, PortError};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderKind, Payment};
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use super::Inbound;
use crate::metrics::{ByKind, ByResult};
use crate::orders::{LOCAL_CLIENT, message_of};

/// Who asked, and what he is to be told.
pub(super) struct Asked {
    account: AccountId,
    from: Msisdn,
    number: Party,
    text: Text,
    at: Timestamp,
}

/// Nobody needs several parts to say one word.
pub(super) fn asked(parts: &[(InboundId, InboundPart)], receivers: &Receivers) -> Vec<Asked> {
    parts.iter().filter_map(|(id, part)| one(*id, part, receivers)).collect()
}

fn one(id: InboundId, part: &InboundPart, receivers: &Receivers) -> Option<Asked> {
    let receiver = receivers.of(&part.to);
    let (text, account) = (receiver.help.as_ref()?, receiver.account?);
    if part.join.is_some() {
        return None;
    }
    let message = InboundMessage {
        id,
        carrier: part.carrier.clone(),
        from: part.from.clone(),
        to: part.to.clone(),
        content: PartSet::begun_by(part).content(),
        parts: 1,
        missing: Vec::new(),
        account: Some(account),
        received_at: part.at,
    };
    let (keyword, _) = receivers.keywords.of(&message)?;
    let from = part.from.as_str().parse().ok()?;
    (keyword == Keyword::Help).then(|| Asked {
        account,
        from,
        number: part.to.clone(),
        text: text.clone(),
        at: part.at,
    })
}

impl Inbound {
    /// An error means that the same question is welcome again.
    pub(super) async fn help(&self, asked: Asked) -> Result<(), PortError> {
        let Some(payer) = self.store.account(asked.account).await? else { return Ok(()) };
        let id = order_id(&asked, &payer.webhook_secret);
        let account = Some(asked.account);
        let (to, now) = (Address::Phone(asked.from), self.clock.now());
        if self.routes.find(&to).is_empty() {
            tracing::warn!(?account, "no carrier serves who asked for help");
            return Ok(());
        }
        let (kind, text) = (OrderKind::Send, asked.text);
        let mut message =
            message_of(&*self.random, id, kind, account, to.clone(), text.clone(), now);
        message.content.sender = SenderId::parse(asked.number.as_str()).ok();
        let order = NewOrder {
            id,
            account,
            price: self.price,
            payment: Payment::Credit,
            fulfilment: Fulfilment::message(to, text),
            webhook: None,
            referral: None,
            client: LOCAL_CLIENT.to_owned(),
            created_at: now,
        };
        let outcomes =
            self.store.add_credit_orders(vec![CreditOrder { order, message }], None).await;
        let result = match outcomes.as_deref() {
            Ok([CreditOutcome::Accepted]) => {
                self.wake.dispatch.notify_one();
                let kind = kind.as_str();
                self.metrics.orders_created.get_or_create(&ByKind { kind }).inc();
                "helped"
            }
            // Who said STOP is not even helped.
            Ok([CreditOutcome::Exists | CreditOutcome::Blocked]) => return Ok(()),
            Ok(outcomes) => {
                tracing::warn!(?account, ?outcomes, "help is not paid for");
                "unhelped"
            }
            Err(PortError::Refused(why) | PortError::Conflict(why)) => {
                tracing::error!(?account, why, "help cannot be sent");
                "unhelped"
            }
            Err(error) => return Err(error.clone()),
        };
        self.metrics.inbound.get_or_create(&ByResult { result }).inc();
        Ok(())
    }
}

/// A hash that nobody else can make: who knows an order's id may ask for it, and cancel it.
fn order_id(asked: &Asked, secret: &Secret) -> OrderId {
    let day = asked.at.day();
    let words =
        format!("help {day} {} {} {}", asked.account.0, asked.number.as_str(), asked.from.digits());
    let hash = Sha256::new_with_prefix(secret.expose()).chain_update("\n").chain_update(words);
    OrderId::new(hash.finalize().into())
}
