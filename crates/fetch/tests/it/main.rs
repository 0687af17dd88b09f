//! The client against receivers on this machine, and against addresses it must not call.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod calls;
mod cost;
mod faults;
mod forbidden;
mod receiver;
