//! The customer's actions, and the outcome of the message.

use std::time::Duration;

use domain::id::OrderId;
use domain::sale::client::LOCAL_CLIENT;
use engine::OrderSettings;
use engine::accept::{AcceptedId, Payment};
use testkit::smsc::Plan;

use super::house::{House, Life, NUMBER};
use crate::customer_order::order_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    Delivered,
    Refused,
    Failed,
    /// No receipt comes while it is awaited.
    NoReceipt,
    /// Two parts; the carrier stops responding between them.
    TwoParts,
    /// The receipt is stored before the response arrives.
    Overtaken,
    Unpaid,
    /// Cancelled right after payment, in time or too late.
    Cancelled,
    /// Blocks arrive so fast that the node refunds the payment by itself.
    Refunded,
    Credit,
    Fund,
}

/// Final owner of the money, if the order was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Money {
    Ours,
    Returned,
    /// Either outcome, but never ours without delivery.
    Either,
}

impl Scenario {
    pub(super) const fn plan(self) -> Plan {
        match self {
            Self::Refused => Plan::Refuse,
            Self::Failed => Plan::Fail,
            Self::NoReceipt | Self::Refunded => Plan::Lose,
            Self::TwoParts => Plan::Falter,
            Self::Overtaken => Plan::Overtake,
            Self::Delivered | Self::Unpaid | Self::Cancelled | Self::Credit | Self::Fund => {
                Plan::Deliver
            }
        }
    }

    pub(super) const fn money(self) -> Money {
        match self {
            Self::Delivered
            | Self::NoReceipt
            | Self::TwoParts
            | Self::Overtaken
            | Self::Credit
            | Self::Fund => Money::Ours,
            Self::Refused | Self::Failed | Self::Unpaid | Self::Refunded => Money::Returned,
            Self::Cancelled => Money::Either,
        }
    }

    /// Fewest steps; fewer mean that the fuse does not cover the scenario.
    pub(super) const fn steps_min(self) -> u64 {
        match self {
            Self::Delivered
            | Self::Refused
            | Self::Failed
            | Self::NoReceipt
            | Self::TwoParts
            | Self::Overtaken => 9,
            Self::Unpaid | Self::Cancelled => 5,
            // The node may refund before the message is claimed; the end of the webhook's call may
            // come after all is quiet.
            Self::Refunded | Self::Credit => 4,
            Self::Fund => 6,
        }
    }

    pub(super) fn order_settings(self) -> OrderSettings {
        match self {
            // The shortest that may be configured: time must not outrun a busy machine on its way there.
            Self::NoReceipt => OrderSettings {
                receipt_wait: Duration::from_secs(10 * 60),
                ..OrderSettings::default()
            },
            _ => OrderSettings::default(),
        }
    }

    /// Time per tick after the customer's last action; long in scenarios that wait for a timeout.
    pub(super) const fn tick(self) -> Duration {
        match self {
            Self::Unpaid => Duration::from_secs(10),
            _ => Duration::from_secs(2),
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::TwoParts => {
                "Kære kunde, din pakke ligger klar. Спасибо, что выбрали нас, и до скорой встречи!"
            }
            _ => "Din kode er 4711",
        }
    }
}

/// Orders and pays. `None` if the program crashes before that.
pub(super) async fn customer(house: &House, life: &Life, scenario: Scenario) -> Option<OrderId> {
    let account = house.caller().account;
    let (id, invoice) = if let Scenario::Fund = scenario {
        let funding =
            life.engine.orders.fund(account, 1_000, LOCAL_CLIENT.to_owned(), None).await.ok()?;
        (funding.order, Some(funding.invoice))
    } else {
        let paid = if scenario == Scenario::Credit { Payment::Credit } else { Payment::Invoice };
        let request = order_of(account, NUMBER, scenario.text(), paid);
        let accepted = life.engine.accept.accept(request).await.ok()?;
        let AcceptedId::Order(id) = accepted.id else { return None };
        (id, accepted.invoice)
    };
    if let (Some(invoice), true) = (invoice, scenario != Scenario::Unpaid) {
        house.node.pay(&invoice).await.ok()?;
    }
    match scenario {
        // Refused if too late; both outcomes are valid.
        Scenario::Cancelled => drop(life.engine.orders.cancel(id).await),
        Scenario::Refunded => house.node.mine(150).unwrap(),
        _ => {}
    }
    Some(id)
}
