//! Limits of phones.

/// Phones: each may hold a stream open.
pub const PHONES_MAX: u32 = 1_000;

/// SIM cards of one phone.
pub const PHONE_SIMS_MAX: usize = 8;

/// Body of a phone's request: an event with the text of a message.
pub const PHONE_BODY_BYTES_MAX: usize = 256 * 1_024;

/// Streams of one phone: the app may open a second one before it closes the first.
pub const PHONE_STREAMS_MAX: usize = 4;

/// Texts that a SIM card has been given and its phone has not confirmed: what one answer holds.
pub const PHONE_TEXTS_WAITING_MAX: u32 = 100;

/// Of a carrier's error code in a receipt.
pub const RECEIPT_CODE_CHARS_MAX: usize = 32;
