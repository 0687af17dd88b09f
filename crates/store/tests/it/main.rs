//! Both engines against the conformance suite, and failures specific to one engine.

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
mod statements;
mod timers;
mod unreadable;
