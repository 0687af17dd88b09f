//! What the engine needs of the world, as traits. Adapters implement them and never know each
//! other; each has a conformance suite in `testkit`.
//!
//! Rules that hold for all of them:
//!
//! 1. One [`Store`] method is one atomic change. No open transaction crosses a port.
//! 2. Every effect has its question (submit and receipt, settle and look up), keyed by an id that
//!    we made and stored first.
//! 3. An error says by its type what the caller may do: see [`PortError`].

mod carrier;
mod clock;
mod fetch;
mod gate;
mod lightning;
mod store;
mod supplier;

pub use carrier::{
    AcceptedPart, Carrier, End, Inbox, LinkCount, LinkStatus, Outcome, Receipt, ReceiptState,
    Submission, SubmissionKey,
};
pub use clock::{Clock, Random};
pub use fetch::{Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse};
pub use gate::Gate;
pub use lightning::{HoldState, Lightning, NewHold, NodeEvent, PendingInvoice};
pub use store::{
    AccountStore, AuditList, BlockList, BlocklistStore, BulkList, BulkStore, CancelBulk,
    CancelOutcome, Changed, Charge, Charged, ChunkEnd, ChunkId, ClaimRoom, Claimed, ClaimedChunk,
    ClaimedRecipient, CreditOrder, CreditOutcome, Delivery, DeliveryOutcome, DeliveryResult,
    DirectoryStore, EventSearch, EventStore, EventSubject, EventsFound, FoundEvent, FoundMessage,
    FoundRecipient, Grant, HoldOrder, HoldOutcome, InboundRecorded, InboundStore, Lease,
    LedgerStore, LinkDemand, LinkLease, LinkStore, MessageSearch, MessageStore, MessagesFound,
    NewAccount, NewKey, NewRefund, NodeReport, NodeVerdict, NotRefunded, NotedReceipt, NumberList,
    NumberStore, OperatorStore, OrderAdmission, OrderCaps, OrderLoad, OrderStore, PartTrace,
    Period, RecipientList, RecipientPage, RecipientSearch, RecipientTrace, RecipientsFound,
    Recorded, Refund, RefundStore, Refunded, Replay, Retry, RetryOutcome, SearchStore, SenderList,
    SenderStore, Snapshot, Spent, Store, TermsStore,
};

pub use supplier::{Acquire, Loan, LoanMessage, LoanState, Supplier};

/// Why a port could not do what was asked, in terms of what the caller may do next. The text tells
/// this layer's view, for logs; it holds no secret, number or message text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Nothing happened and asking again is no use.
    #[error("refused: {0}")]
    Refused(String),
    /// Nothing happened; later it may.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It may have happened: ask before doing it again.
    #[error("unknown outcome: {0}")]
    Unknown(String),
    /// Something of this name, or in another state, is already there.
    #[error("conflict: {0}")]
    Conflict(String),
}
