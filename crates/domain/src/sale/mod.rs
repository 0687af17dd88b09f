//! What is sold and how it is paid: orders and their machine, what an order buys, what a change of it
//! books and reports, payments that a node holds, prices, quotes, and the ledger.

pub mod change;
pub mod client;
pub mod fulfilment;
pub mod hold;
pub mod ledger;
pub mod number_prices;
pub mod order;
pub mod quote;
pub mod settlement;
pub mod tariff;
