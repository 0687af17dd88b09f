//! All SQL, one module per aggregate. Each statement is written once, for both engines, against the
//! transaction of [`crate::tx`]; the domain decides the state transitions.

pub(crate) mod account;
pub(crate) mod activation;
pub(crate) mod campaign;
pub(crate) mod cluster;
pub(crate) mod directory;
pub(crate) mod event;
pub(crate) mod inbound;
pub(crate) mod keyword;
pub(crate) mod ledger;
pub(crate) mod lookup;
pub(crate) mod message;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod payout;
pub(crate) mod phone;
pub(crate) mod pool;
pub(crate) mod queue;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod upstream;
