//! An order as the orders door places it.

use domain::id::AccountId;
use domain::limits;
use domain::message::address_list::AddressList;
use domain::message::door::Door;
use domain::message::form::Form;
use domain::number;
use domain::sale::client::LOCAL_CLIENT;
use domain::sale::quote::Limits;
use engine::accept::{Content, Demands, Draft, Payment, Recipients, Repeat, Request, Sender};

const DEMANDS: Demands = Demands {
    limits: Limits {
        chars_max: limits::ORDER_TEXT_CHARS_MAX,
        parts_max: u8::MAX,
        recipients_max: 1,
    },
    single_lane_max: 1,
};

pub(crate) fn order_of(account: AccountId, to: &str, text: &str, payment: Payment) -> Request {
    let list = AddressList::of(number::parse(to, number::Notation::default()).unwrap());
    Request {
        draft: Draft {
            account: Some(account),
            payment,
            sender: Sender::OfCarrier,
            content: Content::Text(text.to_owned()),
            form: Form::Text,
            charge: None,
            to: Recipients::Numbers { list, group: None },
            start_at: None,
            priority: engine::accept::Priority::Normal,
            demands: DEMANDS,
        },
        door: Door::Orders,
        client: LOCAL_CLIENT.to_owned(),
        webhook: None,
        campaign_webhook: engine::accept::CampaignWebhookRequest::default(),
        callbacks: Vec::new(),
        with_account_callback: false,
        referral: None,
        takes_sms_ids: false,
        repeat: Repeat::Never,
    }
}
