//! Limits of the delivery of events, with their reasons.

use std::time::Duration;

/// Concurrent webhook calls of all customers: each is a connection of 20 KiB. By Little's law a receiver that responds
/// in 100 ms gets 1,280 calls per second with its half.
pub const WEBHOOKS_IN_FLIGHT_MAX: usize = 256;

/// Concurrent calls to one host that responds quickly.
pub const WEBHOOKS_PER_HOST_MAX: usize = WEBHOOKS_IN_FLIGHT_MAX / 2;

/// Concurrent calls to a new receiver. Each quick response adds one.
pub const WEBHOOKS_PER_NEW_HOST: usize = 16;

/// Concurrent calls to a receiver whose last call got no response, so that it blocks no other.
pub const WEBHOOKS_PER_SILENT_HOST_MAX: usize = 2;

/// Concurrent calls to all receivers that respond slowly or not at all: each holds its place for up to
/// [`WEBHOOK_TIMEOUT`].
pub const WEBHOOKS_TO_SLOW_HOSTS_MAX: usize = WEBHOOKS_IN_FLIGHT_MAX / 4;

/// The same with new receivers, so that some places are always left to those that respond quickly.
pub const WEBHOOKS_TO_UNPROVEN_HOSTS_MAX: usize = WEBHOOKS_IN_FLIGHT_MAX / 4 * 3;

/// Concurrent calls to the slow and new receivers at one address, whatever their ports and names.
pub const WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX: usize = 16;

/// Concurrent calls of one owner (account, or client without one).
pub const WEBHOOKS_PER_OWNER_MAX: usize = WEBHOOKS_IN_FLIGHT_MAX / 2;

/// Calls in memory, queued and in progress, 2 KiB each; the others wait in the store.
pub const WEBHOOKS_IN_MEMORY_MAX: usize = 4_096;

/// Above this number in memory new calls wait in the store, so that there is room for those already stored.
pub const WEBHOOKS_HANDED_OVER_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 2;

/// Calls in memory to one receiver, and of one owner, so that there is always room for others.
pub const WEBHOOKS_WAITING_PER_HOST_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 2;

/// Calls in memory to a receiver that does not respond.
pub const WEBHOOKS_WAITING_PER_SILENT_HOST_MAX: usize = 16;

/// Calls in memory to all slow receivers, and to these and the new ones.
pub const WEBHOOKS_WAITING_TO_SLOW_HOSTS_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 4;
pub const WEBHOOKS_WAITING_TO_UNPROVEN_HOSTS_MAX: usize = WEBHOOKS_IN_MEMORY_MAX / 2;

/// Calls of one owner that are taken into memory even if those of others exceed a limit for all.
pub const WEBHOOKS_WAITING_PER_OWNER_MIN: usize = 16;

/// Receivers remembered while no call to them is queued or in progress, and names with their address.
pub const WEBHOOK_RECEIVERS_REMEMBERED_MAX: usize = 10_000;

/// Timeout of a webhook call.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// Limit of a webhook response's body, of which only the status is used.
pub const WEBHOOK_ANSWER_BYTES_MAX: usize = 4 * 1_024;

/// Recipients in one webhook of a campaign (contract of the bulk door).
pub const WEBHOOK_RECIPIENTS_MAX: usize = 1_000;

/// Stored text of the events in one claim: each of a campaign's recipients has 24 KB, and their bodies three times that.
pub const WEBHOOK_CLAIM_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Callbacks that one request names, each of which is called for every recipient.
pub const CALLBACKS_PER_REQUEST_MAX: usize = 3;

/// The same with that of the account.
pub const CALLBACKS_PER_CAMPAIGN_MAX: usize = CALLBACKS_PER_REQUEST_MAX + 1;
