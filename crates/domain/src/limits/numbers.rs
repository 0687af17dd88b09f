//! Limits of numbers on loan at the doors.

use std::time::Duration;

/// Configured prices of numbers for a code, or of rentals: each country, and a row for each of its most used services.
pub const NUMBER_PRICES_MAX: usize = 10_000;

/// Messages of a rental in one answer about its order, the newest ones: more than a month of codes.
pub const RENTAL_MESSAGES_SHOWN_MAX: u32 = 100;

/// Ended activations from which success rates are taken, the newest ones: enough for a rate per country and service, and
/// read in a moment.
pub const SUCCESS_SAMPLE_MAX: u32 = 100_000;

/// Age of the oldest of them, and how long what was read is shown.
pub const SUCCESS_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
pub const SUCCESS_SHOWN_FOR: Duration = Duration::from_secs(60);

/// Ended activations of one buyer from which its success rate is taken, the newest ones.
pub const BUYER_SAMPLE_MAX: u32 = 1_000;
