//! What the engine needs from outside, as traits. Adapters implement them independently of each
//! other; each trait has a conformance suite in `testkit`.
//!
//! Rules that hold for all of them:
//!
//! 1. One [`Store`] method is one atomic change. No open transaction crosses a port.
//! 2. Every effect has a query (submit and receipt, settle and look up), by an id we stored first.
//! 3. An error's type says what the caller may do: see [`PortError`].

mod carrier;
mod clock;
mod fetch;
mod gate;
mod lightning;
mod lookup;
mod payees;
mod store;
mod store_observer;
mod supplier;
mod supplier_observer;

pub use carrier::{
    AcceptedPart, Carrier, End, InboundRefusal, Inbox, LinkCount, LinkStatus, Outcome, Receipt,
    ReceiptScope, ReceiptState, Submission, SubmissionKey, UnreadReceipt,
};
pub use clock::{Clock, Random};
pub use fetch::{Cause, Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse, RetryAfter};
pub use gate::Gate;
pub use lightning::{
    Channels, HoldState, Lightning, NewHold, NewPayment, NodeEvent, PayState, PendingInvoice,
};
pub use lookup::Lookup;
pub use payees::{PayOffer, PayeeInvoice, Payees};
pub use store::{
    AccountStore, ActivationList, ActivationMessageList, ActivationStore, Asking, AuditList,
    Backlog, BacklogPart, BlockList, BlocklistStore, BoughtKeyword, BulkList, BulkStore, BuyerOf,
    BuyerSuccess, BuyerWish, CampaignSnapshot, CancelBulk, CancelOutcome, Changed, Charge, Charged,
    ChunkEnd, ChunkId, ClaimRoom, Claimed, ClaimedChunk, ClaimedRecipient, CreditOrder,
    CreditOutcome, Debited, Delivery, DeliveryOutcome, DeliveryResult, DirectoryStore,
    DueActivation, DueReferrer, DueReply, EndedOrder, EventOwner, EventSearch, EventStore,
    EventSubject, EventsFound, ExtendedRental, FoundEvent, FoundMessage, FoundRecipient, Grant,
    Granted, HeldOrder, HoldOrder, HoldOutcome, InboundRecorded, InboundStore, KeywordChange,
    KeywordList, KeywordStore, Lease, LedgerStore, LinkDemand, LinkLease, LinkReport, LinkStore,
    LoanNews, LoanReport, LoansRecorded, LoginStore, LookupSale, LookupStore, LostOrder,
    LostPayoutEnd, Membership, MessageSearch, MessageStore, MessagesFound, NetworkCaps, NewAccount,
    NewKey, NewKeyword, NewPayout, NewRefund, NodeLinks, NodeReport, NodeVerdict, NotRefunded,
    NotedReceipt, NumberList, NumberStore, OperatorStore, OrderAdmission, OrderAnswer, OrderCaps,
    OrderLoad, OrderStore, OrphanDecision, PartTrace, Payout, PayoutBegun, PayoutEnd, PayoutList,
    PayoutLoad, PayoutReport, PayoutStore, PeopleStore, Period, PhoneStore, PhoneTextStore,
    PoolStock, PoolStore, ReceivedMessage, RecipientList, RecipientPage, RecipientReport,
    RecipientSearch, RecipientTrace, RecipientsFound, Recorded, Referrer, Refund, RefundStore,
    Refunded, Renewal, Renewed, RepeatedOrder, Replay, Retry, RetryOutcome, SearchStore,
    SenderList, SenderStore, ServiceSuccess, Snapshot, SoldLookup, Spent, Store, StoredLogin,
    SuccessCount, SuccessStore, TermsStore, TraceStore, TracedMessage, TrafficStore, UnpaidEnd,
    UpstreamStore, WaitingEvents, WishOutcome,
};

pub use store_observer::StoreObserver;
pub use supplier::{Acquire, Extend, LoanInbox, Supplier};
pub use supplier_observer::SupplierObserver;

/// Why a port failed, in terms of what the caller may do next. The text describes this layer, for
/// logs; it holds no secret, number or message text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Nothing happened, and a repeat is useless.
    #[error("refused: {0}")]
    Refused(String),
    /// Nothing happened; a repeat may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It may have happened: query before repeating.
    #[error("unknown outcome: {0}")]
    Unknown(String),
    /// The name exists already, or the state is another one.
    #[error("conflict: {0}")]
    Conflict(String),
}
