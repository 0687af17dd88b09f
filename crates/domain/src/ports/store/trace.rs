//! The trace of a message's recipients and of their parts at carriers, for support.

use crate::message::Address;
use crate::message::parts::PartState;
use crate::message::recipient::RecipientState;
use crate::ports::ReceiptState;
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientTrace {
    pub index: u32,
    pub to: Address,
    pub state: RecipientState,
    pub reason: Option<Reason>,
    /// The carrier's own code for the reason.
    pub code: Option<String>,
    /// As in [`crate::ports::ClaimedRecipient::tried`].
    pub tried: Vec<CarrierName>,
    pub updated_at: Timestamp,
    /// In the order in which carriers took them.
    pub parts: Vec<PartTrace>,
}

/// A part that a carrier accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTrace {
    pub carrier: CarrierName,
    /// The carrier's id of the part.
    pub carrier_id: String,
    /// From 1, of `parts` that the text has at this carrier.
    pub part: u16,
    pub parts: u16,
    /// The claim that submitted it.
    pub attempt: u32,
    /// As decided by the first final receipt, at `decided_at`.
    pub state: PartState,
    pub code: Option<String>,
    pub taken_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The last receipt that did not decide the part.
    pub noted: Option<NotedReceipt>,
}

/// A receipt that did not decide its part: intermediate, or later than the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedReceipt {
    pub state: ReceiptState,
    pub code: Option<String>,
    pub at: Timestamp,
}
