//! Both engines against the conformance suite, and what only one of them can fail at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod conformance;
mod dumps;
mod faults;
mod fixture;
mod group;
mod opening;
mod parked;
mod postgres;
mod secrets;
mod unreadable;
