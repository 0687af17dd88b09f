//! Messages to many through the real program, on both stores.

#[macro_use]
mod house;

mod campaigner;
mod operator;
mod scenarios;
mod templates;
