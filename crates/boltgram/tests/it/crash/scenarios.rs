//! What the customer does, and what the world does with his message.

use domain::order::OrderId;
use engine::orders::{Asked, CreatedOrder, OrderRequest, Terms};
use testkit::smsc::Plan;

use super::house::{House, Life, NUMBER};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    Delivered,
    Refused,
    Failed,
    Unpaid,
    Credit,
    Fund,
}

impl Scenario {
    pub(super) const fn plan(self) -> Plan {
        match self {
            Self::Refused => Plan::Refuse,
            Self::Failed => Plan::Fail,
            Self::Delivered | Self::Unpaid | Self::Credit | Self::Fund => Plan::Deliver,
        }
    }

    /// Whether a paid order of this kind ends with the money ours.
    pub(super) const fn is_earned(self) -> bool {
        matches!(self, Self::Delivered | Self::Credit | Self::Fund)
    }

    /// Fewer steps than this mean that the fuse does not see the scenario.
    pub(super) const fn steps_min(self) -> u64 {
        match self {
            Self::Delivered | Self::Refused | Self::Failed => 9,
            Self::Unpaid | Self::Credit => 5,
            Self::Fund => 6,
        }
    }
}

/// The customer orders and pays. Told only if he got that far.
pub(super) async fn customer(house: &House, life: &Life, scenario: Scenario) -> Option<OrderId> {
    let caller = house.caller();
    let request = match scenario {
        Scenario::Fund => OrderRequest::Fund { amount_sats: 1_000, caller: &caller },
        _ => OrderRequest::Send {
            to: NUMBER,
            text: "Din kode er 4711",
            terms: Terms {
                caller: Some(&caller),
                immediate: scenario == Scenario::Credit,
                ..Terms::default()
            },
        },
    };
    let CreatedOrder { id, asked, .. } = life.engine.create_order(request).await.ok()?;
    if let (Asked::Invoice(invoice), true) = (asked, scenario != Scenario::Unpaid) {
        house.node.pay(&invoice).await.ok()?;
    }
    Some(id)
}
