//! The carriers through their port, against real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "helpers of tests are tests; the bans are for what runs in production"
)]

mod centre;
mod forms;
mod lookup;
mod peer;
mod phones;
mod pki;
mod redaction;
mod sandbox;
mod smpp;
mod smpp_errors;
mod smpp_inbox;
mod smpp_links;
mod smpp_profile;
mod smpp_speed;
mod smpp_wire;
mod smtp;
mod wild;
