//! What is known of a message's way, for those who have to explain it.

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
    /// The carrier's own word for the reason.
    pub code: Option<String>,
    /// As in [`crate::ports::ClaimedRecipient::tried`].
    pub tried: Vec<CarrierName>,
    pub updated_at: Timestamp,
    /// In the order in which carriers took them.
    pub parts: Vec<PartTrace>,
}

/// A part that a carrier took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTrace {
    pub carrier: CarrierName,
    /// The carrier's id for it.
    pub carrier_id: String,
    /// From 1, of `parts` that the text has at this carrier.
    pub part: u16,
    pub parts: u16,
    /// The claim that handed it over.
    pub attempt: u32,
    /// What the carrier said first, and when it did.
    pub state: PartState,
    pub code: Option<String>,
    pub taken_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// What the carrier said last without deciding anything.
    pub word: Option<Word>,
}

/// A carrier's word that decided nothing: on its way, or said when all was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub state: ReceiptState,
    pub code: Option<String>,
    pub at: Timestamp,
}
