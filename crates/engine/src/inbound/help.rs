//! Replies to HELP: an order paid by the account that owns the number.
//!
//! The order's id is a hash of both numbers, the day (UTC) and a secret: however often the HELP is
//! repeated, there is one reply a day.

use domain::id::{AccountId, InboundId, OrderId};
use domain::inbound::keyword::Keyword;
use domain::inbound::{InboundMessage, InboundPart, PartSet, Party, Receivers};
use domain::limits;
use domain::message::address_list::AddressList;
use domain::message::door::Door;
use domain::number::{Msisdn, SenderId};
use domain::ports::PortError;
use domain::sale::client::LOCAL_CLIENT;
use domain::sale::quote::{Limits, QuoteError};
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use super::Inbound;
use crate::accept::{
    AcceptError, CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients,
    Repeat, Request, Sender,
};
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

/// As for an order: one text to one number.
const DEMANDS: Demands = Demands {
    limits: Limits {
        chars_max: limits::ORDER_TEXT_CHARS_MAX,
        parts_max: u8::MAX,
        recipients_max: 1,
    },
    single_lane_max: 1,
};

impl Inbound {
    /// On an error the carrier may repeat the message.
    pub(super) async fn help(&self, asked: Asked) -> Result<(), PortError> {
        let Some(payer) = self.store.account(asked.account).await? else { return Ok(()) };
        let account = asked.account;
        let request = answer(&asked, &payer.webhook_secret);
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
fn answer(asked: &Asked, secret: &Secret) -> Request {
    let order = order_id(asked, secret);
    let sender = SenderId::parse(asked.number.as_str()).map_or(Sender::OfCarrier, Sender::Own);
    Request {
        draft: Draft {
            account: Some(asked.account),
            payment: Payment::Credit,
            sender,
            content: Content::Text(asked.text.as_str().to_owned()),
            to: Recipients::Numbers { list: AddressList::of(asked.from), group: None },
            start_at: None,
            priority: Priority::Normal,
            demands: DEMANDS,
        },
        door: Door::Inbound,
        client: LOCAL_CLIENT.to_owned(),
        webhook: None,
        campaign_webhook: CampaignWebhookRequest::default(),
        referral: None,
        takes_sms_ids: false,
        repeat: Repeat::Order(order),
    }
}

/// A hash with a secret, because an order's id grants access to the order.
fn order_id(asked: &Asked, secret: &Secret) -> OrderId {
    let day = asked.at.day();
    let words =
        format!("help {day} {} {} {}", asked.account.0, asked.number.as_str(), asked.from.digits());
    let hash = Sha256::new_with_prefix(secret.expose()).chain_update("\n").chain_update(words);
    OrderId::new(hash.finalize().into())
}
