//! Activations and rentals: a row for each order of a number that is paid.
//!
//! Every change locks the activations ([`lock`]), takes events by the domain's rule, and stores rows,
//! messages, orders, money and webhook events together ([`change`]). An activation is locked before its
//! order, as a message is. An order's activation is stored by the change that holds its payment, which
//! has locked the order: nobody else knows the row by then.

mod change;
mod claim;
mod insert;
mod lent;
mod lock;
mod read;
mod record;
mod row;
mod success;
mod wish;

pub(crate) use change::{end, store};
pub(crate) use claim::{claim, mark_acquiring, release_leases};
pub(crate) use insert::begin;
pub(crate) use lock::{lock_of_order, lock_of_orders};
pub(crate) use read::{
    find, find_by_loan, find_by_order, find_of_orders, list, messages, success_count,
};
pub(crate) use record::record;
pub(crate) use row::ActivationRow;
pub(crate) use success::{buyer_success, successes};
pub(crate) use wish::wish;
