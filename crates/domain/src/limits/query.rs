//! Limits of the query door.

/// Characters in a text of the query door, whose contract has no limit: ten parts of GSM-7. A longer one is more likely
/// a mistake of a program than a message.
pub const QUERY_TEXT_CHARS_MAX: usize = 1_530;

/// Characters in the reference of a request to the query door; with a prefix of ours it is an idempotency key.
pub const QUERY_REFERENCE_CHARS_MAX: usize = 200;

/// Ids of the query door that a node takes from the store at a time: a change of the store for a thousand messages, and
/// at most so many ids are lost when the node stops.
pub const SMS_IDS_BLOCK: u32 = 1_000;

/// Ids of the query door stay below this: JSON numbers of most clients are exact up to here.
pub const SMS_ID_MAX: i64 = 1 << 53;

/// Messages and recipients read for one page of an outbox, which bounds a search for what is rare.
pub const OUTBOX_LOOKED_AT_MAX: u32 = 20_000;

/// Rows on one page of an outbox.
pub const OUTBOX_PAGE_MAX: u32 = 1_000;

/// More ids than were given since any backup, and a millionth of all.
pub const SMS_IDS_SKIPPED_BY_RESTORE: u32 = 1_000_000_000;
