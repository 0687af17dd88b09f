//! A way out: a company, device or relay that takes messages and says later what became of them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::inbound::InboundPart;
use crate::message::{Address, Content};
use crate::number::{Msisdn, NumberEnds};
use crate::ports::{ChunkId, PortError};
use crate::reason::Reason;
use crate::routing::{CarrierName, Channel};
use crate::state::stored_as;
use crate::time::Timestamp;

/// Which claimed recipient a submission is for. `attempt` tells one claim of the chunk from the
/// next, so a late outcome of a lost lease is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubmissionKey {
    pub chunk: ChunkId,
    pub attempt: u32,
    /// Index of the recipient in its message.
    pub recipient: u32,
}

/// One recipient's text to be handed to a carrier, which cuts it into parts as its profile says.
#[derive(Debug, Clone)]
pub struct Submission {
    pub key: SubmissionKey,
    pub to: Address,
    pub content: Arc<Content>,
    /// Joins the parts at the handset (3GPP TS 23.040 §9.2.3.24.8); the same at every attempt.
    pub reference: u16,
    /// Parts (from 1) that this carrier already has from an earlier attempt; not handed over again.
    pub accepted: Vec<u16>,
}

/// A part that the carrier took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedPart {
    /// From 1.
    pub part: u16,
    /// The carrier's id for it: opaque, at most 65 characters (SMPP 3.4 §5.2.23), kept as given.
    pub carrier_id: String,
}

/// How handing over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every part was taken; a receipt will say more. Of a carrier that counts as tried: it has the
    /// text and keeps it, and counts as tried no more.
    Accepted,
    /// Every part was taken, and this carrier never says more: taken is delivered.
    Delivered,
    /// Refused for good. `code` is the carrier's own word for it (`smpp:0x0000000b`, `smtp:550`).
    Refused { reason: Reason, code: String },
    /// This carrier will not take it, but another one may (no route of its own, no credit with it,
    /// an account that it closed). Nothing of it was taken but the parts told.
    TryAnother { reason: Reason, code: String },
    /// Not now. `wait` is the carrier's wish, if it has one. With [`Reason::NoAnswer`] the carrier
    /// may have it; any other reason says that it certainly has no part but those told as accepted.
    Deferred { reason: Reason, wait: Option<Duration> },
    /// The carrier's answer came after all, when this submission had already ended as `NoAnswer`:
    /// the parts told are with it. Says nothing else, and ends nothing.
    Late,
}

/// What became of one submission. Exactly one per [`Submission`], unless the process dies; one that
/// is [`End::Late`] may follow a `NoAnswer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub key: SubmissionKey,
    pub carrier: CarrierName,
    /// Parts that the text has at this carrier.
    pub parts: u16,
    /// Parts newly taken, also when the end is not `Accepted`.
    pub accepted: Vec<AcceptedPart>,
    pub end: End,
}

/// What the carrier says later of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptState {
    Delivered,
    Failed,
    Expired,
    /// On its way (`ENROUTE`, `ACCEPTD`), or a word nobody knows: told, decides nothing.
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
    /// The carrier's error word, as given (`err:` of a receipt text), at most 32 characters.
    pub code: Option<String>,
    /// The number that the receipt says the message was for, where it says one.
    pub to: Option<Msisdn>,
    pub at: Timestamp,
    /// What it is if it is none: the carrier did not mark it as a receipt, and anybody with a phone
    /// can write what it says. It counts only for a submission to the number that it comes from.
    pub unmarked: Option<Box<InboundPart>>,
}

impl Receipt {
    /// What an unmarked one must fit; `None` when it is marked.
    pub fn ends(&self) -> Option<NumberEnds> {
        let part = self.unmarked.as_ref()?;
        NumberEnds::of(part.from.as_str(), part.to.as_str())
    }
}

/// Where carriers deliver what they learn. The engine implements it.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Takes outcomes; waits while too many are unrecorded (back-pressure).
    async fn outcomes(&self, outcomes: Vec<Outcome>);

    /// `Ok` means *durably recorded*: only then may the carrier be told that we have them. On an
    /// error it must not be told, and will send them again. Repeat: harmless.
    ///
    /// [`PortError::Refused`] and [`PortError::Conflict`]: together they can never be recorded. The
    /// caller brings them in fewer; of one that is refused alone it tells the carrier so.
    async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError>;

    /// Takes parts of messages that came in. `Ok` and errors as for [`Inbox::receipts`]; a part that
    /// comes again is stored once.
    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// At least one link can take messages.
    pub up: bool,
    /// For people: `2 of 2 binds`, `refused: ESME_RINVPASWD`.
    pub detail: String,
}

/// A carrier's links that nodes share out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkCount {
    /// Over all nodes.
    pub binds: u32,
    /// Of this process: up, or not certainly ended.
    pub open: u32,
}

#[async_trait]
pub trait Carrier: Send + Sync + std::fmt::Debug {
    fn name(&self) -> &CarrierName;

    /// Whether it takes this kind of message.
    fn takes(&self, channel: Channel) -> bool;

    fn status(&self) -> LinkStatus;

    /// Keeps the links up and hands what arrives to `inbox`, until [`Carrier::stop`] has drained
    /// them or the future is dropped. Called once; called again after a panic.
    async fn run(&self, inbox: Arc<dyn Inbox>);

    /// Takes a batch of submissions, waiting for room in the windows. Every one of them ends in an
    /// [`Outcome`] at the inbox, in any order. When no link is up that outcome comes at once
    /// (`Deferred`, `LinkDown`): waiting is done in the store, where it survives.
    async fn submit(&self, batch: Vec<Submission>);

    /// Links that are counted over all nodes which share the carrier's account. A carrier that counts
    /// none has its links at every node.
    fn links(&self) -> LinkCount {
        LinkCount::default()
    }

    /// From now on this process keeps up at most so many of its links, and hands nothing over at
    /// `until` or later, by [`Clock`](crate::ports::Clock): what waits is *deferred* for
    /// [`Reason::LinkDown`]. Links that are too many take nothing new and end when what is open on them
    /// is answered, at `until` in any case. Before the first call all are allowed, without an end.
    fn allow(&self, links: u32, until: Timestamp) {
        let _ = (links, until);
    }

    /// Takes nothing new, waits up to `grace` for what is open, ends the sessions properly.
    async fn stop(&self, grace: Duration);
}
