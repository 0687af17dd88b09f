//! A campaign: one text to many recipients, paid from credit. Its whole price is reserved when it is
//! accepted, and settled share by share as its recipients become final ([`crate::sale::settlement`]).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MessageId, OrderId};
use crate::message::door::Door;
use crate::message::form::Form;
use crate::message::merged_texts::MergedTexts;
use crate::message::recipient::RecipientState;
use crate::message::{Content, MessageState};
use crate::money::Msat;
use crate::number::{Msisdn, SenderId};
use crate::reason::Reason;
use crate::routing::Charge;
use crate::state::stored_as;
use crate::text::Text;
use crate::time::Timestamp;

/// Which recipients' prices are given back: as the account's settings were when the campaign was
/// accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum RefundPolicy {
    /// Every recipient that was not reached.
    #[default]
    Undelivered,
    /// Only those whose text no carrier took.
    Unsent,
}

stored_as!(RefundPolicy { Undelivered = "undelivered", Unsent = "unsent" });

impl RefundPolicy {
    /// Whether the price of a recipient that becomes final is kept. `was_taken`: some carrier had its
    /// whole text.
    pub const fn keeps(self, to: RecipientState, was_taken: bool) -> bool {
        match self {
            Self::Undelivered => matches!(to, RecipientState::Success),
            Self::Unsent => matches!(to, RecipientState::Success) || was_taken,
        }
    }
}

/// Identifies a repeated request: the key that its sender gave it, and SHA-256 of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// 1 to [`crate::limits::IDEMPOTENCY_KEY_CHARS_MAX`] visible ASCII characters.
    pub key: String,
    pub request: [u8; 32],
}

/// Recipients that cost the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceGroup {
    /// Price of one recipient, all parts together.
    pub price: Msat,
    pub numbers: Vec<Msisdn>,
}

/// Sum of the groups' prices; `None` beyond what can be counted.
pub fn total_price(groups: &[PriceGroup]) -> Option<Msat> {
    groups.iter().try_fold(Msat::ZERO, |sum: Msat, group| {
        let many = i64::try_from(group.numbers.len()).ok()?;
        sum.checked_add(group.price.checked_mul(many)?)
    })
}

/// A recipient of the request that is sent nothing: final from the start, and free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// As it was written, at most [`Excluded::ADDRESS_CHARS_MAX`] characters of it.
    pub address: String,
    pub why: Exclusion,
}

impl Excluded {
    pub const ADDRESS_CHARS_MAX: usize = 32;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    Invalid,
    Blocked,
}

impl Exclusion {
    pub const fn state(self) -> RecipientState {
        match self {
            Self::Invalid => RecipientState::Invalid,
            Self::Blocked => RecipientState::Blocked,
        }
    }

    pub const fn reason(self) -> Reason {
        match self {
            Self::Invalid => Reason::BadNumber,
            Self::Blocked => Reason::Blocked,
        }
    }
}

/// Which events of a campaign its webhook gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CampaignEvents {
    /// Its end.
    #[default]
    Finished,
    /// Its recipients as they become final, many in one call, and its end.
    Recipients,
}

stored_as!(CampaignEvents { Finished = "finished", Recipients = "recipients" });

/// Where a campaign's events are sent. Its account's secret signs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignWebhook {
    pub url: String,
    pub events: CampaignEvents,
}

/// Entries of a request that no text is sent for, as its answer counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Recipients whose number is none.
    pub invalid: u32,
    pub blocked: u32,
    /// Repetitions, which are no recipients.
    pub duplicates: u32,
}

/// A campaign about to be stored. Recipients are numbered group after group, the excluded last.
#[derive(Debug, Clone)]
pub struct NewBulk {
    /// Its account pays; its lane is [`crate::message::Lane::Bulk`], unless there are few recipients.
    pub content: Content,
    pub door: Door,
    pub payer: AccountId,
    /// At least one recipient, no number twice.
    pub groups: Vec<PriceGroup>,
    pub excluded: Vec<Excluded>,
    /// The text of each recipient of the groups, where they differ; then the content's text is what they
    /// were made from, and its parts are those of the longest.
    pub texts: Option<Arc<MergedTexts>>,
    /// Repetitions in the request.
    pub duplicates: u32,
    /// Quiet hours do not hold it.
    pub at_any_hour: bool,
    /// When the last of its recipients whom quiet hours hold at its start may be sent to.
    pub held_until: Option<Timestamp>,
    /// *Scheduled* until then; `None`: *pending* at once.
    pub start_at: Option<Timestamp>,
    pub receipts_until: Timestamp,
    pub webhook: Option<CampaignWebhook>,
    /// Each gets a callback for every recipient that becomes final.
    pub callbacks: Vec<String>,
    pub refunds: RefundPolicy,
    pub idempotency: Option<Idempotency>,
    /// The query door's id of recipient 0; that of recipient `index` is `index` more. No other
    /// campaign's ids may overlap. `None`: it has no such ids.
    pub first_sms_id: Option<u64>,
    pub created_at: Timestamp,
}

impl NewBulk {
    /// Parts to all recipients together, where their texts differ.
    pub fn own_parts(&self) -> Option<u64> {
        let texts = self.texts.as_ref()?;
        let numbers = self.groups.iter().flat_map(|group| &group.numbers);
        Some(
            numbers.map(|number| texts.get(*number).map_or(0, |(_, parts)| u64::from(parts))).sum(),
        )
    }

    /// Price of all recipients; `None` on overflow.
    pub fn price(&self) -> Option<Msat> {
        total_price(&self.groups)
    }

    /// Number of recipients without the excluded.
    pub fn payable(&self) -> usize {
        self.groups.iter().map(|group| group.numbers.len()).sum()
    }
}

/// How many recipients are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub pending: u32,
    pub submitted: u32,
    pub success: u32,
    pub failed: u32,
    pub invalid: u32,
    pub blocked: u32,
    pub expired: u32,
    pub timeout: u32,
}

impl Counts {
    pub const fn total(&self) -> u32 {
        let under_way = self.pending + self.submitted;
        let ended = self.success + self.failed + self.expired + self.timeout;
        under_way + ended + self.invalid + self.blocked
    }
}

/// A text of an account as its list shows it: a campaign, or the message of an order, which has one
/// recipient.
#[derive(Debug, Clone)]
pub struct BulkMessage {
    pub id: MessageId,
    pub account: AccountId,
    /// `None`: it is a campaign.
    pub order: Option<OrderId>,
    pub door: Door,
    pub sender: Option<SenderId>,
    pub text: Text,
    pub form: Form,
    /// What each recipient pays for it on the telephone bill.
    pub charge: Option<Charge>,
    pub parts: u16,
    /// Parts to all recipients together, where each has its own text; then the text has placeholders, and
    /// the parts are those of the longest.
    pub own_parts: Option<u64>,
    pub state: MessageState,
    pub counts: Counts,
    /// As it was accepted.
    pub left_out: LeftOut,
    /// When the last recipient that quiet hours hold may be sent to, by what is known: by its queued
    /// recipients, or as it was accepted. May be past.
    pub held_until: Option<Timestamp>,
    /// It has a webhook.
    pub has_webhook: bool,
    /// Reserved when it was accepted, and for every retry since.
    pub price: Msat,
    /// Of the price: kept, and given back. The rest is still reserved.
    pub charged: Msat,
    pub refunded: Msat,
    pub start_at: Option<Timestamp>,
    pub paused: bool,
    /// The query door's id of recipient 0; `None`: it came in by another door.
    pub first_sms_id: Option<u64>,
    pub valid_until: Timestamp,
    pub created_at: Timestamp,
    /// When its last recipient became final.
    pub ended_at: Option<Timestamp>,
}

/// A recipient as the sender of its message sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRecipient {
    /// From 0.
    pub index: u32,
    /// The number's digits, or the address as it was written if it is no number.
    pub address: String,
    pub state: RecipientState,
    pub reason: Option<Reason>,
    /// The carrier's code for why it failed.
    pub code: Option<String>,
    pub price: Msat,
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecipientState as S;

    #[test]
    fn what_did_not_arrive_is_given_back_by_policy() {
        use RefundPolicy::{Undelivered, Unsent};
        for to in [S::Failed, S::Expired, S::Timeout, S::Invalid, S::Blocked] {
            assert!(!Undelivered.keeps(to, true) && !Unsent.keeps(to, false));
            assert!(Unsent.keeps(to, true));
        }
        for was_taken in [false, true] {
            assert!(
                Undelivered.keeps(S::Success, was_taken) && Unsent.keeps(S::Success, was_taken)
            );
        }
    }
}
