//! An order that answers an inbound message: one text, from the credit of an account, to the sender.

use domain::id::{AccountId, OrderId};
use domain::inbound::Party;
use domain::message::address_list::AddressList;
use domain::message::door::Door;
use domain::message::form::Form;
use domain::number::{Msisdn, SenderId};
use domain::sale::client::LOCAL_CLIENT;
use domain::secret::Secret;
use domain::text::Text;
use sha2::{Digest, Sha256};

use crate::accept::{
    CampaignWebhookRequest, Content, Demands, Draft, Payment, Priority, Recipients, Repeat,
    Request, Sender,
};

pub(super) struct Answer {
    pub account: AccountId,
    /// The number that was written to, if the answer comes from it; else the carrier's sender.
    pub from: Option<Party>,
    pub to: Msisdn,
    pub text: Text,
    /// However often it is sent, there is one.
    pub order: OrderId,
}

impl Answer {
    pub(super) fn into_request(self) -> Request {
        let sender = self.from.and_then(|number| SenderId::parse(number.as_str()).ok());
        Request {
            draft: Draft {
                account: Some(self.account),
                payment: Payment::Credit,
                sender: sender.map_or(Sender::OfCarrier, Sender::Own),
                content: Content::Text(self.text.as_str().to_owned()),
                form: Form::Text,
                charge: None,
                to: Recipients::Numbers { list: AddressList::of(self.to), group: None },
                start_at: None,
                priority: Priority::Normal,
                demands: Demands::ONE_TEXT,
            },
            door: Door::Inbound,
            client: LOCAL_CLIENT.to_owned(),
            webhook: None,
            campaign_webhook: CampaignWebhookRequest::default(),
            callbacks: Vec::new(),
            with_account_callback: false,
            referral: None,
            takes_sms_ids: false,
            repeat: Repeat::Order(self.order),
        }
    }
}

/// A hash with the account's secret, because an order's id grants access to the order.
pub(super) fn order_id(words: &str, secret: &Secret) -> OrderId {
    let hash = Sha256::new_with_prefix(secret.expose()).chain_update("\n").chain_update(words);
    OrderId::new(hash.finalize().into())
}
