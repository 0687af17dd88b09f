//! Referrers: their shares, stored with what settles an order, and the payments of these.
//!
//! Rows are locked in this order: the terms, referrers by address, shares and payments, then ledger
//! accounts. Whoever begins a payment, pauses or resumes has the terms, so that daily sums and the switch are
//! those of one moment.

mod begin;
mod check;
mod claim;
mod list;
mod lost;
mod record;
mod referrer;
mod share;
mod terms;

pub(crate) use begin::begin;
pub(crate) use check::wrong;
pub(crate) use claim::{claim_payouts, claim_referrers, resend};
pub(crate) use list::{load, payouts, referrers};
pub(crate) use lost::end_lost;
pub(crate) use record::record;
pub(crate) use referrer::{fail_referrer, retry};
pub(crate) use share::{Settled, accrue, cancel};
pub(crate) use terms::{pause, resume, set_share_rate};
