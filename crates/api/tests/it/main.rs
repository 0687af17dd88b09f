//! The doors with real bytes on a loopback socket, over an engine with fakes for external systems.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod client;
mod fakes;
mod gate;
mod handler;
mod holds;
mod house;
mod idempotency;
mod schema;
mod world;

mod accounts;
mod admin;
mod bad_input;
mod browsers;
mod bulk;
mod connections;
mod limits;
mod logs;
mod openapi;
mod ops;
mod orders;
mod phones;
mod prices;
mod query;
mod receiving;
mod rentals;
mod sandbox;
mod slow;
mod status;
mod supplier;
mod traffic;
mod unreadable;
mod webhooks;
mod wire;
