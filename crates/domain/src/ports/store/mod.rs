//! Persistent state. One method is one atomic, durable change: it is on disk when the method
//! returns `Ok`, and nothing of it is stored when it returns [`PortError::Refused`],
//! [`PortError::Unavailable`] or [`PortError::Conflict`]. On [`PortError::Unknown`] (the connection
//! broke during the commit) the caller must read before it repeats the change.
//!
//! State changes apply the domain's state machines in the same change: a receipt that makes a
//! recipient final also finishes its message, decides its order, posts or voids its money, and
//! stores the event for the customer.

mod accounts;
mod activations;
mod blocklist;
mod bulk;
mod directory;
mod events;
mod inbound;
mod keywords;
mod ledger;
mod links;
mod logins;
mod lookups;
mod messages;
mod numbers;
mod operators;
mod orders;
mod payouts;
mod people;
mod phone_texts;
mod phones;
mod pool;
mod refunds;
mod search;
mod senders;
mod successes;
mod terms;
mod trace;
mod traffic;
mod upstream;

use async_trait::async_trait;

use crate::ports::PortError;

pub use accounts::{AccountStore, NewAccount, NewKey};
pub use activations::{
    ActivationList, ActivationMessageList, ActivationStore, Asking, BuyerWish, DueActivation,
    ExtendedRental, LoanNews, LoanReport, LoansRecorded, SuccessCount, WishOutcome,
};
pub use blocklist::{BlockList, BlocklistStore};
pub use bulk::{
    BulkList, BulkStore, CancelBulk, RecipientList, RecipientPage, Retry, RetryOutcome, Spent,
};
pub use directory::DirectoryStore;
pub use events::{
    CampaignSnapshot, Delivery, DeliveryOutcome, DeliveryResult, EventOwner, EventSearch,
    EventStore, EventSubject, EventsFound, FoundEvent, RecipientReport, Replay, Snapshot,
};
pub use inbound::{InboundRecorded, InboundStore, ReceivedMessage};
pub use keywords::{
    BoughtKeyword, DueReply, KeywordChange, KeywordList, KeywordStore, NewKeyword, Renewal, Renewed,
};
pub use ledger::LedgerStore;
pub use links::{Changed, LinkDemand, LinkLease, LinkReport, LinkStore, NodeLinks};
pub use logins::{LoginStore, StoredLogin};
pub use lookups::{LookupSale, LookupStore, SoldLookup};
pub use messages::{
    ChunkEnd, ChunkId, ClaimRoom, Claimed, ClaimedChunk, ClaimedRecipient, Lease, MessageStore,
    Recorded,
};
pub use numbers::{NumberList, NumberStore};
pub use operators::{AuditList, Debited, Grant, Granted, OperatorStore};
pub use orders::{
    CancelOutcome, CreditOrder, CreditOutcome, EndedOrder, HeldOrder, HoldOrder, HoldOutcome,
    LostOrder, NetworkCaps, NodeReport, NodeVerdict, OrderAdmission, OrderAnswer, OrderCaps,
    OrderLoad, OrderStore, OrphanDecision, RepeatedOrder, UnpaidEnd,
};
pub use payouts::{
    DueReferrer, LostPayoutEnd, NewPayout, Payout, PayoutBegun, PayoutEnd, PayoutList, PayoutLoad,
    PayoutReport, PayoutStore, Referrer,
};
pub use people::{Membership, PeopleStore};
pub use phone_texts::PhoneTextStore;
pub use phones::PhoneStore;
pub use pool::{PoolStock, PoolStore};
pub use refunds::{Charge, Charged, NewRefund, NotRefunded, Refund, RefundStore, Refunded};
pub use search::{
    FoundMessage, FoundRecipient, MessageSearch, MessagesFound, Period, RecipientSearch,
    RecipientsFound, SearchStore,
};
pub use senders::{SenderList, SenderStore};
pub use successes::{BuyerOf, BuyerSuccess, ServiceSuccess, SuccessStore};
pub use terms::TermsStore;
pub use trace::{
    Backlog, BacklogPart, NotedReceipt, PartTrace, RecipientTrace, TraceStore, TracedMessage,
    WaitingEvents,
};
pub use traffic::TrafficStore;
pub use upstream::UpstreamStore;

/// The complete store.
#[async_trait]
pub trait Store:
    AccountStore
    + ActivationStore
    + UpstreamStore
    + BlocklistStore
    + SuccessStore
    + DirectoryStore
    + OrderStore
    + PayoutStore
    + PeopleStore
    + MessageStore
    + InboundStore
    + NumberStore
    + KeywordStore
    + LookupStore
    + EventStore
    + LedgerStore
    + OperatorStore
    + PhoneStore
    + PhoneTextStore
    + PoolStore
    + RefundStore
    + SearchStore
    + SenderStore
    + TermsStore
    + TraceStore
    + TrafficStore
    + BulkStore
    + LinkStore
    + LoginStore
    + std::fmt::Debug
{
    /// Ok when a durable write would succeed now. Everyone may read the error: it names no address.
    async fn ping(&self) -> Result<(), PortError>;
}
