//! Replies to HELP: an order paid by the account that owns the number.
//!
//! The order's id is a hash of both numbers, the day (UTC) and a secret: however often the HELP is
//! repeated, there is one reply a day.

use domain::id::{AccountId, InboundId};
use domain::inbound::keyword::Keyword;
use domain::inbound::{InboundMessage, InboundPart, PartSet, Party, Receivers};
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::sale::quote::QuoteError;
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;

use super::Inbound;
use super::answer::{Answer, order_id};
use crate::accept::AcceptError;
use crate::metrics::ByResult;

/// A HELP message and its reply.
pub(super) struct Asked {
    account: AccountId,
    from: Msisdn,
    number: Party,
    text: Text,
    at: Timestamp,
}

/// HELP is a single word, so it comes in one part.
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
    let (keyword, _) = receivers.keyword(&message)?;
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
    /// On an error the carrier may repeat the message.
    pub(super) async fn help(&self, asked: Asked) -> Result<(), PortError> {
        let Some(payer) = self.store.account(asked.account).await? else { return Ok(()) };
        let account = asked.account;
        let request = answer(&asked, &payer.webhook_secret).into_request();
        let result = match self.accept.accept(request).await {
            Ok(accepted) if accepted.repeated => return Ok(()),
            Ok(_) => "helped",
            // A number that sent STOP gets no reply to HELP either.
            Err(AcceptError::Quote(QuoteError::AllBlocked)) => return Ok(()),
            Err(AcceptError::Quote(QuoteError::NoRoute)) => {
                tracing::warn!(?account, "no carrier serves the number that sent HELP");
                return Ok(());
            }
            Err(AcceptError::Store(PortError::Refused(why) | PortError::Conflict(why))) => {
                tracing::error!(?account, why, "the reply to HELP cannot be sent");
                "unhelped"
            }
            Err(AcceptError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(?account, %error, "could not send the reply to HELP");
                "unhelped"
            }
        };
        self.metrics.inbound.get_or_create(&ByResult { result }).inc();
        Ok(())
    }
}

/// An order from the credit of the account whose number was asked, sent from that number.
fn answer(asked: &Asked, secret: &Secret) -> Answer {
    let day = asked.at.day();
    let words =
        format!("help {day} {} {} {}", asked.account.0, asked.number.as_str(), asked.from.digits());
    Answer {
        account: asked.account,
        from: Some(asked.number.clone()),
        to: asked.from,
        text: asked.text.clone(),
        order: order_id(&words, secret),
    }
}
