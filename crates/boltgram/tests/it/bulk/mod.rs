//! Campaigns through the real program, on both stores.

#[macro_use]
mod house;

mod bad_input;
mod campaigner;
mod disk_full;
mod forms;
mod operator;
mod quiet;
mod scenarios;
mod templates;
mod webhooks;
