//! A carrier: a company, device or relay that takes messages and later reports on them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::inbound::{InboundPart, Octets, Party};
use crate::message::{Address, Content};
use crate::number::Msisdn;
use crate::ports::{ChunkId, PortError};
use crate::reason::Reason;
use crate::routing::{CarrierName, Channel};
use crate::state::stored_as;
use crate::time::Timestamp;

/// The claimed recipient of a submission. `attempt` distinguishes the claims of a chunk, so that
/// late outcomes of a lost lease are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubmissionKey {
    pub chunk: ChunkId,
    pub attempt: u32,
    /// Index of the recipient in its message.
    pub recipient: u32,
}

/// One recipient's text for a carrier, which splits it into parts according to its profile.
#[derive(Debug, Clone)]
pub struct Submission {
    pub key: SubmissionKey,
    pub to: Address,
    pub content: Arc<Content>,
    /// Joins the parts at the handset (3GPP TS 23.040 §9.2.3.24.8); the same at every attempt.
    pub reference: u16,
    /// Parts (from 1) that this carrier accepted in an earlier attempt; not submitted again.
    pub accepted: Vec<u16>,
}

/// A part that the carrier accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedPart {
    /// From 1.
    pub part: u16,
    /// The carrier's id of the part: opaque, at most 65 characters (SMPP 3.4 §5.2.23), unchanged.
    pub carrier_id: String,
}

/// How a submission ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every part was accepted; receipts follow. A carrier that counts as tried no longer does,
    /// because it has the text and keeps it.
    Accepted,
    /// Every part was accepted, and the carrier sends no receipts: accepted counts as delivered.
    Delivered,
    /// Every part was accepted, and what this carrier accepts counts as sent: an order is settled at
    /// once, although receipts may follow. A recipient of a campaign counts as delivered.
    Sent,
    /// Permanently refused. `code` is the carrier's own error code (`smpp:0x0000000b`, `smtp:550`).
    Refused { reason: Reason, code: String },
    /// This carrier does not take it, but another one may (no route, no credit, a closed account at
    /// this carrier). It took no parts except those in `accepted`.
    TryAnother { reason: Reason, code: String },
    /// Not now. `wait` is the delay that the carrier requested, if any, and `code` its own error code
    /// if it answered with one. With [`Reason::NoAnswer`] the carrier may have the text; with any
    /// other reason it has no part except those in `accepted`.
    Deferred { reason: Reason, wait: Option<Duration>, code: Option<String> },
    /// A response after this submission had ended as `NoAnswer`: the carrier has the parts in
    /// `accepted`. It has no other meaning, and ends nothing.
    Late,
}

/// The outcome of one submission. Exactly one per [`Submission`], unless the process dies; an
/// [`End::Late`] may follow a `NoAnswer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub key: SubmissionKey,
    pub carrier: CarrierName,
    /// The carrier's link that it was on, from 1; `None` where links have no numbers.
    pub link: Option<u16>,
    /// Number of parts of the text at this carrier.
    pub parts: u16,
    /// Newly accepted parts, whatever the end.
    pub accepted: Vec<AcceptedPart>,
    pub end: End,
}

/// State of a part in a later report of the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptState {
    Delivered,
    Failed,
    Expired,
    /// In transit (`ENROUTE`, `ACCEPTD`) or an unknown state: recorded, but decides nothing.
    Intermediate,
}

stored_as!(ReceiptState {
    Delivered = "delivered",
    Failed = "failed",
    Expired = "expired",
    Intermediate = "intermediate",
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub carrier: CarrierName,
    pub carrier_id: String,
    pub state: ReceiptState,
    /// The carrier's error code, unchanged (`err:` in a receipt text), at most 32 characters.
    pub code: Option<String>,
    /// The destination number in the receipt, if it has one.
    pub to: Option<Msisdn>,
    pub at: Timestamp,
    /// The message that this is if it is not a receipt: the carrier did not mark it as one, and
    /// anyone with a phone can write such a text. It counts only for a submission to the number
    /// that it comes from.
    pub unmarked: Option<Box<InboundPart>>,
    /// Which parts of its text it stands for.
    pub scope: ReceiptScope,
}

impl Receipt {
    /// The number at the other end of an unmarked receipt: some carriers swap the addresses.
    pub fn swapped(&self) -> Option<Msisdn> {
        let part = self.unmarked.as_ref()?;
        part.to.as_str().parse().ok().map(Msisdn::as_spelled_today)
    }
}

/// What a carrier's receipt stands for, where a text has several parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ReceiptScope {
    /// Its own part. If parts share an id, each receipt is of the next of them.
    #[default]
    Part,
    /// The whole text, if it is of the first part.
    First,
    /// The whole text, if it is of the last part.
    Last,
    /// The whole text.
    Message,
}

stored_as!(ReceiptScope {
    Part = "part",
    First = "first",
    Last = "last",
    Message = "message",
});

/// A receipt that names no message in any alphabet. It is kept for the operator to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadReceipt {
    pub carrier: CarrierName,
    pub at: Timestamp,
    pub from: Party,
    pub to: Party,
    pub esm_class: u8,
    pub data_coding: u8,
    /// Its text, at most [`crate::limits::UNREAD_RECEIPT_OCTETS_MAX`].
    pub octets: Octets,
    /// Its optional parameters, as far.
    pub parameters: Octets,
}

/// Where carriers deliver outcomes, receipts and inbound messages. The engine implements it.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Takes outcomes; waits while too many are unrecorded (back-pressure).
    async fn outcomes(&self, outcomes: Vec<Outcome>);

    /// `Ok` means *durably recorded*: only then may the caller acknowledge to the carrier. On an
    /// error it must not, and the carrier repeats them. Idempotent. Callers bound what waits here.
    ///
    /// While the store is unavailable it waits, because some carriers never repeat what was
    /// refused. [`PortError::Unavailable`] and [`PortError::Unknown`]: the store has committed
    /// nothing for [`STORE_STALL_MAX`](crate::limits::STORE_STALL_MAX), or the process stops.
    ///
    /// [`PortError::Refused`] and [`PortError::Conflict`]: this batch can never be recorded. The
    /// caller retries in smaller batches, and rejects to the carrier a single receipt that is
    /// refused.
    async fn receipts(&self, receipts: Arc<[Receipt]>) -> Result<(), PortError>;

    /// Takes parts of inbound messages. `Ok` and errors as for [`Inbox::receipts`]; a repeated part
    /// is stored once.
    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError>;

    /// Keeps receipts that cannot be read. `Ok` and errors as for [`Inbox::receipts`].
    async fn unread(&self, receipts: Vec<UnreadReceipt>) -> Result<(), PortError>;

    /// Counts receipts and parts that were refused to the carrier.
    fn refused(&self, carrier: &CarrierName, why: InboundRefusal, count: u64);
}

/// Why a receipt or a part of an inbound message was refused to the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InboundRefusal {
    /// The store has committed nothing for [`STORE_STALL_MAX`](crate::limits::STORE_STALL_MAX), or
    /// the process stops: refused temporarily.
    StoreStalled,
    /// The store refuses it permanently.
    StoreRefused,
    /// It cannot be decoded.
    Malformed,
    /// The protocol does not allow it, or does not know it.
    Misplaced,
}

stored_as!(InboundRefusal {
    StoreStalled = "store_stalled",
    StoreRefused = "store_refused",
    Malformed = "malformed",
    Misplaced = "misplaced",
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// At least one link can take messages.
    pub up: bool,
    /// For operators: `2 of 2 binds`, `refused: ESME_RINVPASWD`.
    pub detail: String,
}

/// A carrier's links that nodes share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkCount {
    /// Over all nodes.
    pub binds: u32,
    /// Of this process: up, or not certainly closed.
    pub open: u32,
}

#[async_trait]
pub trait Carrier: Send + Sync + std::fmt::Debug {
    fn name(&self) -> &CarrierName;

    /// Whether it takes this kind of message.
    fn takes(&self, channel: Channel) -> bool;

    fn status(&self) -> LinkStatus;

    /// Keeps the links up and delivers to `inbox`, until [`Carrier::stop`] has drained them or the
    /// future is dropped. Called once; called again after a panic.
    async fn run(&self, inbox: Arc<dyn Inbox>);

    /// Takes a batch of submissions, waiting for room in the windows. Each of them ends in an
    /// [`Outcome`] at the inbox, in any order. While no link is up, that is an immediate `Deferred`
    /// with `LinkDown`: waiting happens in the store, where it survives a crash.
    async fn submit(&self, batch: Vec<Submission>);

    /// Links that the carrier limits over all nodes sharing its account. A carrier without such a
    /// limit has links at every node.
    fn links(&self) -> LinkCount {
        LinkCount::default()
    }

    /// Limits the links of this process, and ends submissions at `until` by
    /// [`Clock`](crate::ports::Clock): what waits then is *deferred* for [`Reason::LinkDown`].
    /// Excess links take nothing new and close when their open requests are answered, at `until` in
    /// any case. Before the first call there is no limit.
    fn allow(&self, links: u32, until: Timestamp) {
        let _ = (links, until);
    }

    /// Closes the links in order and opens them again at once, also those that wait for their next attempt.
    /// A carrier without lasting links has nothing to do.
    fn reconnect(&self) {}

    /// Takes nothing new, waits up to `grace` for open requests, and closes the sessions in order.
    async fn stop(&self, grace: Duration);
}
