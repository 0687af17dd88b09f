//! Limits of payments to referrers.

use std::time::Duration;

/// Failed tries in a row after which a referrer waits for the operator.
pub const PAYOUT_TRIES_MAX: u32 = 3;

/// Shares in one payment. What is left is paid by the next one.
pub const PAYOUT_SHARES_MAX: u32 = 1_000;

/// Referrers and payments handled in one round.
pub const PAYOUTS_PER_ROUND_MAX: u32 = 10;

/// Payments and referrers on one page of a list.
pub const PAYOUTS_LISTED_MAX: u32 = 1_000;

/// A payee may hold our payment for so many blocks: a day. Hold invoices ask for more.
pub const PAYEE_CLTV_MAX: u64 = 144;

/// An invoice that is valid for longer is not paid: its shares would be bound to it as long, whatever becomes of
/// it. Payees choose a day, by clocks of their own.
pub const PAYEE_EXPIRY_MAX: Duration = Duration::from_secs((24 * 60 + 10) * 60);

/// How often one invoice is sent to a node that does not know it. Then its end is awaited.
pub const PAYOUT_SENDS_MAX: u32 = 5;

/// Blocks that a whole route may take: what LDK allows by default. LND allows twice as many.
pub const PAYOUT_CLTV_MAX: u32 = 1_008;

/// So many blocks take a week, and in this time there are fewer of them less than once in a million (a hash rate that
/// falls by 15 % included).
pub const PAYOUT_ROUTE_MAX: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// How long the node searches for a route.
pub const PAYOUT_TIMEOUT: Duration = Duration::from_secs(60);

/// This long after its invoice's end the node begins no payment of it. The time is for clocks that differ, and for a
/// payment that began at the last moment.
pub const PAYOUT_GRACE: Duration = Duration::from_secs(10 * 60);

/// An address's server: time for each answer, and its length. Answers have some hundred bytes, or a picture.
pub const LNURL_TIMEOUT: Duration = Duration::from_secs(10);
pub const LNURL_BODY_BYTES_MAX: usize = 64 * 1_024;
pub const LNURL_REDIRECTS_MAX: u32 = 1;
