//! Double entry with two-phase transfers.
//!
//! Every movement is a transfer from one ledger account to another, so the sum over all of them is
//! zero at every commit. A transfer is *posted* at once, or *pending* first (a reservation: it
//! lowers what may be spent and moves nothing) and then *posted* or *voided*, each exactly once; that
//! of a campaign in shares, one for each recipient that becomes final. An order paid from credit is
//! its own transfer: *pending* until it is decided, *posted* when it is settled, *voided* when it is
//! cancelled.
//!
//! | state \ event | post | void |
//! |---|---|---|
//! | pending | posted | voided |
//! | posted, voided | – | – |

use crate::id::{AccountId, MessageId, OrderId};
use crate::money::Msat;
use crate::state::{Illegal, stored_as};

/// The pockets money moves between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LedgerAccount {
    /// What we owe to a customer: his prepaid credit. Never negative.
    Customer(AccountId),
    /// What the Lightning node received. Negative by as much as it holds for us.
    Lightning,
    /// What the operator gave away or took in by hand.
    Operator,
    /// What we earned.
    Revenue,
    /// What we owe to referrers. Never negative.
    Referrals,
}

impl LedgerAccount {
    /// The stored form: `customer:7`, `lightning`, `operator`, `revenue`, `referrals`.
    pub fn stored(self) -> String {
        match self {
            Self::Customer(AccountId(id)) => format!("customer:{id}"),
            Self::Lightning => "lightning".to_owned(),
            Self::Operator => "operator".to_owned(),
            Self::Revenue => "revenue".to_owned(),
            Self::Referrals => "referrals".to_owned(),
        }
    }

    /// Whether spending may take it below zero.
    pub const fn may_be_negative(self) -> bool {
        !matches!(self, Self::Customer(_) | Self::Referrals)
    }
}

/// What the transfers and refunds of something sold are kept under: the id of what was bought,
/// whatever door sold it. Credit has none, and is kept under the id of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargeId {
    Message(MessageId),
    Order(OrderId),
}

impl ChargeId {
    /// 16 or 32 bytes: the two are never the same.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Message(id) => id.0.as_bytes(),
            Self::Order(id) => id.as_bytes(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferState {
    Pending,
    Posted,
    Voided,
}

stored_as!(TransferState { Pending = "pending", Posted = "posted", Voided = "voided" });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferEvent {
    Post,
    Void,
}

pub const fn next(state: TransferState, event: TransferEvent) -> Result<TransferState, Illegal> {
    match (state, event) {
        (TransferState::Pending, TransferEvent::Post) => Ok(TransferState::Posted),
        (TransferState::Pending, TransferEvent::Void) => Ok(TransferState::Voided),
        (
            TransferState::Posted | TransferState::Voided,
            TransferEvent::Post | TransferEvent::Void,
        ) => Err(Illegal),
    }
}

/// What a transfer was for; shown in statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferKind {
    /// Credit given by the operator.
    Grant,
    /// Credit bought over Lightning.
    Fund,
    /// Something paid from credit. A campaign is posted and voided share by share.
    CreditSale,
    /// Something paid over Lightning.
    LightningSale,
    /// Credit given back for what was charged.
    Refund,
    /// Credit taken back by the operator.
    Debit,
    /// A period of a keyword, paid from credit.
    Keyword,
    /// A lookup of a number, paid from credit.
    Lookup,
    /// A referrer's share of a settled order.
    Referral,
    /// A share that a refund took back before it was paid.
    ReferralCancelled,
    /// Shares paid to a referrer.
    Payout,
    /// What the route of such a payment cost.
    RoutingFee,
    /// What the owner of a phone earns of a number on it that was sold.
    PhoneShare,
}

stored_as!(TransferKind {
    Grant = "grant",
    Fund = "fund",
    CreditSale = "credit_sale",
    LightningSale = "lightning_sale",
    Refund = "refund",
    Debit = "debit",
    Keyword = "keyword",
    Lookup = "lookup",
    Referral = "referral",
    ReferralCancelled = "referral_cancelled",
    Payout = "payout",
    RoutingFee = "routing_fee",
    PhoneShare = "phone_share",
});

/// What `ledger check` found. All is well when [`LedgerReport::is_sound`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerReport {
    pub accounts: u64,
    pub transfers: u64,
    /// Sum of all balances; zero.
    pub sum: Msat,
    /// Accounts whose stored balance is not what their transfers say.
    pub wrong_balances: Vec<String>,
    /// Customers below zero.
    pub overdrawn: Vec<String>,
    /// Orders whose state and transfers disagree (settled and not booked, or booked and not settled).
    pub wrong_orders: Vec<String>,
    /// Messages to many whose recipients, counters and shares disagree.
    pub wrong_messages: Vec<String>,
    /// Refunds by hand without their transfer, transfers without theirs, and more given back than
    /// was charged.
    pub wrong_refunds: Vec<String>,
    /// Periods of keywords without their transfer, and transfers without their period.
    pub wrong_keywords: Vec<String>,
    /// Charges for lookups without their transfer, and transfers without their charge.
    pub wrong_lookups: Vec<String>,
    /// Referrers' shares and payments that disagree with their transfers or with each other.
    pub wrong_referrals: Vec<String>,
    /// Shares of phones' owners without a settled order, or that are not what their loan says.
    pub wrong_shares: Vec<String>,
}

impl LedgerReport {
    pub fn is_sound(&self) -> bool {
        self.sum == Msat::ZERO
            && self.wrong_balances.is_empty()
            && self.overdrawn.is_empty()
            && self.wrong_orders.is_empty()
            && self.wrong_messages.is_empty()
            && self.wrong_refunds.is_empty()
            && self.wrong_keywords.is_empty()
            && self.wrong_lookups.is_empty()
            && self.wrong_referrals.is_empty()
            && self.wrong_shares.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_decided_once() {
        let posted = next(TransferState::Pending, TransferEvent::Post);
        assert_eq!(posted, Ok(TransferState::Posted));
        for state in [TransferState::Posted, TransferState::Voided] {
            assert_eq!(next(state, TransferEvent::Post), Err(Illegal));
            assert_eq!(next(state, TransferEvent::Void), Err(Illegal));
        }
    }
}
