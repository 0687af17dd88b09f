//! The crate's integration tests: real octets, real sockets, time passed in or paused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests are tests; the bans are for what runs in production"
)]

mod cases;
mod codec;
mod crowd;
mod distance;
mod full_room;
mod full_server;
mod fuzz;
mod golden;
mod hostile;
mod loopback;
mod machine;
mod manage;
mod paused;
mod peers;
mod speed;
mod tls;
mod tshark;
