//! boltgram-node as its users meet it: the program, its commands and its REST interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod commands;
mod disk;
mod kill;
mod process;
mod rest;
mod sources;
