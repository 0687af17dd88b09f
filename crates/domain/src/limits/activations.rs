//! Limits of activations and rentals.

use std::time::Duration;

/// Messages that are kept of one activation or rental: a number that gets more is a nuisance, not a service.
pub const ACTIVATION_MESSAGES_MAX: u32 = 1_000;

/// Characters that are kept of a message: six times the longest text that a phone joins.
pub const ACTIVATION_TEXT_CHARS_MAX: usize = 10_000;

/// Activations claimed at a time.
pub const ACTIVATION_CLAIM_MAX: u32 = 500;

/// Calls to one supplier under way at a time: a wholesaler answers in seconds.
pub const SUPPLIER_CALLS_MAX: usize = 128;

/// Activations that wait for a call to one supplier. Those beyond them stay in the store.
pub const SUPPLIER_QUEUE_MAX: usize = 1_000;

/// Requests of a batch for which offers are read at a time.
pub const OFFERS_AT_ONCE: usize = 16;

/// How long a supplier that did not say in time what it has is called without being asked for it again.
pub const OFFERS_REST: Duration = Duration::from_secs(10);

/// Time for a supplier's answer; then it is unknown whether a number was lent.
pub const SUPPLIER_TIMEOUT: Duration = Duration::from_secs(30);

/// The shortest and the longest rental.
pub const RENTAL_MIN: Duration = Duration::from_secs(60 * 60);
pub const RENTAL_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Activations of an account on one page.
pub const ACTIVATIONS_PAGE_MAX: u32 = 1_000;
