//! Limits of keywords, inboxes and lookups of numbers.

use std::time::Duration;

use super::ORDER_TEXT_CHARS_MAX;

/// Keywords in use per account: more are squatting.
pub const KEYWORDS_PER_ACCOUNT_MAX: u32 = 1_000;

/// Keywords whose period ends that are renewed in one round.
pub const KEYWORDS_RENEWED_MAX: u32 = 100;

/// Longest period of a keyword, in days: nobody should pay for more than a year ahead.
pub const KEYWORD_DAYS_MAX: u32 = 366;

/// Characters of the reply to a keyword: the same as an order's text, whose price it costs.
pub const KEYWORD_REPLY_CHARS_MAX: usize = ORDER_TEXT_CHARS_MAX;

/// Replies to one sender by one keyword in an hour. Two machines that answer each other stop there.
pub const KEYWORD_REPLIES_PER_HOUR_MAX: u32 = 3;
pub const KEYWORD_REPLIES_HOUR: Duration = Duration::from_secs(60 * 60);

/// Replies that are sent in one round.
pub const KEYWORD_REPLIES_BATCH_MAX: u32 = 100;

/// A reply that could not be sent for this long is not sent: nobody waits for it any more.
pub const KEYWORD_REPLY_AGE_MAX: Duration = Duration::from_secs(6 * 60 * 60);

/// Lookups of numbers in progress at a node: a slow provider must not hold all connections.
pub const LOOKUPS_IN_PROGRESS_MAX: usize = 64;

/// How long a provider of lookups may take, at most: clients wait for the answer.
pub const LOOKUP_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// How long answers of lookups may be kept: a phone moves, and after [`super::FORGET_AFTER`] they are deleted.
pub const LOOKUP_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Messages read for one page of an inbox, which bounds a search for what is rare.
pub const INBOX_LOOKED_AT_MAX: u32 = 20_000;

/// Messages read from the store at a time for it.
pub const INBOX_BATCH: u32 = 500;

/// Rows on one page of an inbox.
pub const INBOX_PAGE_MAX: u32 = 1_000;
