//! What is sold and how it is paid: orders and their machine, payments that a node holds, prices,
//! quotes, and the ledger.

pub mod hold;
pub mod ledger;
pub mod order;
pub mod quote;
pub mod tariff;
