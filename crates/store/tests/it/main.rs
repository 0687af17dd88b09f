//! The SQLite store against the conformance suite, and what only SQLite can fail at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod conformance;
mod faults;
mod fixture;
mod group;
mod opening;
mod parked;
mod secrets;
mod unreadable;
