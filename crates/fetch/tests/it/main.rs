//! The client against servers on this machine, and against addresses that it must not connect to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod calls;
mod cost;
mod faults;
mod forbidden;
mod receiver;
