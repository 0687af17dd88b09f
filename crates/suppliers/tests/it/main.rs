//! Suppliers through their port, against fakes of the outside world.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "helpers of tests are tests; the bans are for what runs in production"
)]

mod handler;
mod sandbox;
